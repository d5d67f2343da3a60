//! The names of functions in this program, from its own file.
//!
//! A kernel that is linked into a program has no table of its own; its functions are in the
//! program's symbol table, unless that was stripped. It is read when the first backtrace is shown,
//! and the part that is the kernel's is kept.

use std::fs::File;
use std::ops::Range;
use std::sync::OnceLock;

use elf::ElfStream;
use elf::abi::{SHN_UNDEF, STT_FUNC, STT_NOTYPE};
use elf::endian::NativeEndian;

use crate::host;

/// Where the function of this crate is whose address tells where the program lies.
const LANDMARK: &[u8] = b"rumpuser_exit";

/// Functions, sorted by address.
#[derive(Debug, Default)]
pub(crate) struct Functions(Vec<(usize, Box<str>)>);

impl Functions {
    /// The function that `address` lies in, and how far behind its beginning.
    pub(crate) fn at(&self, address: usize) -> Option<(&str, usize)> {
        let next = self.0.partition_point(|(function, _)| *function <= address);
        let (function, name) = self.0.get(next.checked_sub(1)?)?;
        Some((name, address - function))
    }
}

/// The functions of the kernel that is linked into this program, whose code is `range`. None when
/// they cannot be found out.
pub(crate) fn functions(range: &Range<usize>) -> &'static Functions {
    static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
    FUNCTIONS.get_or_init(|| read(range).unwrap_or_default())
}

fn read(range: &Range<usize>) -> Option<Functions> {
    unsafe extern "C" {
        fn rumpuser_exit(code: std::ffi::c_int) -> !;
    }

    let file = File::open(host::file_that_holds(range.start).ok()?).ok()?;
    let mut elf = ElfStream::<NativeEndian, _>::open_stream(file).ok()?;
    let descriptors = elf.section_header_by_name(".opd").ok()?.copied();
    let (symbols, names) = elf.symbol_table().ok()??;
    let landmark = symbols
        .iter()
        .find(|symbol| {
            symbol.st_shndx != SHN_UNDEF
                && names.get_raw(symbol.st_name as usize).ok() == Some(LANDMARK)
        })?
        .st_value as usize;
    // Where the program lies, less where it was linked to lie.
    let bias = (rumpuser_exit as *const () as usize).wrapping_sub(landmark);
    // In powerpc64's first ABI a function's symbol is that of a descriptor, which begins with the
    // address of the code.
    let descriptors = descriptors.map_or(0..0, |section| {
        let start = bias.wrapping_add(section.sh_addr as usize);
        start..start.wrapping_add(section.sh_size as usize)
    });
    let code_of = |address: usize| {
        if cfg!(target_arch = "powerpc64") && descriptors.contains(&address) {
            // SAFETY: the section is in memory, and holds whole descriptors.
            unsafe { (address as *const usize).read_unaligned() }
        } else {
            address
        }
    };
    let mut functions: Vec<(usize, bool, Box<str>)> = symbols
        .iter()
        .filter(|symbol| matches!(symbol.st_symtype(), STT_FUNC | STT_NOTYPE))
        .filter_map(|symbol| {
            let address = code_of(bias.wrapping_add(symbol.st_value as usize));
            let name = names.get(symbol.st_name as usize).ok()?;
            // Labels that mark the machine code of some assemblers begin with a dollar sign.
            (range.contains(&address) && !name.is_empty() && !name.starts_with('$'))
                .then(|| (address, symbol.st_symtype() == STT_NOTYPE, name.into()))
        })
        .collect();
    functions.sort_unstable();
    // Of several names for one address any will do, but that of a function rather than the mark of
    // a section's begin.
    functions.dedup_by_key(|(address, ..)| *address);
    let functions = functions.into_iter();
    Some(Functions(
        functions
            .map(|(address, _, name)| (address, name))
            .collect(),
    ))
}
