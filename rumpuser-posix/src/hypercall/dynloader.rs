//! `rumpuser_dl_bootstrap`: what a kernel finds in the shared objects of its program.
//!
//! The kernel passes three functions, which are called before the hypercall returns:
//!
//! - `symbols` takes a symbol table and its names, once, for ksyms(4). It keeps both, and sorts the
//!   table in place.
//! - `modules` takes the link set `modules` of an object: pointers to descriptions of kernel
//!   modules, and how many there are. It refuses a name that it knows already.
//! - `components` takes one component, and does nothing for one that it has.
//!
//! Components in a program without a dynamic linker, and those of loaded kernels, register
//! themselves by constructors, or the kernel's linker has gathered them: nothing is to be done.
//! Where there is a dynamic linker, components that were built for constructors (`RUMP_USE_CTOR`)
//! are in no link set, and so are not found here a second time. Others are in a set of their
//! object, whose ends are symbols that the object exports. They are looked for in the object itself
//! and not with dlsym(3), which would find those of another object when it has none.

use std::ffi::{c_char, c_int, c_void};
use std::{ptr, slice};

use crate::host::objects::{self, Object, Symbols};
use crate::instance::caller;
use crate::state::kernel_symbols::KernelSymbols;

type ModuleInit = unsafe extern "C" fn(*const *const c_void, usize);
type SymbolLoad = unsafe extern "C" fn(*mut c_void, u64, *mut c_char, u64) -> c_int;
type ComponentLoad = unsafe extern "C" fn(*const c_void);

/// The part that names of libraries of rump kernels have in common.
const LIBRARY: &[u8] = b"librump";

/// A link set of an object: pointers, one behind the other.
type Set = &'static [*const c_void];

/// Symbols and link sets that the objects have for a kernel.
#[derive(Default)]
struct Found {
    symbols: KernelSymbols,
    /// The object with the kernel's own code exports it.
    has_kernel: bool,
    /// The link sets of each object, the modules first.
    sets: Vec<[Set; 2]>,
}

impl Found {
    /// Adds what an object has. `code` is where a function of the kernel's lies.
    fn add(&mut self, object: &Object<'_>, code: usize) {
        let Some(symbols) = object.symbols() else {
            return;
        };
        let set = |first, behind| set(object, &symbols, first, behind);
        let sets = [
            set(b"__start_link_set_modules", b"__stop_link_set_modules"),
            set(
                b"__start_link_set_rump_components",
                b"__stop_link_set_rump_components",
            ),
        ];
        if sets.iter().any(|set| !set.is_empty()) {
            self.sets.push(sets);
        }
        let is_kernel = object.holds(code);
        if is_kernel || object.is_program || is_of_kernel(object) {
            for symbol in symbols.iter() {
                self.has_kernel |= is_kernel && symbol.name.starts_with(b"rump");
                self.symbols.add(&symbol);
            }
        }
    }
}

/// Returns whether an object is named as libraries of rump kernels are.
fn is_of_kernel(object: &Object<'_>) -> bool {
    let name = object.name.to_bytes();
    name.windows(LIBRARY.len()).any(|part| part == LIBRARY)
}

/// Returns the link set between two symbols, empty where the object does not have both.
fn set(object: &Object<'_>, symbols: &Symbols<'_>, first: &[u8], behind: &[u8]) -> Set {
    let bounds = symbols.find(first).zip(symbols.find(behind));
    let Some((first, behind)) = bounds.filter(|(first, _)| object.holds(*first)) else {
        return &[];
    };
    let pointers = ptr::with_exposed_provenance::<*const c_void>(first);
    let size = behind.saturating_sub(first);
    if !pointers.is_aligned() || (size != 0 && !object.holds(behind - 1)) {
        return &[];
    }
    // SAFETY: the linker has put the symbols around a set of pointers, which are relocated by now.
    // Who unloads the object while its kernel boots takes the kernel's code away, too.
    unsafe { slice::from_raw_parts(pointers, size / size_of::<*const c_void>()) }
}

/// Hands over the symbols, modules and components in the program and its shared objects.
///
/// The object that was loaded last comes first: it is the most likely to need the others.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_dl_bootstrap(
    modules: ModuleInit,
    symbols: SymbolLoad,
    components: ComponentLoad,
) {
    if caller().image.is_some() {
        return;
    }
    let mut found = Found::default();
    objects::for_each(|object| found.add(object, components as usize));
    let Found {
        symbols: table,
        has_kernel,
        sets,
    } = found;
    // What follows is the kernel's code, which may leave by a jump: no value here has a destructor.
    let sets = sets.leak();
    if has_kernel {
        let (table, names) = table.leak();
        // SAFETY: tables of the kind that the kernel expects, which are its own from now on.
        unsafe {
            symbols(
                table.as_mut_ptr().cast(),
                size_of_val(table) as u64,
                names.as_mut_ptr().cast(),
                names.len() as u64,
            );
        }
    }
    for [in_modules, in_components] in sets.iter().rev() {
        // SAFETY: sets of what the kernel expects, in objects that are loaded.
        unsafe {
            if !in_modules.is_empty() {
                modules(in_modules.as_ptr(), in_modules.len());
            }
            for component in *in_components {
                components(*component);
            }
        }
    }
}
