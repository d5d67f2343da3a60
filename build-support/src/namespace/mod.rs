//! Moves a kernel object's symbols into the name space `rumpns_`, and keeps its link sets alive.
//!
//! A NetBSD kernel defines `malloc`, `open`, `panic`; so does the program around it. NetBSD's own
//! build therefore runs `nm`, `awk` and `objcopy --redefine-syms` over every object
//! (`sys/rump/Makefile.rump`). [`prepare`] does the same to the ELF file's string table in memory,
//! for both classes and both byte orders, and four things besides that `objcopy` does not:
//!
//! - sections of link sets get `SHF_GNU_RETAIN`, so that no linker's `--gc-sections` drops them
//!   (GNU ld obeys the flag only in files whose `EI_OSABI` is `ELFOSABI_GNU`);
//! - definitions that another component may replace become weak;
//! - calls of memcpy, which compilers make by themselves, too, go to memmove;
//! - all code goes to the section `rumpkernel_text`, so that a program knows where a kernel's code
//!   is that is linked into it: linkers define symbols for the ends of such a section.

mod edit;
mod layout;
mod rules;

pub use edit::prepare;
pub use rules::{Rules, weak_symbols};

/// Why an object file could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no ELF file at all.
    #[error(
        "the compiler did not write an ELF object: expected a file that begins with 7f 45 4c 46, found {0}"
    )]
    NotElf(String),
    /// It is LLVM bitcode, or a GCC LTO object: the names in there would stay what they are.
    #[error(
        "the compiler wrote an object for link-time optimisation, whose symbols cannot be renamed; \
         remove -flto and -emit-llvm from CFLAGS and RUMPKERNEL_CFLAGS"
    )]
    LinkTimeOptimised,
    /// It is for another machine than the target's.
    #[error(
        "the compiler wrote an object for another machine: expected {expected}, found {found}, which the compiler \
         or a flag in CFLAGS or RUMPKERNEL_CFLAGS chose"
    )]
    ForeignMachine {
        /// The target's class, byte order and `e_machine`.
        expected: String,
        /// The object's.
        found: String,
    },
    /// It is not relocatable (`ET_REL`).
    #[error("the compiler wrote an ELF file of type {0}: expected 1, a relocatable object")]
    NotRelocatable(u16),
    /// Its headers or tables contradict each other or the file's length.
    #[error("the object file is damaged: {0}")]
    Malformed(String),
}
