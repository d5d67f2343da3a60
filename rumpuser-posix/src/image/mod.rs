//! Kernels that are loaded into the process, each from the same image.
//!
//! An [`Image`] is what the build makes of the components, linked into one position-independent
//! object: what memory holds at first, and what has to be filled in once it is known where it lies.

use std::ops::Range;

/// A kernel image, made at build time.
///
/// All addresses are offsets from where the image is loaded. Words are those of the target.
#[derive(Debug)]
pub struct Image {
    /// The content of memory from the image's beginning to the end of what is initialised. Its
    /// length is a multiple of the alignment of segments.
    pub content: &'static [u8],
    /// How many bytes of memory the image takes, with what is zero at first.
    pub size: u32,
    /// What the alignment of segments is: at least the host's page size.
    pub page: u32,
    /// The segments, in order and without overlaps; between them lies nothing.
    pub segments: &'static [Segment],
    /// The words to which the address of the image is added.
    pub relative: &'static [u32],
    /// The functions of the host that the kernel calls.
    pub imports: &'static [Import],
    /// The words that hold where the current lwp is, relative to the thread pointer.
    pub lwp: &'static [u32],
    /// The words that hold addresses of functions to call, in their order, once all is filled in.
    pub constructors: Range<u32>,
    /// The kernel's code.
    pub text: Range<u32>,
    /// The functions and variables `rump*` through which the kernel is used, sorted by name.
    pub exports: &'static [(&'static str, u32)],
    /// All functions, sorted by address, with where their names begin in `names`.
    pub functions: &'static [(u32, u32)],
    /// Names, each ended by a newline, in the name space that the objects are in.
    pub names: &'static str,
}

/// Memory of an image with one protection. Begins at a multiple of the image's page size.
#[derive(Debug)]
pub struct Segment {
    /// Where it lies.
    pub range: Range<u32>,
    /// Whether the kernel writes to it.
    pub writable: bool,
    /// Whether it is code.
    pub executable: bool,
}

/// A function of the host.
#[derive(Debug)]
pub struct Import {
    /// Its name, such as `rumpuser_malloc`.
    pub name: &'static str,
    /// The words that hold its address.
    pub places: &'static [u32],
}
