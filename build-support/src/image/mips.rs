//! The global offset table of mips, whose entries no relocation names.
//!
//! The dynamic section says how many entries are addresses in the image; those behind them are the
//! addresses of the last dynamic symbols, one each (System V ABI, MIPS supplement, chapter 5).

use object::elf;

use super::Error;
use super::object::Object;
use super::relocation::Meaning;

/// The first entries are the dynamic linker's own.
const RESERVED: u64 = 2;

/// Entries as places, meanings and indices of dynamic symbols.
pub(super) fn global_offsets(object: &Object<'_>) -> Result<Vec<(u64, Meaning, usize)>, Error> {
    if object.machine != elf::EM_MIPS {
        return Ok(Vec::new());
    }
    let tag = |tag| {
        let missing = || Error::Malformed(format!("the dynamic section lacks tag {tag:#x}"));
        object.dynamic(tag).ok_or_else(missing)
    };
    let table = tag(elf::DT_PLTGOT)?;
    let locals = tag(elf::DT_MIPS_LOCAL_GOTNO)?;
    let first_symbol = tag(elf::DT_MIPS_GOTSYM)?;
    let symbols = tag(elf::DT_MIPS_SYMTABNO)?;
    let place = |entry: u64| table + entry * object.word as u64;
    let relative = (RESERVED..locals).map(|entry| (place(entry), Meaning::Relative, 0));
    let named = (first_symbol..symbols).map(|symbol| {
        let entry = locals + symbol - first_symbol;
        (place(entry), Meaning::Slot, symbol as usize)
    });
    Ok(relative.chain(named).collect())
}
