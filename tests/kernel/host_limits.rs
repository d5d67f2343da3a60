//! What the host allows a process: what lies beyond is an error, and never the process's end.

use std::mem::MaybeUninit;
use std::thread;
use std::time::{Duration, Instant};

use rumpkernel::mount::Ffs;
use rumpkernel::{ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpuser_posix::Fault;

use crate::world::{self, Folder};

crate::tests![
    a_call_does_not_wait_for_ever_for_the_hosts_memory,
    a_call_does_not_wait_for_ever_within_a_limit,
    ; alone:
        files_do_not_grow_beyond_the_hosts_limit,
        no_kernel_boots_on_a_small_stack,
];

/// Sets how large the process may make files. The harness's own files are smaller.
fn limit_files(bytes: libc::rlim_t) {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the place is right, and read when it has been written.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, limit.as_mut_ptr()), 0);
        let mut limit = limit.assume_init();
        limit.rlim_cur = bytes.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
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
