//! What a kernel is given: parameters, console and memory.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::num::NonZeroU32;
use std::ptr;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::kernel::*;
use rumpuser_posix::{Console, Fault, Instance, Parameters, SetupError, World};

fn parameter(instance: &Instance, name: &CStr) -> Result<String, c_int> {
    let mut buffer = [0_u8; 64];
    let place: *mut c_char = buffer.as_mut_ptr().cast();
    let name = name.as_ptr();
    // SAFETY: name and buffer are right.
    match unsafe { instance.enter(|| rumpuser_getparam(name, place, 64)) }.unwrap() {
        0 => Ok(CStr::from_bytes_until_nul(&buffer)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()),
        error => Err(error),
    }
}

#[test]
fn parameters_belong_to_a_kernel() {
    let parameters = Parameters::new()
        .cpus(NonZeroU32::new(5).unwrap())
        .host_name("first")
        .memory_limit(1 << 30)
        .set("RUMP_ANYTHING", "at all");
    let first = boot_with(parameters, Console::Discard);
    let second = boot_with(Parameters::new().host_name("second"), Console::Discard);
    assert_eq!(parameter(&first, c"_RUMPUSER_NCPU").unwrap(), "5");
    assert_eq!(parameter(&first, c"_RUMPUSER_HOSTNAME").unwrap(), "first");
    assert_eq!(parameter(&second, c"_RUMPUSER_HOSTNAME").unwrap(), "second");
    assert_eq!(parameter(&first, c"RUMP_MEMLIMIT").unwrap(), "1073741824");
    assert_eq!(parameter(&first, c"RUMP_ANYTHING").unwrap(), "at all");
    assert_eq!(parameter(&second, c"RUMP_ANYTHING"), Err(2));
}

#[test]
fn parameters_that_are_no_c_strings_are_refused() {
    let result = Instance::new(World {
        parameters: Parameters::new().host_name("a\0b"),
        ..World::default()
    });
    let error = result.unwrap_err();
    assert!(matches!(&error, SetupError::Parameter(name) if name == Parameters::HOST_NAME));
}

#[test]
fn the_linked_kernel_is_set_up_once() {
    let first = Instance::linked(World::default());
    let second = Instance::linked(World::default());
    assert!(matches!(second, Err(SetupError::LinkedInUse)));
    // A thread keeps its lwp in it while it is elsewhere.
    let (linked, other) = (first.unwrap(), boot());
    let lwp = ptr::without_provenance_mut(77);
    let current = |instance: &Arc<Instance>| {
        // SAFETY: no conditions.
        unsafe { instance.enter(|| rumpuser_curlwp().addr()) }.unwrap()
    };
    // SAFETY: any address will do for a lwp here.
    unsafe { linked.enter(|| rumpuser_curlwpop(LWP_SET, lwp)) }.unwrap();
    assert_eq!([&linked, &other, &linked].map(current), [77, 0, 77]);
}

#[test]
fn the_console_gives_whole_lines_and_survives_its_sink() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    let instance = boot_with(
        Parameters::new(),
        Console::sink(move |text| {
            seen.lock()
                .unwrap()
                .push(String::from_utf8(text.to_vec()).unwrap());
            assert_ne!(text, b"bad\n", "a sink that panics");
        }),
    );
    // SAFETY: print() keeps the rule.
    unsafe { instance.enter(|| print(c"one\ntw")) }.unwrap();
    assert_eq!(*lines.lock().unwrap(), ["one\n"]);
    // SAFETY: as above.
    unsafe { instance.enter(|| print(c"o\nbad\nthree\nrest")) }.unwrap();
    assert_eq!(
        lines.lock().unwrap_or_else(|lines| lines.into_inner())[1..],
        ["two\n", "bad\n", "three\n"]
    );
    // SAFETY: no conditions.
    unsafe { instance.enter(|| -> c_int { rumpuser_exit(0) }) }.unwrap_err();
    assert_eq!(lines.lock().unwrap().last().unwrap(), "rest");
}

#[test]
fn a_sink_may_panic_when_it_is_dropped() {
    struct Panicking;

    impl Drop for Panicking {
        fn drop(&mut self) {
            panic!("while it is dropped");
        }
    }

    let panicking = Panicking;
    let sink = Console::sink(move |_| _ = &panicking);
    let instance = boot_with(Parameters::new(), sink);
    // Its threads have the instance, too, and are to be gone when it is dropped here.
    assert!(instance.join_threads(None));
    drop(instance);
}

#[test]
fn memory_fails_on_demand() {
    let instance = boot();
    instance.faults().arm(Fault::Memory, 1, 1);
    let allocate = || {
        let mut block = ptr::dangling_mut();
        // SAFETY: the place is right.
        let status = unsafe { rumpuser_malloc(64, 0, &mut block) };
        // Kernels that do not wait for memory look only at the block.
        assert_eq!(block.is_null(), status != 0);
        status
    };
    // SAFETY: allocate() keeps the rule.
    let status = unsafe { instance.enter(|| [allocate(), allocate(), allocate()]) };
    assert_eq!(status.unwrap(), [0, 12, 0]);
}

#[test]
fn a_kernel_that_boots_without_memory_ends_with_that_reason() {
    let instance = Instance::new(World::default()).unwrap();
    instance.faults().arm(Fault::Memory, 0, 1);
    let allocate = || {
        let mut block = ptr::null_mut();
        // SAFETY: the place is right.
        unsafe { rumpuser_malloc(64, 0, &mut block) }
    };
    // SAFETY: allocate() keeps the rule.
    let death = unsafe { instance.enter(allocate) }.unwrap_err();
    assert!(death.message.contains("no memory"), "{death}");
}

fn allocate() -> *mut c_void {
    let mut block = ptr::null_mut();
    // SAFETY: the place is right.
    assert_eq!(unsafe { rumpuser_malloc(64, 0, &mut block) }, 0);
    block
}

/// A kernel with a block that the calling thread has taken and given back.
fn kernel_with_a_free_block() -> (Arc<Instance>, usize) {
    let instance = boot();
    let take_and_give = || {
        let block = allocate();
        // SAFETY: it is the kernel's.
        unsafe { rumpuser_free(block, 64) };
        block.addr()
    };
    // SAFETY: take_and_give() keeps the rule.
    let block = unsafe { instance.enter(take_and_give) }.unwrap();
    (instance, block)
}

#[test]
fn a_block_that_is_freed_twice_is_handed_out_once() {
    let (instance, block) = kernel_with_a_free_block();
    let free_again = || {
        // None of these is a block.
        for address in [0, block, block + 64, block + 1, 0x1000, usize::MAX] {
            // SAFETY: these are no blocks.
            unsafe { rumpuser_free(ptr::with_exposed_provenance_mut(address), 64) };
        }
    };
    // SAFETY: free_again() keeps the rule.
    let enter = || unsafe { instance.enter(free_again) }.unwrap();
    thread::scope(|scope| scope.spawn(enter).join().unwrap());
    enter();
    let take = || [allocate().addr(), allocate().addr(), allocate().addr()];
    // SAFETY: take() keeps the rule.
    let mut blocks = unsafe { instance.enter(take) }.unwrap();
    blocks.sort_unstable();
    assert!(
        blocks[0] < blocks[1] && blocks[1] < blocks[2],
        "{blocks:x?}"
    );
    assert!(instance.death().is_none());
}

#[test]
fn a_dead_kernels_free_block_is_no_other_kernels() {
    let (dead, _) = kernel_with_a_free_block();
    dead.kill("a test");
    assert!(dead.join_threads(None) && dead.reclaim());
    // SAFETY: allocate() is not run.
    unsafe { dead.enter(|| allocate().addr()) }.unwrap_err();
    // The thread goes on in a kernel whose instance may lie where the first one did. The memory of
    // the first is unmapped.
    drop(dead);
    let next = boot();
    let take = || {
        let block = allocate();
        // SAFETY: it has that length, and is the kernel's.
        unsafe {
            block.cast::<u8>().write_bytes(1, 64);
            rumpuser_free(block, 64);
        }
    };
    // SAFETY: take() keeps the rule.
    unsafe { next.enter(take) }.unwrap();
}
