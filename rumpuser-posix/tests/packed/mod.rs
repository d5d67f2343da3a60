//! Images that a test has packed itself.

use rumpkernel_build::image::Packed;
use rumpuser_posix::{Image, Import, Segment};

/// An image as the build writes it into a program.
pub(crate) fn leak(packed: Packed) -> &'static Image {
    fn text(text: String) -> &'static str {
        String::leak(text)
    }
    let segments = packed.segments.into_iter().map(|segment| Segment {
        range: segment.range,
        writable: segment.writable,
        executable: segment.executable,
    });
    let imports = packed.imports.into_iter().map(|(name, places)| Import {
        name: text(name),
        places: places.leak(),
    });
    let exports = packed.exports.into_iter();
    Box::leak(Box::new(Image {
        content: packed.content.leak(),
        size: packed.size,
        page: packed.page,
        segments: Vec::leak(segments.collect()),
        relative: packed.relative.leak(),
        imports: Vec::leak(imports.collect()),
        lwp: packed.lwp.leak(),
        lwp_in_code: packed.lwp_in_code.leak(),
        constructors: packed.constructors,
        text: packed.text,
        exports: Vec::leak(exports.map(|(name, place)| (text(name), place)).collect()),
        functions: packed.functions.leak(),
        names: text(packed.names),
    }))
}
