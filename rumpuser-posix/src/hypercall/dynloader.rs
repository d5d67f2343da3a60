//! `rumpuser_dl_bootstrap`: components and symbols of shared libraries.
//!
//! Nothing to do: components register themselves by constructors (`RUMP_USE_CTOR`), in programs and
//! in loaded images alike. What a dynamic loader could add is lost with it: the kernel's own symbol
//! table (ksyms) and kernel modules in shared libraries.

use std::ffi::{c_char, c_int, c_void};

use crate::instance::caller;

type ModuleInit = unsafe extern "C" fn(*const *const c_void, usize);
type SymbolLoad = unsafe extern "C" fn(*mut c_void, u64, *mut c_char, u64) -> c_int;
type ComponentLoad = unsafe extern "C" fn(*const c_void);

/// Offers functions that take modules, symbols and components; none is called.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_dl_bootstrap(
    _modules: Option<ModuleInit>,
    _symbols: Option<SymbolLoad>,
    _components: Option<ComponentLoad>,
) {
    caller();
}
