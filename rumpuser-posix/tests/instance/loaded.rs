//! Kernels that are loaded from an image: a tiny one, linked and packed as the real ones are.

use std::ffi::{CStr, c_int, c_void};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::thread;

use rumpkernel_build::compile::{Compiler, Search};
use rumpkernel_build::image::{self, Linker, Packed};
use rumpkernel_build::target::Target;
use rumpuser_posix::{DeathKind, Image, Instance, LoadError, SetupError, World};

use crate::compiler::{HOST, TARGET};
use crate::kernel::entry;
use crate::packed::leak;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c/loaded.c");

/// Compiles, links and packs the tiny kernel.
fn build(flags: &[&str]) -> &'static Image {
    let directory = tempfile::tempdir().unwrap();
    let target = Target::from_triple(TARGET).unwrap();
    let compiler = Compiler::find(&Search {
        target: &target,
        host: HOST,
        scratch: directory.path(),
        program: None,
    })
    .unwrap();
    let [object, shared] = ["kernel.o", "kernel.so"].map(|name| directory.path().join(name));
    let mut command: Command = compiler.command();
    command
        .args(["-O2", "-fPIC", "-ftls-model=initial-exec"])
        .args(flags)
        .args(["-c", SOURCE, "-o"])
        .arg(&object);
    assert!(command.status().unwrap().success());
    let objects = [object];
    let linker = Linker::new(&compiler, None);
    image::link(linker, &target, &objects, &shared).unwrap();
    leak(image::pack(&shared, &target, &objects).unwrap())
}

fn image() -> &'static Image {
    static IMAGE: OnceLock<&'static Image> = OnceLock::new();
    IMAGE.get_or_init(|| build(&[]))
}

fn load() -> Arc<Instance> {
    // SAFETY: the image was built for this machine.
    unsafe { Instance::load(image(), World::default()) }.unwrap()
}

/// A function of the tiny kernel.
fn function<F: Copy>(kernel: &Instance, name: &CStr) -> F {
    let address = kernel.symbol(name);
    assert!(!address.is_null(), "{name:?}");
    // SAFETY: the tests ask for the types that the source gives.
    unsafe { std::mem::transmute_copy(&address) }
}

fn number(kernel: &Instance, name: &CStr) -> c_int {
    let function: unsafe extern "C" fn() -> c_int = function(kernel, name);
    // SAFETY: a function of the kernel's, without arguments.
    unsafe { kernel.enter(|| function()) }.unwrap()
}

fn with_number(kernel: &Instance, name: &CStr, argument: c_int) -> c_int {
    let function: unsafe extern "C" fn(c_int) -> c_int = function(kernel, name);
    // SAFETY: a function of the kernel's, with that argument.
    unsafe { kernel.enter(|| function(argument)) }.unwrap()
}

#[test]
fn each_has_data_of_its_own() {
    let kernels = [load(), load()];
    for kernel in &kernels {
        assert_eq!(number(kernel, c"rump_constructed"), 12);
        assert_eq!(
            [0, 1].map(|which| with_number(kernel, c"rump_call", which)),
            [1, 2]
        );
        assert_eq!(with_number(kernel, c"rump_exchange", 7), 42);
    }
    assert_eq!(with_number(&kernels[0], c"rump_exchange", 8), 7);
    assert_eq!(with_number(&kernels[1], c"rump_exchange", 9), 7);
    assert_eq!(with_number(&kernels[0], c"rump_exchange", 0), 8);
    assert!(kernels[0].symbol(c"rump_nonesuch").is_null());
}

/// The line of /proc/self/maps for an address: its bounds, protection, and the file.
fn mapping(address: usize) -> Option<(usize, usize, String, String)> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let [start, end] = [start, end].map(|word| usize::from_str_radix(word, 16).unwrap());
        let protection = words.next()?.to_owned();
        let file = words.nth(3).unwrap_or("").to_owned();
        (start..end)
            .contains(&address)
            .then_some((start, end, protection, file))
    })
}

#[test]
fn memory_is_protected() {
    let kernel = load();
    let code = entry(kernel.symbol(c"rump_call"));
    let (start, end, protection, file) = mapping(code).unwrap();
    assert_eq!(protection, "r-xp");
    assert!(file.contains("memfd"), "{file}");
    assert!(entry(kernel.symbol(c"rump_table")) < end);
    let table: unsafe extern "C" fn() -> *const c_void = function(&kernel, c"rump_table");
    // SAFETY: a function of the kernel's, without arguments.
    let table = unsafe { kernel.enter(|| table().addr()) }.unwrap();
    assert_eq!(mapping(table).unwrap().2, "r--p", "it was filled in before");
    // All that belongs to the kernel lies between pages that nobody can use.
    let (mut first, mut last) = (start, end);
    while let Some((start, _, protection, _)) = mapping(first - 1)
        && protection != "---p"
    {
        first = start;
    }
    while let Some((_, end, protection, _)) = mapping(last)
        && protection != "---p"
    {
        assert!(!protection.contains('w') || !protection.contains('x'));
        last = end;
    }
    assert_eq!(mapping(first - 1).unwrap().2, "---p");
    assert_eq!(mapping(last).unwrap().2, "---p");
    assert!(last - first >= image().size as usize);
}

#[test]
fn the_lwp_follows_the_thread() {
    fn lwp(kernel: &Instance) -> usize {
        let function: unsafe extern "C" fn() -> *const c_void = function(kernel, c"rump_lwp");
        // SAFETY: a function of the kernel's, without arguments.
        unsafe { kernel.enter(|| function().addr()) }.unwrap()
    }
    let kernels = [load(), load()];
    assert_eq!(kernels.each_ref().map(|kernel| lwp(kernel)), [0, 0]);
    for (number, kernel) in kernels.iter().enumerate() {
        let become_lwp: unsafe extern "C" fn(*mut c_void) = function(kernel, c"rump_become");
        let lwp = ptr::without_provenance_mut(number + 1);
        // SAFETY: any address will do for a lwp here.
        unsafe { kernel.enter(|| become_lwp(lwp)) }.unwrap();
    }
    assert_eq!(kernels.each_ref().map(|kernel| lwp(kernel)), [1, 2]);
    thread::scope(|scope| {
        let elsewhere = scope.spawn(|| kernels.each_ref().map(|kernel| lwp(kernel)));
        assert_eq!(elsewhere.join().unwrap(), [0, 0]);
    });
    // From one into the other, and back.
    let [outer, inner] = kernels.each_ref();
    let function: unsafe extern "C" fn() -> *const c_void = function(outer, c"rump_lwp");
    // SAFETY: functions of the kernels, without arguments.
    let seen = unsafe { outer.enter(|| (function().addr(), lwp(inner), function().addr())) };
    assert_eq!(seen.unwrap(), (1, 2, 1));
}

#[test]
fn a_kernel_that_ended_is_unloaded() {
    let kernel = load();
    let halt: unsafe extern "C" fn(c_int) = function(&kernel, c"rump_halt");
    assert!(!kernel.reclaim(), "it lives");
    // SAFETY: a function of the kernel's, with that argument.
    let death = unsafe { kernel.enter(|| halt(3)) }.unwrap_err();
    assert_eq!(death.kind, DeathKind::Halt(3));
    assert!(kernel.join_threads(None) && kernel.reclaim());
    assert!(kernel.symbol(c"rump_halt").is_null());
    // SAFETY: it is dead, so that the function, which is gone, is not called.
    assert_eq!(unsafe { kernel.enter(|| halt(4)) }.unwrap_err(), death);
}

#[test]
fn a_function_of_the_host_that_is_not_there_is_named() {
    let image = build(&["-DMISSING"]);
    for _ in 0..2 {
        // SAFETY: the image was built for this machine.
        match unsafe { Instance::load(image, World::default()) } {
            Err(SetupError::Load(LoadError::Import(name))) => assert_eq!(name, "rumpuser_nonesuch"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_image_of_nothing_is_refused() {
    let image = leak(Packed::default());
    // SAFETY: there is nothing in it.
    let refused = unsafe { Instance::load(image, World::default()) };
    assert!(matches!(refused, Err(SetupError::Load(LoadError::Empty))));
}

#[test]
fn many_come_and_go_at_the_same_time() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..100 {
                    let kernel = load();
                    assert_eq!(with_number(&kernel, c"rump_exchange", round), 42);
                    assert_eq!(with_number(&kernel, c"rump_exchange", 0), round);
                }
            });
        }
    });
    let files = fs::read_dir("/proc/self/fd").unwrap().filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        fs::read_link(path).is_ok_and(|path| is_image(&path))
    });
    // The tests of this program have two images.
    assert!((1..=2).contains(&files.count()));
}

fn is_image(path: &Path) -> bool {
    path.to_string_lossy().contains("memfd:rumpkernel")
}
