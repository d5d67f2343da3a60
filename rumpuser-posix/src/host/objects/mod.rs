//! The program and the shared objects that are loaded, as the dynamic linker lists them.

mod symbols;

use std::ffi::{CStr, c_int, c_void};
use std::ops::Range;
use std::{ptr, slice};

use elf::abi::{PF_R, PT_DYNAMIC, PT_INTERP, PT_LOAD};

pub(crate) use symbols::{Symbol, Symbols};

/// The program, or a shared object, while the dynamic linker keeps it for [`for_each`].
#[derive(Debug)]
pub(crate) struct Object<'a> {
    /// The file's name as it was loaded; the program's may be empty.
    pub(crate) name: &'a CStr,
    /// Set for the program, unset for shared objects.
    pub(crate) is_program: bool,
    /// The load bias, which is added to the addresses in its file.
    base: usize,
    /// The segments that can be read.
    segments: Vec<Range<usize>>,
    /// Where its dynamic section lies.
    dynamic: usize,
}

impl Object<'_> {
    /// Returns whether an address lies in the object.
    pub(crate) fn holds(&self, address: usize) -> bool {
        let mut segments = self.segments.iter();
        segments.any(|segment| segment.contains(&address))
    }

    /// Returns the symbols that it exports, if they can be read.
    pub(crate) fn symbols(&self) -> Option<Symbols<'_>> {
        Symbols::of(self)
    }

    /// Returns the memory from an address of the object's tables to the end of their segment.
    ///
    /// Some C libraries (glibc, on most machines) have added the base to the addresses in the
    /// dynamic section, others (musl) leave them as they are in the file.
    fn table(&self, address: u64) -> Option<&[u8]> {
        let address = usize::try_from(address).ok()?;
        if self.holds(address) {
            self.memory(address)
        } else {
            self.memory(self.base.wrapping_add(address))
        }
    }

    /// Returns the memory from an address to the end of the segment that it lies in.
    fn memory(&self, address: usize) -> Option<&[u8]> {
        let mut segments = self.segments.iter();
        let segment = segments.find(|segment| segment.contains(&address))?;
        let start = ptr::with_exposed_provenance(address);
        // SAFETY: the dynamic linker has mapped the segment, readable, and unloads nothing while it
        // lists objects. Nobody writes to the tables that are read here.
        Some(unsafe { slice::from_raw_parts(start, segment.end - address) })
    }
}

/// Calls `f` with the program and then its shared objects, in the order in which they were loaded;
/// not at all in a program without a dynamic linker.
///
/// With glibc these are the objects of this crate's namespace (see dlmopen(3)). With musl
/// dlclose(3) unloads nothing, and what was closed is still listed. Other threads cannot load or
/// unload anything meanwhile, so `f` waits for none.
pub(crate) fn for_each<F: FnMut(&Object<'_>)>(f: F) {
    let mut visit = Visit { f, is_first: true };
    // SAFETY: the function takes the argument for what it is.
    unsafe { libc::dl_iterate_phdr(Some(visit_object::<F>), (&raw mut visit).cast()) };
}

struct Visit<F> {
    f: F,
    is_first: bool,
}

/// Returns nonzero when no more objects are wanted.
unsafe extern "C" fn visit_object<F: FnMut(&Object<'_>)>(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    visit: *mut c_void,
) -> c_int {
    // SAFETY: for_each() passed its own variable.
    let visit = unsafe { &mut *visit.cast::<Visit<F>>() };
    // SAFETY: a description of an object, whose name and headers it keeps meanwhile.
    let (info, name, headers) = unsafe {
        let info = &*info;
        let headers = slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
        (info, CStr::from_ptr(info.dlpi_name), headers)
    };
    let base = info.dlpi_addr as usize;
    let is_program = visit.is_first;
    visit.is_first = false;
    if is_program && !headers.iter().any(|header| header.p_type == PT_INTERP) {
        return 1;
    }
    let mut dynamic = None;
    let mut segments = Vec::new();
    for header in headers {
        let start = base.wrapping_add(header.p_vaddr as usize);
        match header.p_type {
            PT_LOAD if header.p_flags & PF_R != 0 => {
                segments.push(start..start.saturating_add(header.p_memsz as usize));
            }
            PT_DYNAMIC => dynamic = Some(start),
            _ => {}
        }
    }
    if let Some(dynamic) = dynamic {
        (visit.f)(&Object {
            name,
            is_program,
            base,
            segments,
            dynamic,
        });
    }
    0
}
