//! What a kernel is given: parameters, console, memory, disks, and faults in all of them.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io::Write;
use std::num::NonZeroU32;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::kernel::*;
use rumpuser_posix::{
    Access, Console, Disk, DiskError, Fault, Instance, Parameters, SetupError, World,
};

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

/// A disk image of that many bytes, each the low byte of its place.
fn image(length: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let bytes: Vec<u8> = (0..length).map(|place| place as u8).collect();
    file.write_all(&bytes).unwrap();
    file
}

fn open(instance: &Instance, path: &CStr, flags: c_int) -> Result<c_int, c_int> {
    let path = path.as_ptr();
    let open = || {
        let mut descriptor = -1;
        // SAFETY: path and place are right.
        let status = unsafe { rumpuser_open(path, flags, &mut descriptor) };
        (status, descriptor)
    };
    // SAFETY: open() keeps the rule.
    match unsafe { instance.enter(open) }.unwrap() {
        (0, descriptor) => Ok(descriptor),
        (error, _) => Err(error),
    }
}

fn close(instance: &Instance, descriptor: c_int) {
    // SAFETY: the descriptor is the test's.
    unsafe { instance.enter(|| rumpuser_close(descriptor)) }.unwrap();
}

struct Outcome {
    error: AtomicI32,
    count: AtomicUsize,
}

unsafe extern "C" fn done(outcome: *mut c_void, count: usize, error: c_int) {
    // SAFETY: transfer() waits for it.
    let outcome = unsafe { &*outcome.cast::<Outcome>() };
    outcome.count.store(count, Ordering::SeqCst);
    outcome.error.store(error, Ordering::SeqCst);
}

/// Number of bytes and error.
pub(crate) fn transfer(
    instance: &Instance,
    file: c_int,
    operation: c_int,
    data: &mut [u8],
    offset: i64,
) -> (usize, c_int) {
    let outcome = Outcome {
        error: AtomicI32::new(-1),
        count: AtomicUsize::new(0),
    };
    let argument = (&raw const outcome).cast_mut().cast();
    let (data, length) = (data.as_mut_ptr().cast(), data.len());
    let start = || {
        // SAFETY: buffer and outcome stay until the transfer is done.
        unsafe { rumpuser_bio(file, operation, data, length, offset, done, argument) };
        while outcome.error.load(Ordering::SeqCst) == -1 {
            // SAFETY: no conditions.
            unsafe { rumpuser_clock_sleep(RELWALL, 0, 100_000) };
        }
    };
    // SAFETY: start() keeps the rule.
    unsafe { instance.enter(start) }.unwrap();
    let error = outcome.error.load(Ordering::SeqCst);
    (outcome.count.load(Ordering::SeqCst), error)
}

#[test]
fn a_disk_is_read_and_written_to_its_end_only() {
    let file = image(1536);
    let instance = boot();
    let disk = instance
        .attach_disk(file.path(), Access::ReadWrite)
        .unwrap();
    assert_eq!(disk.size(), 1536);
    let path = disk.host_path().as_ptr();
    let (mut size, mut kind) = (0_u64, 0);
    let (size_place, kind_place) = (&raw mut size, &raw mut kind);
    // SAFETY: path and places are right.
    let status = unsafe { instance.enter(|| rumpuser_getfileinfo(path, size_place, kind_place)) };
    assert_eq!(status.unwrap(), 0);
    assert_eq!((size, kind), (1536, 2));

    let descriptor = open(&instance, disk.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    let mut data = [0; 512];
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 1024),
        (512, 0)
    );
    assert_eq!(data[..4], [0, 1, 2, 3]);
    for offset in [1025, 1536, 4096, -1, i64::MAX] {
        for operation in [BIO_READ, BIO_WRITE] {
            let result = transfer(&instance, descriptor, operation, &mut data, offset);
            assert_eq!(result, (0, 5), "{offset} {operation}");
        }
    }
    data.fill(9);
    assert_eq!(
        transfer(&instance, descriptor, BIO_WRITE, &mut data, 512),
        (512, 0)
    );
    close(&instance, descriptor);
    let bytes = std::fs::read(file.path()).unwrap();
    assert_eq!(bytes.len(), 1536);
    assert_eq!(
        (bytes[511], bytes[512], bytes[1023], bytes[1024]),
        (255, 9, 9, 0)
    );
}

#[test]
fn a_disk_that_is_cut_short_fails_where_it_is_missing() {
    let file = image(2048);
    let instance = boot();
    let disk = instance.attach_disk(file.path(), Access::ReadOnly).unwrap();
    let descriptor = open(&instance, disk.host_path(), OPEN_READ_BIO).unwrap();
    file.as_file().set_len(700).unwrap();
    let mut data = [0; 512];
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 0),
        (512, 0)
    );
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 512),
        (188, 5)
    );
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 1024),
        (0, 5)
    );
}

#[test]
fn transfers_fail_on_demand() {
    let file = image(512);
    let instance = boot();
    let disk = instance
        .attach_disk(file.path(), Access::ReadWrite)
        .unwrap();
    let descriptor = open(&instance, disk.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    let mut data = [0; 512];
    for (fault, operation, expected) in [
        (Fault::Read, BIO_READ, (0, 5)),
        (Fault::ShortRead, BIO_READ, (256, 5)),
        (Fault::Write, BIO_WRITE, (0, 5)),
    ] {
        instance.faults().arm(fault, 0, 1);
        assert_eq!(
            transfer(&instance, descriptor, operation, &mut data, 0),
            expected
        );
        assert_eq!(
            transfer(&instance, descriptor, operation, &mut data, 0),
            (512, 0)
        );
    }
    instance.faults().arm(Fault::Open, 0, 1);
    assert_eq!(open(&instance, disk.host_path(), OPEN_READ_BIO), Err(5));
}

#[test]
fn a_disk_has_one_writer_or_readers() {
    let file = image(512);
    let kernels = [boot(), boot()];
    let attach = |kernel: usize, access| kernels[kernel].attach_disk(file.path(), access);
    let is_used = |result: Result<Disk, DiskError>| matches!(result, Err(DiskError::InUse));

    let writer = attach(0, Access::ReadWrite).unwrap();
    assert!(is_used(attach(0, Access::ReadWrite)));
    assert!(is_used(attach(1, Access::ReadOnly)));
    let descriptor = open(&kernels[0], writer.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    drop(writer);
    // The kernel has it open yet.
    assert!(is_used(attach(1, Access::ReadOnly)));
    close(&kernels[0], descriptor);

    let readers = [
        attach(0, Access::ReadOnly).unwrap(),
        attach(1, Access::ReadOnly).unwrap(),
    ];
    assert_ne!(readers[0].host_path(), readers[1].host_path());
    assert!(is_used(attach(1, Access::ReadWrite)));
    assert_eq!(
        open(&kernels[0], readers[0].host_path(), OPEN_READ_WRITE_BIO),
        Err(13)
    );
    assert!(open(&kernels[0], readers[0].host_path(), OPEN_READ_BIO).is_ok());
    drop(readers);
    assert!(is_used(attach(1, Access::ReadWrite)));

    // A dead kernel's disks are given back.
    // SAFETY: no conditions.
    unsafe { kernels[0].enter(|| -> c_int { rumpuser_exit(0) }) }.unwrap_err();
    assert!(kernels[0].join_threads(None) && kernels[0].reclaim());
    attach(1, Access::ReadWrite).unwrap();
}

#[test]
fn only_files_and_disk_devices_are_disks() {
    let instance = boot();
    let directory = tempfile::tempdir().unwrap();
    let missing = instance.attach_disk(&directory.path().join("none"), Access::ReadOnly);
    assert!(matches!(missing, Err(DiskError::Open(_))));
    let not_a_disk = instance.attach_disk(directory.path(), Access::ReadOnly);
    assert!(matches!(not_a_disk, Err(DiskError::NotADisk)));
    let terminal = instance.attach_disk("/dev/null".as_ref(), Access::ReadOnly);
    assert!(matches!(terminal, Err(DiskError::NotADisk)));
    let fifo = directory.path().join("fifo");
    let status = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .unwrap();
    assert!(status.success());
    let fifo = instance.attach_disk(&fifo, Access::ReadOnly);
    assert!(matches!(fifo, Err(DiskError::NotADisk)));
}
