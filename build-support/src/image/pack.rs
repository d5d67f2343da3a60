//! From a shared object to what a loader needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use object::elf;

use super::memory::Memory;
use super::object::{Object, Relocation, Section, Symbol};
use super::relocation::{self, Meaning};
use super::{Error, Packed, link, mips, symbols, thread};
use crate::target::Target;

/// What functions of the host are named: hypercalls, and those of components.
const HOST: [&str; 2] = ["rumpuser_", "rumpcomp_"];

/// How many words a function's descriptor has: its address, its table of contents, its environment.
const DESCRIPTOR: u64 = 3;

/// The section with tables for unwinding.
const UNWINDING: &str = ".eh_frame";

/// What compilers' helper functions call when all is lost, and what need not be there: libgcc's
/// division by zero on arm ends in raise(3).
const LAST_RESORT: [(u16, &str); 1] = [(elf::EM_ARM, "raise")];

/// Packs the shared object that [`link()`](super::link()) made of `libraries`.
///
/// # Errors
///
/// All of [`Error`], except for [`Error::Link`].
pub fn pack(file: &Path, target: &Target, libraries: &[PathBuf]) -> Result<Packed, Error> {
    let data = fs::read(file).map_err(|source| Error::File {
        path: file.to_owned(),
        source,
    })?;
    let object = Object::read(&data)?;
    let undefined = undefined(&object)?;
    if !undefined.is_empty() {
        return Err(link::blame(undefined, libraries));
    }
    check_thread_local(&object)?;
    let page = link::page_size(target);
    let mut pack = Pack {
        memory: Memory::new(&object, page)?,
        object,
        packed: Packed {
            page,
            ..Packed::default()
        },
    };
    pack.relocate()?;
    pack.thread_sites()?;
    pack.finish()
}

fn is_hosts(symbol: &Symbol<'_>) -> bool {
    !symbol.is_defined() && HOST.iter().any(|prefix| symbol.name.starts_with(prefix))
}

/// The names that neither the image nor its host defines, and that something refers to: assembly leaves others, too.
fn undefined(object: &Object<'_>) -> Result<Vec<String>, Error> {
    let in_words = object.relocations.iter().map(|word| word.symbol);
    let in_table = mips::global_offsets(object)?;
    let in_table = in_table.into_iter().map(|(_, _, symbol)| symbol);
    let used: BTreeSet<usize> = in_words
        .chain(in_table)
        .filter(|&symbol| symbol > 0)
        .collect();
    let symbols = used
        .iter()
        .filter_map(|&symbol| object.dynamic_symbols.get(symbol));
    let lacking = symbols.filter(|symbol| {
        !symbol.is_defined()
            && symbol.binding != elf::STB_WEAK
            && !is_hosts(symbol)
            && !LAST_RESORT.contains(&(object.machine, symbol.name))
    });
    let mut names: Vec<String> = lacking.map(|symbol| symbol.name.to_owned()).collect();
    names.sort();
    Ok(names)
}

/// The one thread-local variable is a word that is zero at first.
fn check_thread_local(object: &Object<'_>) -> Result<(), Error> {
    let Some((found, zero)) = object.tls else {
        return Ok(());
    };
    if found == object.word as u64 && zero {
        return Ok(());
    }
    let all = object.symbols.iter().chain(&object.dynamic_symbols);
    let variables = all.filter(|symbol| symbol.kind == elf::STT_TLS && !symbol.name.is_empty());
    let mut names: Vec<&str> = variables.map(|symbol| symbol.name).collect();
    names.sort_unstable();
    names.dedup();
    Err(Error::ThreadLocal {
        found,
        names: names.join(", "),
    })
}

struct Pack<'data> {
    object: Object<'data>,
    memory: Memory,
    packed: Packed,
}

impl Pack<'_> {
    /// Leaves in each word what is to be added to what only the loader knows.
    fn relocate(&mut self) -> Result<(), Error> {
        for relocation in self.object.relocations.clone() {
            let meaning = relocation::meaning(self.object.machine, self.object.flags, &relocation)
                .ok_or_else(|| self.unknown(&relocation))?;
            self.fill(&relocation, meaning)?;
        }
        for (place, meaning, symbol) in mips::global_offsets(&self.object)? {
            let entry = Relocation {
                place,
                kind: 0,
                symbol,
                addend: None,
            };
            self.fill(&entry, meaning)?;
        }
        Ok(())
    }

    fn unknown(&self, relocation: &Relocation) -> Error {
        let symbol = self.object.dynamic_symbols.get(relocation.symbol);
        let name = symbol.map_or("", |symbol| symbol.name);
        Error::Relocation {
            kind: relocation.kind,
            machine: self.object.machine,
            symbol: if name.is_empty() { "no symbol" } else { name }.to_owned(),
        }
    }

    fn fill(&mut self, relocation: &Relocation, meaning: Meaning) -> Result<(), Error> {
        let place = relocation.place;
        if meaning == Meaning::Nothing {
            return Ok(());
        }
        let loads = &self.object.loads;
        if !loads
            .iter()
            .any(|load| load.writable && load.range.contains(&place))
        {
            // mips has addresses in the tables for unwinding, which nobody does in a loaded kernel.
            return match self.section_at(place) {
                Some(section) if section.name == UNWINDING => Ok(()),
                _ => Err(Error::TextRelocation {
                    place: self.function_at(place),
                }),
            };
        }
        let addend = match (relocation.addend, meaning) {
            (Some(addend), _) => addend as u64,
            (None, Meaning::Slot | Meaning::Descriptor) => 0,
            (None, _) => self.memory.word(place)?,
        };
        match meaning {
            Meaning::Nothing => Ok(()),
            Meaning::Relative => self.relative(place, addend),
            Meaning::Address | Meaning::Slot => self.address(relocation, addend),
            Meaning::Descriptor => self.descriptor(relocation),
            Meaning::Thread => self.thread(relocation, addend),
            Meaning::Indirect => Err(Error::Indirect(self.function_at(addend))),
        }
    }

    /// A word that is an address in the image.
    fn relative(&mut self, place: u64, address: u64) -> Result<(), Error> {
        self.memory.set_word(place, self.memory.distance(address))?;
        self.packed.relative.push(self.memory.offset(place)?);
        Ok(())
    }

    /// A word that is a symbol's address.
    fn address(&mut self, relocation: &Relocation, addend: u64) -> Result<(), Error> {
        let place = relocation.place;
        let symbol = self.symbol(relocation)?;
        let address = symbol.value.wrapping_add(addend);
        if symbol.kind == elf::STT_GNU_IFUNC {
            return Err(Error::Indirect(symbol.name.to_owned()));
        }
        if is_hosts(symbol) {
            let name = symbol.name.to_owned();
            self.memory.set_word(place, addend)?;
            let place = self.memory.offset(place)?;
            self.packed.imports.entry(name).or_default().push(place);
            Ok(())
        } else if !symbol.is_defined() {
            // It may be absent, or it would have been refused.
            self.memory.set_word(place, addend)
        } else if symbol.section == elf::SHN_ABS {
            self.memory.set_word(place, address)
        } else {
            self.relative(place, address)
        }
    }

    /// Words that are a copy of the descriptor of a function of the host.
    fn descriptor(&mut self, relocation: &Relocation) -> Result<(), Error> {
        let symbol = self.symbol(relocation)?;
        if symbol.is_defined() {
            return Err(self.unknown(relocation));
        }
        let name = symbol.name.to_owned();
        let is_hosts = is_hosts(symbol);
        for word in 0..DESCRIPTOR {
            let place = relocation.place + word * self.object.word as u64;
            self.memory.set_word(place, 0)?;
        }
        if !is_hosts {
            // It may be absent, or it would have been refused, and is not called then.
            return Ok(());
        }
        let place = self.memory.offset(relocation.place)?;
        self.packed.descriptors.entry(name).or_default().push(place);
        Ok(())
    }

    /// A word that is the distance from the thread pointer to the current lwp.
    fn thread(&mut self, relocation: &Relocation, addend: u64) -> Result<(), Error> {
        let symbol = self.symbol(relocation)?;
        let is_ours = relocation.symbol == 0 || symbol.is_defined();
        if !is_ours || symbol.value.wrapping_add(addend) != 0 {
            return Err(self.unknown(relocation));
        }
        self.memory.set_word(relocation.place, 0)?;
        self.packed.lwp.push(self.memory.offset(relocation.place)?);
        Ok(())
    }

    /// Makes code know the distance to the current lwp, where it can.
    fn thread_sites(&mut self) -> Result<(), Error> {
        for &site in &self.object.thread_sites {
            if thread::fold(&mut self.memory, &self.packed.lwp, site)? {
                self.packed.lwp_in_code.push(self.memory.offset(site)?);
            }
        }
        Ok(())
    }

    fn symbol(&self, relocation: &Relocation) -> Result<&Symbol<'_>, Error> {
        let symbol = self.object.dynamic_symbols.get(relocation.symbol);
        symbol.ok_or_else(|| Error::Malformed("a relocation names no symbol".into()))
    }

    fn section_at(&self, address: u64) -> Option<&Section> {
        let mut sections = self.object.sections.iter();
        sections.find(|section| section.range.contains(&address))
    }

    /// The function at an address, else the section.
    fn function_at(&self, address: u64) -> String {
        let functions = self.object.symbols.iter();
        let before = functions
            .filter(|symbol| symbol.is_defined() && symbol.kind == elf::STT_FUNC)
            .filter(|symbol| symbol.value <= address);
        let function = before.max_by_key(|symbol| symbol.value);
        match (self.section_at(address), function) {
            (Some(section), Some(function)) if section.executable => function.name.to_owned(),
            (Some(section), _) => format!("section {}", section.name),
            _ => format!("address {address:#x}"),
        }
    }

    /// What needs no more than the memory.
    fn finish(mut self) -> Result<Packed, Error> {
        let object = &self.object;
        self.packed.segments = self.memory.segments(object)?;
        let code = object.sections.iter().filter(|section| section.executable);
        let (starts, ends): (Vec<u64>, Vec<u64>) = code
            .map(|section| (section.range.start, section.range.end))
            .unzip();
        if let (Some(start), Some(end)) = (starts.iter().min(), ends.iter().max()) {
            self.packed.text = self.memory.offsets(&(*start..*end))?;
        }
        if let (Some(start), Some(size)) = (
            object.dynamic(elf::DT_INIT_ARRAY),
            object.dynamic(elf::DT_INIT_ARRAYSZ),
        ) {
            let end = start.saturating_add(size);
            self.packed.constructors = self.memory.offsets(&(start..end))?;
        }
        self.packed.exports = symbols::exports(object, &self.memory)?;
        symbols::functions(object, &mut self.memory, &mut self.packed)?;
        let sort = |list: &mut Vec<u32>| list.sort_unstable();
        sort(&mut self.packed.relative);
        sort(&mut self.packed.lwp);
        sort(&mut self.packed.lwp_in_code);
        for imports in [&mut self.packed.imports, &mut self.packed.descriptors] {
            imports.values_mut().for_each(sort);
        }
        (self.packed.content, self.packed.size) = self.memory.finish();
        Ok(self.packed)
    }
}
