//! The names by which an image is used, and by which a backtrace calls its functions.

use object::elf;

use super::memory::Memory;
use super::object::{Object, Symbol};
use super::{Error, Packed};

/// What the kernel's interface is named.
const INTERFACE: &str = "rump";
/// What its own functions are named, which nobody outside calls.
const INTERNAL: &str = "rumpns_";

/// The symbols of the kernel's interface, sorted by name.
pub(super) fn exports(object: &Object<'_>, memory: &Memory) -> Result<Vec<(String, u32)>, Error> {
    let is_export = |symbol: &&Symbol<'_>| {
        symbol.is_defined()
            && symbol.section != elf::SHN_ABS
            && symbol.kind != elf::STT_TLS
            && symbol.name.starts_with(INTERFACE)
            && !symbol.name.starts_with(INTERNAL)
    };
    let exports = object.dynamic_symbols.iter().filter(is_export);
    let mut exports: Vec<(String, u32)> = exports
        .map(|symbol| Ok((symbol.name.to_owned(), memory.offset(symbol.value)?)))
        .collect::<Result<_, Error>>()?;
    exports.sort();
    Ok(exports)
}

/// Fills in the functions, sorted by address, each once. `memory` holds what it does in the end.
pub(super) fn functions(
    object: &Object<'_>,
    memory: &mut Memory,
    packed: &mut Packed,
) -> Result<(), Error> {
    let mut functions: Vec<(u32, bool, &str)> = Vec::new();
    for symbol in &object.symbols {
        if symbol.is_defined() && symbol.kind == elf::STT_FUNC && !symbol.name.is_empty() {
            let is_local = symbol.binding == elf::STB_LOCAL;
            let name = symbol.name.split('@').next().unwrap_or_default();
            functions.push((entry(object, memory, symbol)?, is_local, name));
        }
    }
    // Of several names, one that others can see.
    functions.sort_unstable();
    functions.dedup_by_key(|(address, _, _)| *address);
    for (address, _, name) in functions {
        // No image has more than 4 GiB of names.
        packed.functions.push((address, packed.names.len() as u32));
        packed.names.push_str(name);
        packed.names.push('\n');
    }
    Ok(())
}

/// Where a function's code begins.
fn entry(object: &Object<'_>, memory: &mut Memory, symbol: &Symbol<'_>) -> Result<u32, Error> {
    let value = match object.machine {
        // The lowest bit says which instruction set it is in.
        elf::EM_ARM | elf::EM_MIPS => symbol.value & !1,
        _ => symbol.value,
    };
    let is_in = |name: &str| {
        let mut sections = object.sections.iter();
        sections.any(|section| section.name == name && section.range.contains(&value))
    };
    if object.machine == elf::EM_PPC64 && is_in(".opd") {
        // A descriptor, whose first word was made the distance from the image's beginning.
        let word = memory.word(value)?;
        return u32::try_from(word).map_err(|_| Error::Malformed("a descriptor is damaged".into()));
    }
    memory.offset(value)
}
