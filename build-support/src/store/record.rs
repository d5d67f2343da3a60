//! The store's small text files.
//!
//! Each ends with the line `end`, so that one that was cut short is known.

use std::fs;
use std::io;
use std::path::Path;

use super::Input;
use super::content::Content;
use crate::snapshot::manifest::Manifest;

const END: &str = "end";
const NO_DIGEST: &str = "-";

/// What a library was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inputs {
    /// What the library holds.
    pub(super) content: Content,
    /// Sources and headers.
    pub(super) inputs: Vec<Input>,
}

impl Inputs {
    pub(super) fn text(&self) -> String {
        let mut text = format!("library {}\n", self.content);
        for input in &self.inputs {
            text.push_str(input.digest.as_deref().unwrap_or(NO_DIGEST));
            text.push(' ');
            text.push_str(&input.path);
            text.push('\n');
        }
        text.push_str(END);
        text.push('\n');
        text
    }

    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        Self::parse(&text).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a list of inputs is damaged")
        })
    }

    /// Reads only the inputs with absolute paths. Lists are sorted, so that these come first.
    pub(super) fn read_outside(path: &Path) -> io::Result<Vec<Input>> {
        let text = fs::read_to_string(path)?;
        let lines = text.lines().skip(1).map_while(input);
        Ok(lines
            .take_while(|input| input.path.starts_with('/'))
            .collect())
    }

    /// The inputs of the source tree that are not what `manifest` says. Those without a digest are
    /// left out.
    pub(super) fn differing<'l>(&'l self, manifest: &'l Manifest) -> impl Iterator<Item = &'l str> {
        self.inputs.iter().filter_map(move |input| {
            let digest = input.digest.as_deref()?;
            let is_pinned = || {
                let entry = manifest.get(&input.path)?;
                Some(entry.digest.to_string() == digest)
            };
            let is_inside = !input.path.starts_with('/');
            (is_inside && is_pinned() != Some(true)).then_some(input.path.as_str())
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let body = text.strip_suffix("end\n")?;
        let mut lines = body.lines();
        let content = Content::parse(lines.next()?.strip_prefix("library ")?)?;
        let inputs = lines.map(input).collect::<Option<_>>()?;
        Some(Self { content, inputs })
    }
}

/// A line of a list of inputs.
fn input(line: &str) -> Option<Input> {
    let (digest, path) = line.split_once(' ')?;
    Some(Input {
        digest: (digest != NO_DIGEST).then(|| digest.to_owned()),
        path: path.to_owned(),
    })
}

/// Which library a question leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The library's name, without its suffix.
    pub(super) library: String,
    /// What it holds.
    pub(super) content: Content,
    /// The digest of the source tree that was asked about.
    pub(super) tree: String,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        format!("{} {} {} {END}\n", self.library, self.tree, self.content)
    }

    /// Reads an answer; a damaged one is none.
    pub(super) fn read(path: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_suffix(" end\n")?.splitn(3, ' ');
        Some(Self {
            library: words.next()?.to_owned(),
            tree: words.next()?.to_owned(),
            content: Content::parse(words.next()?)?,
        })
    }
}

/// A note with the line that ends it.
pub(super) fn note(text: &str) -> String {
    format!("{text}{END}\n")
}

/// The text of a note; a damaged one is none.
pub(super) fn read_note(path: &Path) -> Option<String> {
    let mut text = fs::read_to_string(path).ok()?;
    let length = text.strip_suffix("end\n")?.len();
    text.truncate(length);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_cut_short_is_not() {
        let answer = Answer {
            library: "k-i".into(),
            content: Content::of(b"library"),
            tree: "ddc2".into(),
        };
        let text = answer.text();
        assert_eq!(Answer::parse(&text), Some(answer));
        let list = Inputs {
            content: Content::of(b"abc"),
            inputs: vec![
                Input {
                    digest: Some("00".into()),
                    path: "sys/a b.h".into(),
                },
                Input {
                    digest: None,
                    path: "sys/Makefile".into(),
                },
            ],
        };
        let long = list.text();
        assert_eq!(Inputs::parse(&long), Some(list));
        for end in 0..text.len() {
            assert_eq!(Answer::parse(&text[..end]), None, "{end}");
        }
        for end in 0..long.len() {
            assert_eq!(Inputs::parse(&long[..end]), None, "{end}");
        }
    }
}
