//! Exported symbols of an object, from the tables that the dynamic linker itself uses.

use elf::abi::{DT_GNU_HASH, DT_HASH, DT_NULL, DT_STRSZ, DT_STRTAB, DT_SYMTAB, SHN_ABS, STT_TLS};
use elf::dynamic::Dyn;
use elf::endian::NativeEndian;
use elf::file::Class;
use elf::hash::{GnuHashHeader, GnuHashTable, SysVHashHeader, SysVHashTable};
use elf::parse::{ParseAt, ParsingTable};
use elf::string_table::StringTable;
use elf::symbol::{self, SymbolTable};

use super::Object;

const CLASS: Class = if cfg!(target_pointer_width = "64") {
    Class::ELF64
} else {
    Class::ELF32
};

type Words<'a> = ParsingTable<'a, NativeEndian, u32>;

/// A function or variable that an object exports.
#[derive(Debug)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: &'a [u8],
    /// Where it is in memory.
    pub(crate) address: usize,
    /// The entry in the object's own table.
    pub(crate) entry: symbol::Symbol,
}

/// The exported symbols of an object.
#[derive(Debug)]
pub(crate) struct Symbols<'a> {
    object: &'a Object<'a>,
    table: SymbolTable<'a, NativeEndian>,
    names: StringTable<'a>,
    hash: Hash<'a>,
}

#[derive(Debug)]
enum Hash<'a> {
    SystemV(SysVHashTable<'a, NativeEndian>),
    Gnu(GnuHashTable<'a, NativeEndian>),
}

impl<'a> Symbols<'a> {
    pub(super) fn of(object: &'a Object<'a>) -> Option<Self> {
        let [mut table, mut names, mut size, mut system_v, mut gnu] = [None; 5];
        let dynamic = object.memory(object.dynamic)?;
        for entry in ParsingTable::<_, Dyn>::new(NativeEndian, CLASS, dynamic) {
            let place = match entry.d_tag {
                DT_NULL => break,
                DT_SYMTAB => &mut table,
                DT_STRTAB => &mut names,
                DT_STRSZ => &mut size,
                DT_HASH => &mut system_v,
                DT_GNU_HASH => &mut gnu,
                _ => continue,
            };
            *place = Some(entry.d_val());
        }
        let names = object.table(names?)?;
        let names = names.get(..usize::try_from(size?).ok()?)?;
        let table = object.table(table?)?;
        let (hash, count) = match (gnu, system_v) {
            (Some(gnu), _) => {
                let memory = object.table(gnu)?;
                let hash = GnuHashTable::new(NativeEndian, CLASS, memory).ok()?;
                let count = count(&hash.hdr, memory)?;
                (Hash::Gnu(hash), count)
            }
            (None, Some(system_v)) => {
                let memory = object.table(system_v)?;
                let header = SysVHashHeader::parse_at(NativeEndian, CLASS, &mut 0, memory).ok()?;
                let hash = SysVHashTable::new(NativeEndian, CLASS, memory).ok()?;
                (Hash::SystemV(hash), header.nchain as usize)
            }
            (None, None) => return None,
        };
        let size = count.checked_mul(symbol::Symbol::size_for(CLASS))?;
        Some(Self {
            object,
            table: SymbolTable::new(NativeEndian, CLASS, table.get(..size)?),
            names: StringTable::new(names),
            hash,
        })
    }

    /// Returns all of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Symbol<'a>> {
        self.table.iter().filter_map(|entry| self.symbol(entry))
    }

    /// Returns the address of the symbol with this name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        let found = match &self.hash {
            Hash::SystemV(hash) => hash.find(name, &self.table, &self.names),
            Hash::Gnu(hash) => hash.find(name, &self.table, &self.names),
        };
        let (_, entry) = found.ok()??;
        Some(self.symbol(entry)?.address)
    }

    /// Returns the symbol of an entry, if it is one that the object defines and has an address.
    fn symbol(&self, entry: symbol::Symbol) -> Option<Symbol<'a>> {
        if entry.is_undefined() || entry.st_value == 0 || entry.st_symtype() == STT_TLS {
            return None;
        }
        let value = usize::try_from(entry.st_value).ok()?;
        let address = match entry.st_shndx {
            SHN_ABS => value,
            _ => self.object.base.wrapping_add(value),
        };
        let name = self.names.get_raw(entry.st_name as usize).ok()?;
        Some(Symbol {
            name,
            address,
            entry,
        })
    }
}

/// Returns how many entries the symbol table has that a hash table of GNU's kind is for, which does
/// not say it: the last chain ends with the last symbol.
fn count(header: &GnuHashHeader, memory: &[u8]) -> Option<usize> {
    let word = size_of::<u32>();
    let filter = (header.nbloom as usize).checked_mul(size_of::<usize>())?;
    let buckets = GnuHashHeader::size_for(CLASS).checked_add(filter)?;
    let chains = buckets.checked_add((header.nbucket as usize).checked_mul(word)?)?;
    let first = header.table_start_idx as usize;
    let words = |memory| Words::new(NativeEndian, CLASS, memory);
    let starts = words(memory.get(buckets..chains)?);
    let Some(last) = starts.iter().max().filter(|last| *last as usize >= first) else {
        // Nothing is exported; what is before the first chain is imported.
        return Some(first);
    };
    let chain = words(memory.get(chains..)?);
    let mut index = last as usize;
    // The lowest bit of a chain's last word is set.
    while chain.get(index - first).ok()? & 1 == 0 {
        index += 1;
    }
    Some(index + 1)
}
