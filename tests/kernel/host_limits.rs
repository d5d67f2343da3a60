//! What the host allows a process: what lies beyond is an error, and never the process's end.

use std::mem::MaybeUninit;
use std::thread;
use std::time::{Duration, Instant};

use rumpkernel::mount::Ffs;
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_tests::emulator;
use rumpuser_posix::Fault;

use crate::place::cannot_run;
use crate::world::{self, Folder};

crate::tests![
    a_call_does_not_wait_for_ever_for_the_hosts_memory,
    a_call_does_not_wait_for_ever_within_a_limit,
    ; alone:
        files_do_not_grow_beyond_the_hosts_limit,
        no_boot_ends_the_process_where_address_space_is_scarce,
        no_call_ends_the_process_where_address_space_is_scarce,
        no_kernel_boots_on_a_small_stack,
];

/// The type of the C library's names of limits.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = std::ffi::c_int;

/// Sets a limit of the process, in bytes.
fn limit(resource: Resource, bytes: libc::rlim_t) {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the place is right, and read when it has been written.
    unsafe {
        assert_eq!(libc::getrlimit(resource, limit.as_mut_ptr()), 0);
        let mut limit = limit.assume_init();
        limit.rlim_cur = bytes.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(resource, &limit), 0);
    }
}

/// Sets how large the process may make files. The harness's own files are smaller.
fn limit_files(bytes: libc::rlim_t) {
    limit(libc::RLIMIT_FSIZE, bytes);
}

/// Runs `f` where the process can have `more` bytes of address space besides what it has.
fn with_address_space<R>(more: u64, f: impl FnOnce() -> R) -> R {
    if emulator().is_some() {
        cannot_run("emulators do not limit the address space");
    }
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    // SAFETY: no conditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.cast_unsigned() as u64;
    limit(libc::RLIMIT_AS, (pages * page + more) as libc::rlim_t);
    let result = f();
    limit(libc::RLIMIT_AS, libc::RLIM_INFINITY);
    result
}

/// How long kernels wait for memory here.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes folders until there is no memory for more, on two threads, which get the same answer.
fn starve(kernel: &Kernel) {
    let fill = |name: &str| {
        let make = |count| fs::create_dir(kernel, format!("/{name}{count}"));
        (0..).find_map(|count: u64| make(count).err()).unwrap()
    };
    let begin = Instant::now();
    let errors = thread::scope(|scope| {
        let other = scope.spawn(|| fill("other"));
        [fill("one"), other.join().unwrap()]
    });
    assert!(begin.elapsed() >= PATIENCE);
    for error in errors {
        assert!(
            matches!(error.kind(), ErrorKind::Panicked { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("out of memory"), "{error}");
    }
}

fn a_call_does_not_wait_for_ever_for_the_hosts_memory() {
    let builder = world::booting().memory_patience(Some(PATIENCE));
    let kernel = world::boot_with(builder).unwrap();
    kernel.faults().arm(Fault::Memory, 1, u64::MAX);
    starve(&kernel);
}

fn a_call_does_not_wait_for_ever_within_a_limit() {
    let builder = world::booting().memory_patience(Some(PATIENCE));
    starve(&world::boot_with(builder.memory_limit(6 << 20)).unwrap());
}

fn files_do_not_grow_beyond_the_hosts_limit() {
    // The signal has the effect that it has in every program that does not care.
    // SAFETY: no handler.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_DFL) };
    limit_files(64 << 10);
    let error = world::boot_with(world::booting()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Load(_)), "{error}");
    limit_files(libc::RLIM_INFINITY);
    let kernel = world::boot();
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Ffs::image(&image), "/mnt").unwrap();
    limit_files(64 << 10);
    let _reported_or_not = fs::write(&kernel, "/mnt/file", vec![1; 300_000]);
    let _as_above = kernel.sync();
    assert!(kernel.is_alive());
    limit_files(libc::RLIM_INFINITY);
    drop(mount);
}

fn no_kernel_boots_on_a_small_stack() {
    // What the host gives at least.
    let small = thread::Builder::new().stack_size(16 << 10);
    let booted = small.spawn(|| match world::booting().boot() {
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    });
    let said = booted.unwrap().join().unwrap().unwrap();
    assert!(said.contains("bytes of stack"), "{said}");
    assert!(said.contains("65536"), "{said}");
    let enough = thread::Builder::new().stack_size(128 << 10);
    let booted = enough.spawn(|| world::booting().boot().unwrap());
    let kernel = booted.unwrap().join().unwrap();
    fs::create_dir(&kernel, "/folder").unwrap();
}

fn no_boot_ends_the_process_where_address_space_is_scarce() {
    let mut failed = 0;
    // What one thread of the kernel takes, in steps that leave none of the boot's allocations out.
    for more in (0..).map(|step| step * (192 << 10)) {
        let builder = world::booting().memory_patience(Some(PATIENCE));
        match with_address_space(more, || builder.boot()) {
            Ok(_) => break,
            Err(error) => assert!(!matches!(error.kind(), ErrorKind::Errno(_)), "{error}"),
        }
        failed += 1;
    }
    assert!(failed > 1);
}

fn no_call_ends_the_process_where_address_space_is_scarce() {
    for more in (0..16).map(|step| step * (300 << 10)) {
        let builder = world::booting().memory_patience(Some(PATIENCE));
        let kernel = world::boot_with(builder).unwrap();
        let fill = || (0..).find_map(|n| fs::write(&kernel, format!("/{n}"), [1; 40_000]).err());
        let error = with_address_space(more, fill).unwrap();
        match error.kind() {
            ErrorKind::Errno(errno) => {
                assert!([Errno::NOMEM, Errno::NOSPC].contains(errno), "{error}");
            }
            _ => assert!(error.to_string().contains("memory"), "{error}"),
        }
        assert_eq!(kernel.is_alive(), error.errno().is_some(), "{error}");
    }
}
