//! The instructions of x86-64 that ask the global offset table for the distance to the current lwp.
//!
//! A program that a kernel is linked into has the distance in the instructions themselves: its linker
//! turns the initial-exec model into local-exec (ELF Handling For Thread-Local Storage, 5.4). An image's
//! linker cannot, as it does not know the distance. But it is the same for all kernels of a process. So
//! the same is done here, and the loader adds the number. On other machines the table is asked.

use object::elf;

use super::Error;
use super::memory::Memory;
use crate::target::Target;

/// REX prefix, operation, operands; then the displacement, which the relocation names.
const BEFORE: u64 = 3;
const DISPLACEMENT: u64 = 4;

/// Whether the linker has to say where such instructions are.
pub(super) fn wants_sites(target: &Target) -> bool {
    target.elf_machine == elf::EM_X86_64
}

/// Whether a relocation in code is one of such an instruction.
pub(super) fn is_site(machine: u16, kind: u32) -> bool {
    machine == elf::EM_X86_64 && kind == elf::R_X86_64_GOTTPOFF
}

/// Puts a constant, 0 so far, in the place of the displacement at `site`. Answers whether it did: an
/// instruction of another form, or that asks for something else than `words` hold, stays.
pub(super) fn fold(memory: &mut Memory, words: &[u32], site: u64) -> Result<bool, Error> {
    let malformed = || Error::Malformed("a relocation of code lies outside of it".into());
    let start = site.checked_sub(BEFORE).ok_or_else(malformed)?;
    let end = site.checked_add(DISPLACEMENT).ok_or_else(malformed)?;
    let &mut [prefix, operation, operands, a, b, c, d] = memory.code(&(start..end))? else {
        return Err(malformed());
    };
    let displacement = i32::from_le_bytes([a, b, c, d]);
    let asked = end.wrapping_add_signed(displacement.into());
    let asks_for_lwp = memory
        .offset(asked)
        .is_ok_and(|asked| words.contains(&asked));
    let Some([prefix, operation, operands]) = with_constant([prefix, operation, operands]) else {
        return Ok(false);
    };
    if asks_for_lwp {
        let code = memory.code(&(start..end))?;
        code.copy_from_slice(&[prefix, operation, operands, 0, 0, 0, 0]);
    }
    Ok(asks_for_lwp)
}

/// What an instruction that takes a word of memory into a register begins with when it takes a
/// constant instead, which the processor extends by its sign.
fn with_constant([prefix, operation, operands]: [u8; 3]) -> Option<[u8; 3]> {
    // mov or add; linkers may use lea for the latter, which leaves the flags alone.
    let operation = match operation {
        0x8b => 0xc7,
        0x03 => 0x81,
        _ => return None,
    };
    // 64 bits wide, and the fourth bit of the register: in REX.R before, in REX.B then.
    let prefix = match prefix {
        0x48 => 0x48,
        0x4c => 0x49,
        _ => return None,
    };
    // Relative to the instruction pointer.
    if operands & 0xc7 != 0x05 {
        return None;
    }
    Some([prefix, operation, 0xc0 | operands >> 3])
}
