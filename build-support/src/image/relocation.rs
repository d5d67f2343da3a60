//! What the relocations of each machine ask of a loader.
//!
//! Only those occur that are left in a shared object: addresses of functions and variables, and
//! distances from the thread pointer.

use object::elf;
use object::read::elf::Rel;

use super::object::Relocation;

/// What a word is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// What it holds.
    Nothing,
    /// An address in the image.
    Relative,
    /// A symbol's address, to which what the word holds is added.
    Address,
    /// A symbol's address, whatever the word holds.
    Slot,
    /// The first of three words, a copy of a function's descriptor.
    Descriptor,
    /// A variable's distance from the thread pointer.
    Thread,
    /// What a resolver answers.
    Indirect,
}

/// The types of one machine's relocations.
struct Kinds {
    relative: u32,
    address: &'static [u32],
    slot: &'static [u32],
    thread: &'static [u32],
    indirect: &'static [u32],
}

/// The type that stands for "add the image's address"; for mips, an address of no symbol.
pub(super) fn relative(machine: u16) -> u32 {
    kinds(machine).map_or(elf::R_X86_64_RELATIVE, |kinds| kinds.relative)
}

/// The meaning of a relocation, if there is one for a loaded image.
///
/// `flags` are `e_flags`.
pub(super) fn meaning(machine: u16, flags: u32, relocation: &Relocation) -> Option<Meaning> {
    let kind = relocation.kind;
    let kinds = kinds(machine)?;
    let has_descriptors = machine == elf::EM_PPC64 && flags & elf::EF_PPC64_ABI != 2;
    // mips has one type for both.
    let is_relative = match machine {
        elf::EM_MIPS => kinds.address.contains(&kind) && relocation.symbol == 0,
        _ => kind == kinds.relative,
    };
    if kind == 0 {
        // On every machine.
        Some(Meaning::Nothing)
    } else if is_relative {
        Some(Meaning::Relative)
    } else if kinds.address.contains(&kind) {
        Some(Meaning::Address)
    } else if kind == elf::R_PPC64_JMP_SLOT && has_descriptors {
        Some(Meaning::Descriptor)
    } else if kinds.slot.contains(&kind) {
        Some(Meaning::Slot)
    } else if kinds.thread.contains(&kind) {
        Some(Meaning::Thread)
    } else if kinds.indirect.contains(&kind) {
        Some(Meaning::Indirect)
    } else {
        None
    }
}

fn kinds(machine: u16) -> Option<Kinds> {
    Some(match machine {
        elf::EM_X86_64 => Kinds {
            relative: elf::R_X86_64_RELATIVE,
            address: &[elf::R_X86_64_64],
            slot: &[elf::R_X86_64_GLOB_DAT, elf::R_X86_64_JUMP_SLOT],
            thread: &[elf::R_X86_64_TPOFF64],
            indirect: &[elf::R_X86_64_IRELATIVE],
        },
        elf::EM_386 => Kinds {
            relative: elf::R_386_RELATIVE,
            address: &[elf::R_386_32],
            slot: &[elf::R_386_GLOB_DAT, elf::R_386_JMP_SLOT],
            thread: &[elf::R_386_TLS_TPOFF],
            indirect: &[elf::R_386_IRELATIVE],
        },
        elf::EM_AARCH64 => Kinds {
            relative: elf::R_AARCH64_RELATIVE,
            address: &[elf::R_AARCH64_ABS64],
            slot: &[elf::R_AARCH64_GLOB_DAT, elf::R_AARCH64_JUMP_SLOT],
            thread: &[elf::R_AARCH64_TLS_TPREL],
            indirect: &[elf::R_AARCH64_IRELATIVE],
        },
        elf::EM_ARM => Kinds {
            relative: elf::R_ARM_RELATIVE,
            address: &[elf::R_ARM_ABS32],
            slot: &[elf::R_ARM_GLOB_DAT, elf::R_ARM_JUMP_SLOT],
            thread: &[elf::R_ARM_TLS_TPOFF32],
            indirect: &[elf::R_ARM_IRELATIVE],
        },
        elf::EM_RISCV => Kinds {
            relative: elf::R_RISCV_RELATIVE,
            address: &[elf::R_RISCV_64, elf::R_RISCV_32],
            slot: &[elf::R_RISCV_JUMP_SLOT],
            thread: &[elf::R_RISCV_TLS_TPREL64, elf::R_RISCV_TLS_TPREL32],
            indirect: &[elf::R_RISCV_IRELATIVE],
        },
        elf::EM_PPC => Kinds {
            relative: elf::R_PPC_RELATIVE,
            address: &[elf::R_PPC_ADDR32, elf::R_PPC_UADDR32],
            slot: &[elf::R_PPC_GLOB_DAT, elf::R_PPC_JMP_SLOT],
            thread: &[elf::R_PPC_TPREL32],
            indirect: &[elf::R_PPC_IRELATIVE],
        },
        elf::EM_PPC64 => Kinds {
            relative: elf::R_PPC64_RELATIVE,
            address: &[elf::R_PPC64_ADDR64, elf::R_PPC64_UADDR64],
            slot: &[elf::R_PPC64_GLOB_DAT, elf::R_PPC64_JMP_SLOT],
            thread: &[elf::R_PPC64_TPREL64],
            indirect: &[elf::R_PPC64_IRELATIVE, elf::R_PPC64_JMP_IREL],
        },
        elf::EM_MIPS => Kinds {
            relative: elf::R_MIPS_REL32,
            address: &[elf::R_MIPS_REL32, MIPS_REL64],
            slot: &[elf::R_MIPS_GLOB_DAT, elf::R_MIPS_JUMP_SLOT],
            thread: &[elf::R_MIPS_TLS_TPREL32, elf::R_MIPS_TLS_TPREL64],
            indirect: &[],
        },
        // Its procedure linkage table is code that the loader would have to write.
        elf::EM_SPARCV9 => Kinds {
            relative: elf::R_SPARC_RELATIVE,
            address: &[elf::R_SPARC_64, elf::R_SPARC_UA64],
            slot: &[elf::R_SPARC_GLOB_DAT],
            thread: &[elf::R_SPARC_TLS_TPOFF64],
            indirect: &[elf::R_SPARC_IRELATIVE, elf::R_SPARC_JMP_IREL],
        },
        _ => return None,
    })
}

/// Three types in one, first to last: `R_MIPS_REL32`, `R_MIPS_64`, `R_MIPS_NONE`.
const MIPS_REL64: u32 = elf::R_MIPS_REL32 | elf::R_MIPS_64 << 8;

/// An entry without an addend. Little-endian 64-bit mips has its fields the other way round.
pub(super) fn from_rel<R: Rel>(entry: &R, endian: R::Endian, swapped: bool) -> Relocation {
    let info: u64 = entry.r_info(endian).into();
    let (symbol, kind) = if swapped {
        (info as u32, ((info >> 32) as u32).swap_bytes())
    } else {
        (entry.r_sym(endian), entry.r_type(endian))
    };
    Relocation {
        place: entry.r_offset(endian).into(),
        kind,
        symbol: symbol as usize,
        addend: None,
    }
}
