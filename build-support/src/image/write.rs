//! A packed image as Rust source.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::Packed;

/// The file with an expression of the type `Image`, in the folder that it is written to.
pub const SOURCE: &str = "image.rs";
/// The file with what memory holds at first.
const CONTENT: &str = "image.bin";
/// The file with functions' names.
const NAMES: &str = "image.names";

impl Packed {
    /// Writes `image.rs`, and the files that it includes, into `folder`.
    ///
    /// It is one expression of rumpuser-posix's type `Image`.
    ///
    /// # Errors
    ///
    /// The system's, if a file cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(CONTENT), &self.content)?;
        fs::write(folder.join(NAMES), &self.names)?;
        fs::write(folder.join(SOURCE), self.source())
    }

    fn source(&self) -> String {
        let segments = self.segments.iter().map(|segment| {
            format!(
                "rumpuser_posix::Segment {{ range: {:?}, writable: {}, executable: {} }}",
                segment.range, segment.writable, segment.executable
            )
        });
        let exports = self.exports.iter().map(|export| format!("{export:?}"));
        let functions = self
            .functions
            .iter()
            .map(|function| format!("{function:?}"));
        let mut source = String::from("rumpuser_posix::Image {\n");
        let mut field = |name: &str, value: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(source, "{name}: {value},");
        };
        field("content", &format!("include_bytes!({CONTENT:?})"));
        field("size", &self.size.to_string());
        field("page", &self.page.to_string());
        field("segments", &list(segments));
        field("relative", &list(self.relative.iter().map(u32::to_string)));
        field("imports", &imports(&self.imports));
        field("descriptors", &imports(&self.descriptors));
        field("lwp", &list(self.lwp.iter().map(u32::to_string)));
        let in_code = self.lwp_in_code.iter().map(u32::to_string);
        field("lwp_in_code", &list(in_code));
        field("constructors", &range(&self.constructors));
        field("text", &range(&self.text));
        field("exports", &list(exports));
        field("functions", &list(functions));
        field("names", &format!("include_str!({NAMES:?})"));
        source.push('}');
        source
    }
}

fn imports(imports: &BTreeMap<String, Vec<u32>>) -> String {
    list(imports.iter().map(|(name, places)| {
        format!("rumpuser_posix::Import {{ name: {name:?}, places: &{places:?} }}")
    }))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut text = String::from("&[");
    for item in items {
        text.push_str(&item);
        text.push_str(",\n");
    }
    text.push(']');
    text
}

fn range(range: &Range<u32>) -> String {
    format!("{}..{}", range.start, range.end)
}
