//! What an object has to offer to others.

use object::read::FileKind;
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, elf};

/// The names of the symbols that an object defines for others, in its order.
pub(super) fn defined(object: &[u8]) -> object::read::Result<Vec<&[u8]>> {
    match FileKind::parse(object)? {
        FileKind::Elf32 => defined_in::<elf::FileHeader32<Endianness>>(object),
        FileKind::Elf64 => defined_in::<elf::FileHeader64<Endianness>>(object),
        // Nothing else is an object here.
        _ => Ok(Vec::new()),
    }
}

fn defined_in<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> object::read::Result<Vec<&[u8]>> {
    let header = H::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let symbols = sections.symbols(endian, data, elf::SHT_SYMTAB)?;
    let offered = symbols
        .iter()
        .filter(|symbol| !symbol.is_local() && !symbol.is_undefined(endian));
    offered
        .map(|symbol| symbol.name(endian, symbols.strings()))
        .collect()
}
