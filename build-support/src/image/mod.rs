//! A kernel image: the libraries linked into one object, and packed for a loader that knows no ELF.
//!
//! A kernel that is linked into the program exists once. So that there can be any number, the same
//! libraries are also [linked](link()) into one position-independent object, which is then
//! [packed](pack()): what memory holds at first, and tables of the words that depend on where it is
//! put. All that ELF leaves to a dynamic linker and that differs from machine to machine is done
//! here, at build time; what it would do wrong at run time is an [`Error`] here.
//!
//! [`Packed::write`] makes Rust source of it, in the terms of rumpuser-posix's `Image`.

mod link;
mod linker;
mod memory;
mod mips;
mod object;
mod pack;
mod relocation;
mod symbols;
mod thread;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

pub use link::link;
pub use linker::{Linker, rust_lld};
pub use pack::pack;
pub use write::SOURCE;

/// What a loader needs to know of a kernel image.
///
/// All addresses are offsets from where the image is loaded. Tables are sorted by address unless
/// they say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// What memory holds at first; the rest up to `size` is zero. A whole number of pages.
    pub content: Vec<u8>,
    /// How many bytes of memory the image takes: a whole number of pages, and 0 if there is none.
    pub size: u32,
    /// What the alignment of segments is: the largest page that the target's kernels use.
    pub page: u32,
    /// Memory by protection, without overlaps. Between segments lies nothing.
    pub segments: Vec<Segment>,
    /// Words to which the image's address is added.
    pub relative: Vec<u32>,
    /// The host's functions that the kernel calls, and the words to which their addresses are
    /// added.
    pub imports: BTreeMap<String, Vec<u32>>,
    /// The host's functions that the kernel calls by way of copies of their descriptors, three
    /// words each, and where these are. Only the first ABI of 64-bit powerpc has them.
    pub descriptors: BTreeMap<String, Vec<u32>>,
    /// Words to which the distance from the thread pointer to the current lwp is added.
    pub lwp: Vec<u32>,
    /// Four bytes each in the code, little-endian, that are to hold the same distance. It is the
    /// same in all kernels of a process, which can thereby share the code.
    pub lwp_in_code: Vec<u32>,
    /// The words that hold addresses of constructors, in the order of calls.
    pub constructors: Range<u32>,
    /// The kernel's code.
    pub text: Range<u32>,
    /// The functions and variables of the kernel's interface, `rump_*`, sorted by name.
    pub exports: Vec<(String, u32)>,
    /// All functions, with where their names begin in `names`.
    pub functions: Vec<(u32, u32)>,
    /// Names of functions, each ended by a newline.
    pub names: String,
}

/// Memory of one protection: whole pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it lies.
    pub range: Range<u32>,
    /// Whether the kernel writes to it. What only the loader writes to is not writable.
    pub writable: bool,
    /// Whether it is code.
    pub executable: bool,
}

/// Why there is no kernel image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The linker failed.
    #[error(
        "cannot link the kernel image: the linker ended with {status}\ncommand: {command}\n{words}\n\
         (where rustc comes without rust-lld, the C compiler links: -fuse-ld=lld in CFLAGS_<target> \
         makes it use another linker)"
    )]
    Link {
        /// The command, quoted for a shell.
        command: String,
        /// Its exit status.
        status: String,
        /// What it printed.
        words: String,
    },
    /// A file could not be read or written, or the linker not be run.
    #[error("cannot read, write or run {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// What the linker wrote contradicts itself, or is nothing that a linker writes.
    #[error("the linker wrote a kernel image that cannot be understood: {0}")]
    Malformed(String),
    /// Components call functions that nothing defines.
    #[error(
        "components need what neither other components nor hypercalls (rumpuser_*, rumpcomp_*) define: {}; \
         select the component that does", list(.0)
    )]
    Undefined(Vec<Undefined>),
    /// Code would have to be changed where it is loaded, and could not be shared.
    #[error(
        "the kernel image is not position-independent: {place} holds an address; \
         remove flags such as -fno-pic and -mcmodel from CFLAGS and RUMPKERNEL_CFLAGS, \
         and compile components of your own with -fPIC"
    )]
    TextRelocation {
        /// The function, or the section.
        place: String,
    },
    /// There is thread-local storage besides the current lwp, for which a loaded image has no
    /// place.
    #[error(
        "thread-local variables need {found} bytes in the kernel image, and only the current lwp, \
         a pointer that is null at first, can have a place ({names}); \
         make them members of struct lwp, or use specificdata(9)"
    )]
    ThreadLocal {
        /// How many there are.
        found: u64,
        /// The variables.
        names: String,
    },
    /// Functions are chosen at run time by resolvers, which a loaded image cannot call.
    #[error("{0} is an indirect function (ifunc), which a kernel image cannot have")]
    Indirect(String),
    /// The linker asks the loader for something that it cannot do.
    #[error(
        "the kernel image needs relocation {kind} (elf(5), machine {machine}) for {symbol}, \
         which cannot be done; instances are not supported with this machine's ABI or linker"
    )]
    Relocation {
        /// Its type.
        kind: u32,
        /// `e_machine`.
        machine: u16,
        /// The symbol that it refers to.
        symbol: String,
    },
    /// Memory is writable and code, or of two kinds in one page.
    #[error("the linker laid the kernel image out in a way that cannot be protected: {0}")]
    Layout(String),
}

/// A symbol that nothing defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined {
    /// Its name.
    pub name: String,
    /// The libraries that refer to it.
    pub components: Vec<String>,
}

fn list(undefined: &[Undefined]) -> String {
    let one = |undefined: &Undefined| match undefined.components.as_slice() {
        [] => undefined.name.clone(),
        components => format!("{} (used by {})", undefined.name, components.join(", ")),
    };
    undefined.iter().map(one).collect::<Vec<_>>().join(", ")
}
