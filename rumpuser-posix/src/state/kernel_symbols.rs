//! A kernel's symbol table, for ksyms(4), gathered from the objects that it consists of.

use crate::host::objects::Symbol;

/// The beginnings of names that kernels take for their own.
const PREFIXES: [&[u8]; 3] = [b"rump", b"RUMP", b"__"];

/// An entry of a symbol table, as the target's ELF has it.
#[cfg(target_pointer_width = "64")]
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Entry {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

/// An entry of a symbol table, as the target's ELF has it.
#[cfg(target_pointer_width = "32")]
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Entry {
    name: u32,
    value: u32,
    size: u32,
    info: u8,
    other: u8,
    section: u16,
}

/// A symbol table and the names in it.
#[derive(Debug)]
pub(crate) struct KernelSymbols {
    entries: Vec<Entry>,
    names: Vec<u8>,
}

impl Default for KernelSymbols {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            // A symbol whose name is at the very beginning has none.
            names: vec![0],
        }
    }
}

impl KernelSymbols {
    /// Adds a symbol, if its name is such as the kernel's have.
    pub(crate) fn add(&mut self, symbol: &Symbol<'_>) {
        let mut prefixes = PREFIXES.iter();
        if !prefixes.any(|prefix| symbol.name.starts_with(prefix)) {
            return;
        }
        let Ok(name) = u32::try_from(self.names.len()) else {
            return;
        };
        self.names.extend_from_slice(symbol.name);
        self.names.push(0);
        self.entries.push(Entry {
            name,
            info: symbol.entry.st_info,
            other: symbol.entry.st_other,
            section: symbol.entry.st_shndx,
            value: symbol.address as _,
            size: symbol.entry.st_size as _,
        });
    }

    /// Returns the table and the names, for a kernel to keep.
    pub(crate) fn leak(self) -> (&'static mut [Entry], &'static mut [u8]) {
        (self.entries.leak(), self.names.leak())
    }
}
