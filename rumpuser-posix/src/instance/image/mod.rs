//! Kernels that are loaded into the process, each from the same image.
//!
//! An [`Image`] is what the build makes of the components, linked into one position-independent
//! object: what memory holds at first, and what has to be filled in once it is known where it lies.

#[cfg(feature = "instances")]
mod file;
#[cfg(feature = "instances")]
mod hypercalls;
#[cfg(feature = "instances")]
mod mapping;

use std::io;
use std::ops::Range;

#[cfg(feature = "instances")]
pub(crate) use mapping::Mapping;

/// A kernel image, made at build time.
///
/// All addresses are offsets from where the image is loaded. Words are those of the target; those
/// that have to be filled in hold what their value is added to, and need not be aligned.
#[derive(Debug)]
pub struct Image {
    /// The content of memory from the image's beginning to the end of what is initialised. Its
    /// length is a multiple of the alignment of segments. It covers all words to be filled in.
    pub content: &'static [u8],
    /// How many bytes of memory the image takes, with what is zero at first. 0 if there is none,
    /// because nothing was built.
    pub size: u32,
    /// What the alignment of segments is: at least the host's page size.
    pub page: u32,
    /// The segments, in order and without overlaps; between them lies nothing.
    pub segments: &'static [Segment],
    /// The words to which the address of the image is added.
    pub relative: &'static [u32],
    /// The functions of the host that the kernel calls.
    pub imports: &'static [Import],
    /// The functions of the host that the kernel calls by way of copies of their descriptors. Only
    /// the first ABI of 64-bit powerpc has these.
    pub descriptors: &'static [Import],
    /// The words to which the distance from the thread pointer to the current lwp is added.
    pub lwp: &'static [u32],
    /// Four bytes each in the code that are to hold the same distance, which is the same in all
    /// kernels of a process.
    pub lwp_in_code: &'static [u32],
    /// The words that hold addresses of functions to call, in their order, once all is filled in.
    pub constructors: Range<u32>,
    /// The kernel's code.
    pub text: Range<u32>,
    /// The functions and variables `rump_*` through which the kernel is used, sorted by name. Those
    /// in the kernel's own name space, `rumpns_*`, are not among them.
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
    /// Whether the kernel writes to it. Words to be filled in may lie in what it does not write to.
    pub writable: bool,
    /// Whether it is code.
    pub executable: bool,
}

/// A function of the host.
#[derive(Debug)]
pub struct Import {
    /// Its name, such as `rumpuser_malloc`.
    pub name: &'static str,
    /// The words to which its address is added, or the first of the three that are a copy of its
    /// descriptor.
    pub places: &'static [u32],
}

#[cfg(feature = "instances")]
impl Image {
    /// Where the exported function or variable `name` lies.
    fn export(&self, name: &str) -> Option<u32> {
        let index = self.exports.binary_search_by(|entry| entry.0.cmp(name));
        Some(self.exports[index.ok()?].1)
    }

    /// The function that `offset` lies in, and how far behind its beginning.
    pub(crate) fn function_at(&self, offset: u32) -> Option<(&'static str, usize)> {
        if !self.text.contains(&offset) {
            return None;
        }
        let next = self
            .functions
            .partition_point(|function| function.0 <= offset);
        let (start, name) = *self.functions.get(next.checked_sub(1)?)?;
        let name = self.names.get(name as usize..)?.split('\n').next()?;
        Some((name, (offset - start) as usize))
    }
}

/// Why an image cannot be loaded. Nothing of it is left then, and other kernels are not affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The host refused something, such as memory.
    #[error("cannot {step}")]
    Host {
        /// What was to be done.
        step: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The kernel calls a function of the host that is not there: a user side of a component that
    /// is not linked into this program.
    #[error(
        "the kernel calls {0}(), which is no hypercall of this program: its component needs a \
         feature that is not on"
    )]
    Import(&'static str),
    /// There is no kernel in it, because none was built (`RUMPKERNEL_SKIP_BUILD`).
    #[error("no kernel was built into this program: build it without RUMPKERNEL_SKIP_BUILD")]
    Empty,
    /// The image's segments cannot be mapped with pages of this host's size.
    #[error(
        "the image was linked for pages of {image} bytes at most, and this host has pages of {host}"
    )]
    PageSize {
        /// The largest size that the image can be loaded with.
        image: u32,
        /// The host's size.
        host: usize,
    },
    /// The host's compiler keeps thread-local variables where no kernel can find them.
    #[error(
        "kernels cannot be loaded on this host: its thread-local variables lie at no fixed place"
    )]
    ThreadLocals,
}

#[cfg(feature = "instances")]
impl LoadError {
    fn host(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Host { step, source }
    }
}

#[cfg(all(test, feature = "instances"))]
mod tests {
    use super::Image;

    impl Image {
        /// One that holds nothing.
        pub(super) const NONE: Self = Self {
            content: &[],
            size: 0,
            page: 4096,
            segments: &[],
            relative: &[],
            imports: &[],
            descriptors: &[],
            lwp: &[],
            lwp_in_code: &[],
            constructors: 0..0,
            text: 0..0,
            exports: &[],
            functions: &[],
            names: "",
        };
    }

    static IMAGE: Image = Image {
        text: 16..64,
        exports: &[("rump_a", 16), ("rump_b", 40)],
        functions: &[(16, 0), (40, 7)],
        names: "rump_a\nrump_b\n",
        ..Image::NONE
    };

    #[test]
    fn symbols_have_addresses_and_addresses_functions() {
        assert_eq!(IMAGE.export("rump_b"), Some(40));
        assert_eq!(IMAGE.export("rump_c"), None);
        assert_eq!(IMAGE.function_at(15), None);
        assert_eq!(IMAGE.function_at(16), Some(("rump_a", 0)));
        assert_eq!(IMAGE.function_at(39), Some(("rump_a", 23)));
        assert_eq!(IMAGE.function_at(63), Some(("rump_b", 23)));
        assert_eq!(IMAGE.function_at(64), None);
    }
}
