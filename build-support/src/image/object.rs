//! Reads a shared object of either class and byte order into one form.

use std::ops::Range;

use object::read::elf::{Dyn, FileHeader, ProgramHeader, Rela, SectionHeader, Sym};
use object::read::{FileKind, StringTable};
use object::{Endianness, elf};

use super::Error;
use super::{relocation, thread};

/// What of a shared object matters to a loader.
pub(super) struct Object<'data> {
    pub(super) machine: u16,
    /// `e_flags`.
    pub(super) flags: u32,
    pub(super) endian: Endianness,
    /// The size of a word in bytes.
    pub(super) word: usize,
    pub(super) loads: Vec<Load<'data>>,
    /// What is to be read-only once the loader has filled it in.
    pub(super) relro: Option<Range<u64>>,
    /// How many bytes thread-local variables take, and whether all are zero at first.
    pub(super) tls: Option<(u64, bool)>,
    pub(super) sections: Vec<Section>,
    pub(super) relocations: Vec<Relocation>,
    /// What the linker has done itself, as far as [`thread`] wants to know of it.
    pub(super) thread_sites: Vec<u64>,
    /// The symbols that relocations refer to.
    pub(super) dynamic_symbols: Vec<Symbol<'data>>,
    /// All symbols.
    pub(super) symbols: Vec<Symbol<'data>>,
    /// The dynamic section's tags and values.
    pub(super) dynamic: Vec<(i64, u64)>,
}

/// A segment that is loaded.
pub(super) struct Load<'data> {
    /// Where it lies in memory.
    pub(super) range: Range<u64>,
    /// What it begins with; the rest is zero.
    pub(super) content: &'data [u8],
    pub(super) writable: bool,
    pub(super) executable: bool,
}

/// A section that takes memory.
pub(super) struct Section {
    pub(super) name: String,
    pub(super) range: Range<u64>,
    pub(super) executable: bool,
    /// Whether only a dynamic linker looks at it.
    pub(super) is_linkers: bool,
}

/// A word that depends on where things are loaded.
#[derive(Clone, Copy)]
pub(super) struct Relocation {
    pub(super) place: u64,
    pub(super) kind: u32,
    /// An index into the dynamic symbols; 0 for none.
    pub(super) symbol: usize,
    /// None where the word itself holds it.
    pub(super) addend: Option<i64>,
}

/// A symbol.
pub(super) struct Symbol<'data> {
    pub(super) name: &'data str,
    pub(super) value: u64,
    pub(super) kind: u8,
    pub(super) binding: u8,
    pub(super) section: u16,
}

impl Symbol<'_> {
    pub(super) fn is_defined(&self) -> bool {
        self.section != elf::SHN_UNDEF
    }
}

impl<'data> Object<'data> {
    /// Reads a file.
    pub(super) fn read(data: &'data [u8]) -> Result<Self, Error> {
        match FileKind::parse(data).map_err(malformed)? {
            FileKind::Elf32 => read_class::<elf::FileHeader32<Endianness>>(data),
            FileKind::Elf64 => read_class::<elf::FileHeader64<Endianness>>(data),
            other => Err(Error::Malformed(format!("{other:?} is no ELF file"))),
        }
    }

    /// The value of a tag of the dynamic section.
    pub(super) fn dynamic(&self, tag: i64) -> Option<u64> {
        let entry = self.dynamic.iter().find(|(found, _)| *found == tag);
        entry.map(|(_, value)| *value)
    }
}

fn malformed(error: object::read::Error) -> Error {
    Error::Malformed(error.to_string())
}

fn range(start: u64, size: u64) -> Result<Range<u64>, Error> {
    let end = start.checked_add(size);
    let end = end.ok_or_else(|| Error::Malformed("addresses overflow".into()))?;
    Ok(start..end)
}

fn read_class<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Object<'_>, Error> {
    let header = H::parse(data).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let mut object = Object {
        machine: header.e_machine(endian),
        flags: header.e_flags(endian),
        endian,
        word: if header.is_type_64() { 8 } else { 4 },
        loads: Vec::new(),
        relro: None,
        tls: None,
        sections: Vec::new(),
        relocations: Vec::new(),
        thread_sites: Vec::new(),
        dynamic_symbols: Vec::new(),
        symbols: Vec::new(),
        dynamic: Vec::new(),
    };
    for segment in header.program_headers(endian, data).map_err(malformed)? {
        object.take_segment::<H>(segment, data)?;
    }
    let sections = header.sections(endian, data).map_err(malformed)?;
    let names = header
        .section_strings(endian, data, sections.iter().as_slice())
        .map_err(malformed)?;
    for section in sections.iter() {
        object.take_section(header, section, names, data)?;
    }
    for (kind, list) in [
        (elf::SHT_DYNSYM, &mut object.dynamic_symbols),
        (elf::SHT_SYMTAB, &mut object.symbols),
    ] {
        let table = sections.symbols(endian, data, kind).map_err(malformed)?;
        for symbol in table.iter() {
            let name = symbol.name(endian, table.strings()).map_err(malformed)?;
            list.push(Symbol {
                name: str::from_utf8(name)
                    .map_err(|_| Error::Malformed("a symbol's name is no text".into()))?,
                value: symbol.st_value(endian).into(),
                kind: symbol.st_type(),
                binding: symbol.st_bind(),
                section: symbol.st_shndx(endian),
            });
        }
    }
    Ok(object)
}

impl<'data> Object<'data> {
    fn take_segment<H: FileHeader<Endian = Endianness>>(
        &mut self,
        segment: &H::ProgramHeader,
        data: &'data [u8],
    ) -> Result<(), Error> {
        let endian = self.endian;
        let memory_size = segment.p_memsz(endian).into();
        let memory = range(segment.p_vaddr(endian).into(), memory_size)?;
        match segment.p_type(endian) {
            elf::PT_LOAD if !memory.is_empty() => {
                let content = segment.data(endian, data);
                let content = content.map_err(|()| Error::Malformed("a segment is cut".into()))?;
                if content.len() as u64 > memory_size {
                    return Err(Error::Malformed(
                        "a segment is larger than its memory".into(),
                    ));
                }
                let flags = segment.p_flags(endian);
                self.loads.push(Load {
                    range: memory,
                    content,
                    writable: flags & elf::PF_W != 0,
                    executable: flags & elf::PF_X != 0,
                });
            }
            elf::PT_GNU_RELRO => self.relro = Some(memory),
            elf::PT_TLS => self.tls = Some((memory_size, segment.p_filesz(endian).into() == 0)),
            _ => {}
        }
        Ok(())
    }

    fn take_section<H: FileHeader<Endian = Endianness>>(
        &mut self,
        header: &H,
        section: &H::SectionHeader,
        names: StringTable<'data>,
        data: &'data [u8],
    ) -> Result<(), Error> {
        let endian = self.endian;
        let flags: u64 = section.sh_flags(endian).into();
        let kind = section.sh_type(endian);
        let swapped = header.is_mips64el(endian);
        if flags & u64::from(elf::SHF_ALLOC) == 0 {
            if let Some((entries, _)) = section.rela(endian, data).map_err(malformed)? {
                let sites = entries
                    .iter()
                    .filter(|entry| thread::is_site(self.machine, entry.r_type(endian, swapped)));
                self.thread_sites
                    .extend(sites.map(|entry| entry.r_offset(endian).into()));
            }
            return Ok(());
        }
        if let Some((entries, _)) = section.rel(endian, data).map_err(malformed)? {
            let relocations = entries
                .iter()
                .map(|entry| relocation::from_rel(entry, endian, swapped));
            self.relocations.extend(relocations);
        } else if let Some((entries, _)) = section.rela(endian, data).map_err(malformed)? {
            self.relocations
                .extend(entries.iter().map(|entry| Relocation {
                    place: entry.r_offset(endian).into(),
                    kind: entry.r_type(endian, swapped),
                    symbol: entry.r_sym(endian, swapped) as usize,
                    addend: Some(entry.r_addend(endian).into()),
                }));
        } else if let Some(places) = section.relr(endian, data).map_err(malformed)? {
            let kind = relocation::relative(self.machine);
            self.relocations.extend(places.map(|place| Relocation {
                place: place.into(),
                kind,
                symbol: 0,
                addend: None,
            }));
        } else if let Some((entries, _)) = section.dynamic(endian, data).map_err(malformed)? {
            self.dynamic.extend(
                entries
                    .iter()
                    .map(|entry| (entry.tag(endian), entry.val(endian))),
            );
        }
        let size: u64 = section.sh_size(endian).into();
        if size == 0 || flags & u64::from(elf::SHF_TLS) != 0 {
            return Ok(());
        }
        let name = section.name(endian, names).map_err(malformed)?;
        self.sections.push(Section {
            name: String::from_utf8_lossy(name).into_owned(),
            range: range(section.sh_addr(endian).into(), size)?,
            executable: flags & u64::from(elf::SHF_EXECINSTR) != 0,
            is_linkers: is_linkers(kind),
        });
        Ok(())
    }
}

/// Whether a section's type is one of the tables that dynamic linkers read. Those of one machine
/// only may be anything.
fn is_linkers(kind: u32) -> bool {
    let is_kernels = matches!(
        kind,
        elf::SHT_PROGBITS
            | elf::SHT_NOBITS
            | elf::SHT_INIT_ARRAY
            | elf::SHT_FINI_ARRAY
            | elf::SHT_DYNAMIC
    );
    !is_kernels && kind < elf::SHT_LOPROC
}
