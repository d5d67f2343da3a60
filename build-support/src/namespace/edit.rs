//! The edit itself: read the tables, write new string tables behind the file, point to them.

use std::collections::{HashMap, HashSet};

use object::read::elf::{SectionHeader, Sym};
use object::read::{FileKind, StringTable};
use object::{Endianness, elf, pod};

use super::layout::Layout;
use super::{Error, Rules, rules};
use crate::target::Endian;

/// Prepares one relocatable object, in place.
///
/// Names are changed as `nm -go | awk | objcopy --redefine-syms` in `Makefile.rump` would: a name
/// that some global symbol of the object has is changed wherever a symbol has it, local ones too.
///
/// # Errors
///
/// See [`Error`]. `object` is then as it was.
pub fn prepare(object: &mut Vec<u8>, rules: &Rules<'_>) -> Result<(), Error> {
    if object.starts_with(b"BC\xc0\xde") {
        return Err(Error::LinkTimeOptimised);
    }
    if !object.starts_with(&elf::ELFMAG) {
        return Err(not_elf(object));
    }
    match FileKind::parse(object.as_slice()).map_err(malformed)? {
        FileKind::Elf32 => prepare_class::<elf::FileHeader32<Endianness>>(object, rules),
        FileKind::Elf64 => prepare_class::<elf::FileHeader64<Endianness>>(object, rules),
        _ => Err(not_elf(object)),
    }
}

/// Says what the file is instead.
fn not_elf(object: &[u8]) -> Error {
    let known = match object {
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => "Mach-O",
        [0x64, 0x86, ..] | [0x4c, 0x01, ..] | [0x64, 0xaa, ..] => "COFF",
        [0, b'a', b's', b'm', ..] => "WebAssembly",
        [] => "an empty file",
        _ => {
            let beginning = object.iter().take(4).map(|byte| format!("{byte:02x}"));
            return Error::NotElf(beginning.collect::<Vec<_>>().join(" "));
        }
    };
    Error::NotElf(known.to_owned())
}

fn malformed(error: object::read::Error) -> Error {
    Error::Malformed(error.to_string())
}

fn prepare_class<H: Layout>(object: &mut Vec<u8>, rules: &Rules<'_>) -> Result<(), Error> {
    match Edit::plan::<H>(object, rules)? {
        Some(edit) => edit.carry_out::<H>(object),
        None => Ok(()),
    }
}

/// All changes to one file, worked out before the first byte is written.
struct Edit {
    endian: Endianness,
    /// The new contents of the symbols' string table.
    strings: Vec<u8>,
    /// Index of the section that holds them.
    strings_section: usize,
    /// Where the symbols lie in the file.
    symbols_offset: usize,
    /// `st_name` and `st_info` of every symbol.
    symbols: Vec<(u32, u8)>,
    /// Where the section headers lie in the file.
    sections_offset: usize,
    /// `sh_name` of every section, and whether it is to be retained.
    sections: Vec<(u32, bool)>,
    /// The new contents of the sections' string table, and the index of the section that holds
    /// them, if it is another than the symbols'.
    section_names: Option<(Vec<u8>, usize)>,
}

impl Edit {
    /// Reads the file. One without symbols needs no change.
    fn plan<H: Layout>(data: &[u8], rules: &Rules<'_>) -> Result<Option<Self>, Error> {
        let header = H::parse(data).map_err(malformed)?;
        let endian = header.endian().map_err(malformed)?;
        check_machine(header, endian, rules)?;

        let sections = header.sections(endian, data).map_err(malformed)?;
        let table = sections
            .symbols(endian, data, elf::SHT_SYMTAB)
            .map_err(malformed)?;
        if table.is_empty() {
            return Ok(None);
        }
        let old_strings = table.strings();
        let global: HashSet<&[u8]> = table
            .iter()
            .filter(|symbol| !symbol.is_local())
            .map(|symbol| symbol.name(endian, old_strings).map_err(malformed))
            .collect::<Result<_, _>>()?;
        let defines_move = table.iter().any(|symbol| {
            let is_move = |name| rules.is_move(name);
            !symbol.is_undefined(endian) && symbol.name(endian, old_strings).is_ok_and(is_move)
        });
        let mut strings = Strings::new();
        let mut symbols = Vec::with_capacity(table.len());
        for symbol in table.iter() {
            let name = symbol.name(endian, old_strings).map_err(malformed)?;
            let called = symbol
                .is_undefined(endian)
                .then(|| rules.called(name, defines_move))
                .flatten();
            let renamed = if let Some(called) = called {
                rules.renamed(&called).or(Some(called))
            } else if global.contains(name) {
                rules.renamed(name)
            } else {
                None
            };
            let info = if is_weakened::<H>(symbol, endian, name, rules) {
                (elf::STB_WEAK << 4) | symbol.st_type()
            } else {
                symbol.st_info()
            };
            symbols.push((strings.add(renamed.as_deref().unwrap_or(name))?, info));
        }

        let names_index = header
            .section_strings_index(endian, data)
            .map_err(malformed)?;
        let names: StringTable<'_> = header
            .section_strings(endian, data, sections.iter().as_slice())
            .map_err(malformed)?;
        let mut own_names = (names_index != table.string_section()).then(Strings::new);
        let mut new_sections = Vec::with_capacity(sections.len());
        for section in sections.iter() {
            let name = section.name(endian, names).map_err(malformed)?;
            // A linker would take this code, whose names have not been changed, in place of the
            // other.
            if name.starts_with(b".gnu.lto_") || name == b".llvm.lto" {
                return Err(Error::LinkTimeOptimised);
            }
            let renamed = rules::section_name(name);
            let table = own_names.as_mut().unwrap_or(&mut strings);
            let place = table.add(renamed.as_deref().unwrap_or(name))?;
            new_sections.push((place, name.starts_with(b"link_set_")));
        }

        let symbols_section = sections.section(table.section()).map_err(malformed)?;
        let offset = |value: u64| {
            usize::try_from(value).map_err(|_| Error::Malformed("an offset is too large".into()))
        };
        Ok(Some(Self {
            endian,
            strings: strings.bytes,
            strings_section: table.string_section().0,
            symbols_offset: offset(symbols_section.sh_offset(endian).into())?,
            symbols,
            sections_offset: offset(header.e_shoff(endian).into())?,
            sections: new_sections,
            section_names: own_names.map(|names| (names.bytes, names_index.0)),
        }))
    }

    /// Writes the changes. The offsets were read successfully, so they lie in the file.
    fn carry_out<H: Layout>(self, object: &mut Vec<u8>) -> Result<(), Error> {
        let damaged = || Error::Malformed("a table lies outside the file".into());
        let endian = self.endian;
        let tables = [
            Some((self.strings, self.strings_section)),
            self.section_names,
        ];
        let mut length = object.len();
        let tables: Vec<(Vec<u8>, usize, usize)> = tables
            .into_iter()
            .flatten()
            .map(|(strings, section)| {
                let offset = length;
                length += strings.len();
                (strings, section, offset)
            })
            .collect();
        if u32::try_from(length).is_err() && !H::is_type_64_sized() {
            return Err(Error::Malformed("larger than its class allows".into()));
        }

        if self.sections.iter().any(|(_, retain)| *retain) {
            let (header, _) = pod::from_bytes_mut::<H>(object).map_err(|()| damaged())?;
            H::set_os_abi(header, elf::ELFOSABI_GNU);
        }
        let tail = object.get_mut(self.symbols_offset..).ok_or_else(damaged)?;
        let (symbols, _) = pod::slice_from_bytes_mut::<H::Sym>(tail, self.symbols.len())
            .map_err(|()| damaged())?;
        for (symbol, (name, info)) in symbols.iter_mut().zip(self.symbols) {
            H::set_symbol_name(symbol, endian, name);
            H::set_symbol_info(symbol, info);
        }
        let tail = object.get_mut(self.sections_offset..).ok_or_else(damaged)?;
        let (sections, _) =
            pod::slice_from_bytes_mut::<H::SectionHeader>(tail, self.sections.len())
                .map_err(|()| damaged())?;
        for (section, (name, retain)) in sections.iter_mut().zip(self.sections) {
            H::set_section_name(section, endian, name);
            if retain {
                H::add_section_flags(section, endian, elf::SHF_GNU_RETAIN);
            }
        }
        for (strings, section, offset) in &tables {
            let section = sections.get_mut(*section).ok_or_else(damaged)?;
            H::set_section_place(section, endian, *offset, strings.len()).ok_or_else(damaged)?;
        }
        for (strings, _, _) in tables {
            object.extend(strings);
        }
        Ok(())
    }
}

/// Refuses what the target's linker would.
fn check_machine<H: Layout>(
    header: &H,
    endian: Endianness,
    rules: &Rules<'_>,
) -> Result<(), Error> {
    let order = match endian {
        Endianness::Little => Endian::Little,
        Endianness::Big => Endian::Big,
    };
    let found = rules::describe(header.is_type_64(), order, header.e_machine(endian));
    let expected = rules.expected();
    if found != expected {
        return Err(Error::ForeignMachine { expected, found });
    }
    match header.e_type(endian) {
        elf::ET_REL => Ok(()),
        other => Err(Error::NotRelocatable(other)),
    }
}

/// A definition of a stub. Common symbols merge by themselves.
fn is_weakened<H: Layout>(
    symbol: &H::Sym,
    endian: Endianness,
    name: &[u8],
    rules: &Rules<'_>,
) -> bool {
    symbol.st_bind() == elf::STB_GLOBAL
        && !matches!(symbol.st_shndx(endian), elf::SHN_UNDEF | elf::SHN_COMMON)
        && rules.weak.iter().any(|weak| weak.as_bytes() == name)
}

/// A string table under construction; equal names share their place.
struct Strings {
    bytes: Vec<u8>,
    places: HashMap<Vec<u8>, u32>,
}

impl Strings {
    /// A table that begins with the empty name, as ELF demands.
    fn new() -> Self {
        Self {
            bytes: vec![0],
            places: HashMap::from([(Vec::new(), 0)]),
        }
    }

    fn add(&mut self, name: &[u8]) -> Result<u32, Error> {
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        let place = u32::try_from(self.bytes.len())
            .map_err(|_| Error::Malformed("more than 4 GiB of names".into()))?;
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.places.insert(name.to_vec(), place);
        Ok(place)
    }
}
