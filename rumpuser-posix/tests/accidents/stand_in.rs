//! Code that goes wrong, from `tests/c/accident.c`, compiled into a shared object with a section
//! for it, and an instance that takes it for its kernel's.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ops::Range;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use rumpuser_posix::{Backtrace, Console, Instance, World};

use crate::compiler::compiler;
use crate::{kernel, object};

/// The functions of the shared object.
pub(crate) struct Code {
    pub(crate) range: Range<usize>,
    pub(crate) read_int: unsafe extern "C" fn(*mut c_int) -> c_int,
    pub(crate) outer: unsafe extern "C" fn(*mut c_int) -> c_int,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    pub(crate) divide: unsafe extern "C" fn(c_int, c_int) -> c_int,
    pub(crate) trap: unsafe extern "C" fn(),
    pub(crate) call: unsafe extern "C" fn(*const c_void) -> c_int,
    #[cfg(target_arch = "x86_64")]
    pub(crate) call_member: unsafe extern "C" fn(*const *const c_void) -> c_int,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    pub(crate) call_jump: unsafe extern "C" fn(*const c_void) -> c_int,
    pub(crate) call_hypercall: unsafe extern "C" fn(extern "C" fn(c_int) -> c_int) -> c_int,
    pub(crate) recurse: unsafe extern "C" fn(*mut c_int) -> c_int,
    pub(crate) recurse_calling: unsafe extern "C" fn(extern "C" fn(c_int) -> c_int) -> c_int,
    pub(crate) spin: unsafe extern "C" fn(*mut c_int),
    pub(crate) panic_caller: unsafe extern "C" fn(unsafe extern "C" fn(c_int) -> !) -> c_int,
    functions: Vec<(usize, &'static str)>,
}

const FUNCTIONS: &[&str] = &[
    "call",
    "call_hypercall",
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    "call_jump",
    #[cfg(target_arch = "x86_64")]
    "call_member",
    "divide",
    "middle",
    "outer",
    "panic_",
    "panic_caller",
    "read_int",
    "recurse",
    "recurse_calling",
    "spin",
    "trap",
];

/// # Safety
///
/// The address is that of a function of this type.
unsafe fn function<F: Copy>(address: *mut c_void) -> F {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: by the contract of this function.
    unsafe { mem::transmute_copy(&address) }
}

fn load() -> Code {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accident.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c/accident.c");
    let output = compiler()
        .args(["-std=gnu11", "-Wall", "-fPIC", "-shared"])
        .args(["-nostdlib", "-Wl,-Bsymbolic"])
        // As the kernel's code: Thumb has no chain of frames.
        .args(cfg!(target_arch = "arm").then_some("-marm"))
        .args(["-fno-omit-frame-pointer", "-fno-optimize-sibling-calls"])
        .args(["-fstack-clash-protection", "-o"])
        .arg(&file)
        .arg(source)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    let symbol = object::load(&file);
    let mut range = [0_usize; 2];
    let mut functions: Vec<_> = FUNCTIONS
        .iter()
        .map(|&name| (kernel::entry(symbol(name)), name))
        .collect();
    functions.sort_unstable();
    // SAFETY: the functions have these types in C.
    unsafe {
        let code: unsafe extern "C" fn(*mut usize) = function(symbol("code"));
        code(range.as_mut_ptr());
        Code {
            range: range[0]..range[1],
            read_int: function(symbol("read_int")),
            outer: function(symbol("outer")),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            divide: function(symbol("divide")),
            trap: function(symbol("trap")),
            call: function(symbol("call")),
            #[cfg(target_arch = "x86_64")]
            call_member: function(symbol("call_member")),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            call_jump: function(symbol("call_jump")),
            call_hypercall: function(symbol("call_hypercall")),
            recurse: function(symbol("recurse")),
            recurse_calling: function(symbol("recurse_calling")),
            spin: function(symbol("spin")),
            panic_caller: function(symbol("panic_caller")),
            functions,
        }
    }
}

/// The code, loaded once.
pub(crate) fn code() -> &'static Code {
    static CODE: OnceLock<Code> = OnceLock::new();
    CODE.get_or_init(load)
}

/// A booted kernel that is contained.
pub(crate) fn boot() -> Arc<Instance> {
    let instance = Instance::new(World {
        console: Console::Discard,
        ..World::default()
    })
    .unwrap();
    contain(&instance);
    // SAFETY: init() keeps the rule.
    assert_eq!(unsafe { instance.enter(kernel::init) }.unwrap(), 0);
    instance
}

pub(crate) fn contain(instance: &Instance) {
    // SAFETY: the section holds plain C.
    unsafe { instance.contain(code().range.clone()) }.unwrap();
}

/// The functions that a backtrace goes through.
pub(crate) fn functions(backtrace: &Backtrace) -> Vec<&'static str> {
    let functions = &code().functions;
    backtrace
        .frames()
        .map(|frame| {
            let next = functions.partition_point(|function| function.0 <= frame.address);
            functions[next - 1].1
        })
        .collect()
}

/// Waits until a thread has counted.
pub(crate) fn wait_for(count: &AtomicI32) {
    while count.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
}
