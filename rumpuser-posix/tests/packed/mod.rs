//! Images that a test has packed itself.

use std::collections::BTreeMap;

use rumpkernel_build::image::Packed;
use rumpuser_posix::{Image, Import, Segment};

/// An image as the build writes it into a program.
pub(crate) fn leak(packed: Packed) -> &'static Image {
    fn text(text: String) -> &'static str {
        String::leak(text)
    }
    fn imports(imports: BTreeMap<String, Vec<u32>>) -> &'static [Import] {
        let imports = imports.into_iter().map(|(name, places)| Import {
            name: text(name),
            places: places.leak(),
        });
        Vec::leak(imports.collect())
    }
    let segments = packed.segments.into_iter().map(|segment| Segment {
        range: segment.range,
        writable: segment.writable,
        executable: segment.executable,
    });
    let exports = packed.exports.into_iter();
    Box::leak(Box::new(Image {
        content: packed.content.leak(),
        size: packed.size,
        page: packed.page,
        segments: Vec::leak(segments.collect()),
        relative: packed.relative.leak(),
        imports: imports(packed.imports),
        descriptors: imports(packed.descriptors),
        lwp: packed.lwp.leak(),
        lwp_in_code: packed.lwp_in_code.leak(),
        constructors: packed.constructors,
        text: packed.text,
        exports: Vec::leak(exports.map(|(name, place)| (text(name), place)).collect()),
        functions: packed.functions.leak(),
        names: text(packed.names),
    }))
}
