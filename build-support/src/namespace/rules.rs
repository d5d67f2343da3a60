//! Which symbols and sections are renamed, and to what.

use object::elf;

use crate::target::{Endian, Target};

/// What is put before a name.
pub(super) const PREFIX: &[u8] = b"rumpns_";

/// Names that begin so belong to the rump kernel's interface or to the compiler.
const KEPT: [&str; 4] = ["rump", "RUMP", "__", "_GLOBAL_OFFSET_TABLE"];

/// Names that begin so move all the same: the kernel's stand-ins for what unwinds stacks on arm,
/// with which no panic of a Rust program would get further, and the runtime of a checking build,
/// which the program may have, too.
const MOVED: [&str; 2] = ["__aeabi_unwind_cpp_", "__ubsan_handle_"];

/// The section of all kernel code. Linkers define `__start_` and `__stop_` symbols for a section
/// that is named as an identifier of C can be.
const CODE: &str = "rumpkernel_text";

/// Stubs that a further component replaces when it is linked, as (component, symbols).
///
/// rumpvfs brings an empty fifo file system; fifofs brings the real one under the same names.
const WEAK: [(&str, &[&str]); 1] = [(
    "rumpvfs",
    &["fifo_vnodeop_entries", "fifo_vnodeop_opv_desc"],
)];

/// The symbols of `component` (before renaming) that give way to another component's.
#[must_use]
pub fn weak_symbols(component: &str) -> &'static [&'static str] {
    WEAK.iter()
        .find(|(name, _)| *name == component)
        .map_or(&[], |(_, symbols)| symbols)
}

/// The name of a section of code, or of its relocations; `None` for a section that keeps its own.
pub(super) fn section_name(name: &[u8]) -> Option<Vec<u8>> {
    let (prefix, bare) = [b".rela".as_slice(), b".rel", b""]
        .into_iter()
        .find_map(|prefix| Some((prefix, name.strip_prefix(prefix)?)))?;
    let is_code = bare == b".text" || bare.starts_with(b".text.");
    is_code.then(|| [prefix, CODE.as_bytes()].concat())
}

/// The functions that copy memory which must not overlap, and those that copy any. What kernel code
/// calls the first on does overlap, in a few places; see `compile::flags`. Compilers call them by
/// themselves, too.
const COPIES: [(&[u8], &[u8]); 4] = [
    (b"memcpy", b"memmove"),
    (b"__aeabi_memcpy", b"__aeabi_memmove"),
    (b"__aeabi_memcpy4", b"__aeabi_memmove4"),
    (b"__aeabi_memcpy8", b"__aeabi_memmove8"),
];

/// How one object file is to be prepared.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The machine that the object must be for.
    pub target: &'a Target,
    /// False for objects that already are in the right name space.
    pub rename: bool,
    /// Symbols, as the source names them, whose definitions become weak.
    pub weak: &'a [&'a str],
}

impl Rules<'_> {
    /// The name (before renaming) of what is called in place of a function that an object leaves
    /// undefined.
    ///
    /// `memmove` itself may go on to `memcpy` where nothing overlaps; so the object that
    /// `defines_move` keeps its calls.
    pub(super) fn called(&self, name: &[u8], defines_move: bool) -> Option<Vec<u8>> {
        let (dot, bare) = self.split_dot(name);
        let is_redirected = self.rename && !defines_move;
        let mut copies = COPIES.iter().filter(|_| is_redirected);
        let (_, moves) = copies.find(|(copies, _)| *copies == bare)?;
        Some([dot, moves].concat())
    }

    /// Whether a definition is that of `memmove`.
    pub(super) fn is_move(&self, name: &[u8]) -> bool {
        self.split_dot(name).1 == COPIES[0].1
    }

    /// What is put before the names of code on some machines, and the rest.
    fn split_dot<'a>(&self, name: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let dot = usize::from(self.target.dot_names && name.starts_with(b"."));
        name.split_at(dot)
    }

    /// The name of a global symbol after renaming, or `None` if it keeps its own.
    pub(super) fn renamed(&self, name: &[u8]) -> Option<Vec<u8>> {
        let (dot, bare) = self.split_dot(name);
        let kept = KEPT
            .iter()
            .chain(self.target.kept_prefixes)
            .any(|prefix| bare.starts_with(prefix.as_bytes()));
        let moved = MOVED
            .iter()
            .any(|prefix| bare.starts_with(prefix.as_bytes()));
        let renamed = moved || self.rename && !kept && !name.is_empty();
        renamed.then(|| [dot, PREFIX, bare].concat())
    }

    /// The target's class, byte order and `e_machine` in words.
    pub(super) fn expected(&self) -> String {
        describe(
            self.target.pointer_width == 64,
            self.target.endian,
            self.target.elf_machine,
        )
    }
}

/// An object's class, byte order and `e_machine` in words.
pub(super) fn describe(wide: bool, endian: Endian, machine: u16) -> String {
    let class = if wide { "ELF64" } else { "ELF32" };
    let order = match endian {
        Endian::Little => "little-endian",
        Endian::Big => "big-endian",
    };
    let name = match machine {
        elf::EM_386 => "i386",
        elf::EM_AARCH64 => "aarch64",
        elf::EM_ARM => "arm",
        elf::EM_MIPS => "mips",
        elf::EM_PPC => "powerpc",
        elf::EM_PPC64 => "powerpc64",
        elf::EM_RISCV => "riscv",
        elf::EM_S390 => "s390x",
        elf::EM_SPARCV9 => "sparc64",
        elf::EM_X86_64 => "x86_64",
        other => return format!("{class}, {order}, machine {other}"),
    };
    format!("{class}, {order}, {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(triple: &str, name: &str) -> Option<String> {
        let target = Target::from_triple(triple).unwrap();
        let rules = Rules {
            target: &target,
            rename: true,
            weak: &[],
        };
        rules
            .renamed(name.as_bytes())
            .map(|name| String::from_utf8(name).unwrap())
    }

    #[test]
    fn kernel_names_move_and_interfaces_stay() {
        let amd64 = |name| renamed("x86_64-unknown-linux-gnu", name);
        assert_eq!(amd64("malloc").as_deref(), Some("rumpns_malloc"));
        assert_eq!(
            amd64("_prop_object_init").as_deref(),
            Some("rumpns__prop_object_init")
        );
        assert_eq!(amd64(".L1").as_deref(), Some("rumpns_.L1"));
        for kept in [
            "rump_init",
            "rumpns_x",
            "RUMP_X",
            "__start_link_set_x",
            "_GLOBAL_OFFSET_TABLE_",
        ] {
            assert_eq!(amd64(kept), None, "{kept}");
        }
        assert_eq!(
            renamed("armv7-unknown-linux-gnueabihf", "__aeabi_unwind_cpp_pr0").as_deref(),
            Some("rumpns___aeabi_unwind_cpp_pr0"),
            "the program's own is the one that unwinds"
        );
    }

    #[test]
    fn what_copies_memory_copies_any() {
        let called = |triple, name: &str, defines_move| {
            let target = Target::from_triple(triple).unwrap();
            let rules = Rules {
                target: &target,
                rename: true,
                weak: &[],
            };
            let name = rules.called(name.as_bytes(), defines_move)?;
            Some(String::from_utf8(name).unwrap())
        };
        let arm = |name| called("armv7-unknown-linux-gnueabihf", name, false);
        assert_eq!(arm("memcpy").as_deref(), Some("memmove"));
        assert_eq!(arm("__aeabi_memcpy8").as_deref(), Some("__aeabi_memmove8"));
        assert_eq!(arm("memset"), None);
        assert_eq!(
            called("armv7-unknown-linux-gnueabihf", "memcpy", true),
            None
        );
        let dotted = called("powerpc64-unknown-linux-gnu", ".memcpy", false);
        assert_eq!(dotted.as_deref(), Some(".memmove"));
    }

    #[test]
    fn code_lies_in_one_section_with_an_identifier_for_a_name() {
        let renamed =
            |name: &str| section_name(name.as_bytes()).map(|name| String::from_utf8(name).unwrap());
        for code in [".text", ".text.unlikely", ".text.startup.main"] {
            assert_eq!(renamed(code).as_deref(), Some("rumpkernel_text"), "{code}");
        }
        assert_eq!(
            renamed(".rela.text").as_deref(),
            Some(".relarumpkernel_text")
        );
        assert_eq!(
            renamed(".rel.text.hot").as_deref(),
            Some(".relrumpkernel_text")
        );
        for kept in [
            "",
            ".textual",
            ".rodata",
            ".rela.data",
            ".relro_padding",
            "link_set_x",
        ] {
            assert_eq!(renamed(kept), None, "{kept}");
        }
    }

    #[test]
    fn quirks_belong_to_their_machine() {
        assert_eq!(renamed("mips-unknown-linux-gnu", "_gp_disp"), None);
        assert!(renamed("i686-unknown-linux-gnu", "_gp_disp").is_some());
        let powerpc64 = |name| renamed("powerpc64-unknown-linux-gnu", name);
        assert_eq!(powerpc64(".malloc").as_deref(), Some(".rumpns_malloc"));
        assert_eq!(powerpc64(".rump_init"), None);
        assert_eq!(powerpc64(".__udivdi3"), None);
        assert_eq!(powerpc64(".TOC."), None);
    }
}
