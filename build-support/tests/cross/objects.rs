//! What a linker sees of object files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::elf::{FileHeader32, FileHeader64};
use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader, Rel as _, Rela as _, SectionHeader as _, Sym as _};
use object::{Endianness, FileKind, elf};

/// What `ld` makes of a header: class, byte order, machine, and the flags that it compares.
pub(crate) type Header = (bool, Endianness, u16, u32);

/// What is to know of one object.
pub(crate) struct Object {
    pub(crate) header: Header,
    pub(crate) defined: BTreeSet<String>,
    /// What it refers to. Names that an assembler was told of and nothing refers to are missed by no linker.
    pub(crate) undefined: BTreeSet<String>,
}

/// The numbers of the symbols that relocations name.
fn referred<H: FileHeader<Endian = Endianness>>(header: &H, data: &[u8]) -> BTreeSet<usize> {
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, data).unwrap();
    let mut numbers = BTreeSet::new();
    for section in sections.iter() {
        if let Some((entries, _)) = section.rel(endian, data).unwrap() {
            numbers.extend(entries.iter().map(|entry| entry.r_sym(endian)));
        }
        if let Some((entries, _)) = section.rela(endian, data).unwrap() {
            let is_mips64el = header.is_mips64el(endian);
            numbers.extend(entries.iter().map(|entry| entry.r_sym(endian, is_mips64el)));
        }
    }
    numbers.into_iter().map(|number| number as usize).collect()
}

fn read<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> Object {
    let header = H::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, data).unwrap();
    let symbols = sections.symbols(endian, data, elf::SHT_SYMTAB).unwrap();
    let machine = header.e_machine(endian);
    let float_abi = match machine {
        elf::EM_RISCV => header.e_flags(endian) & elf::EF_RISCV_FLOAT_ABI,
        elf::EM_PPC64 => header.e_flags(endian) & elf::EF_PPC64_ABI,
        _ => 0,
    };
    let mut object = Object {
        header: (header.is_type_64(), endian, machine, float_abi),
        defined: BTreeSet::new(),
        undefined: BTreeSet::new(),
    };
    // Sparc's say how registers are used, and have no names.
    let is_name =
        |symbol: &&H::Sym| !symbol.is_local() && symbol.st_type() != elf::STT_SPARC_REGISTER;
    let referred = referred(header, data);
    for (index, symbol) in symbols.enumerate().filter(|(_, symbol)| is_name(symbol)) {
        let name = symbol.name(endian, symbols.strings()).unwrap();
        let name = String::from_utf8(name.to_owned()).unwrap();
        if symbol.is_undefined(endian) {
            if referred.contains(&index.0) {
                object.undefined.insert(name);
            }
        } else {
            object.defined.insert(name);
        }
    }
    let link_sets = sections.iter().filter(|section| {
        let name = sections.section_name(endian, *section).unwrap();
        name.starts_with(b"link_set_")
    });
    for section in link_sets {
        let flags: u64 = section.sh_flags(endian).into();
        assert!(flags & u64::from(elf::SHF_GNU_RETAIN) != 0);
    }
    object
}

/// The members of a library.
pub(crate) fn objects(library: &Path) -> Vec<(String, Object)> {
    let data = fs::read(library).unwrap();
    let archive = ArchiveFile::parse(&*data).unwrap();
    let members = archive.members().map(|member| {
        let member = member.unwrap();
        let bytes = member.data(&*data).unwrap();
        let name = String::from_utf8_lossy(member.name()).into_owned();
        (name, object(bytes))
    });
    members.collect()
}

pub(crate) fn object(bytes: &[u8]) -> Object {
    match FileKind::parse(bytes).unwrap() {
        FileKind::Elf32 => read::<FileHeader32<Endianness>>(bytes),
        FileKind::Elf64 => read::<FileHeader64<Endianness>>(bytes),
        other => panic!("{other:?}"),
    }
}
