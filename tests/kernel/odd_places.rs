//! Kernels that begin and end in odd places.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rumpkernel::mount::Mount;
use rumpkernel::{Builder, ErrorKind, Fault, Faults, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use crate::ends::clean_flag;
use crate::footprint;
use crate::instances::{boot, host_name, panic};
use crate::place::cannot_run;
use crate::world;

crate::tests![
    ; loaded:
    a_kernel_boots_in_a_callback_of_another,
    a_kernel_boots_in_a_destructor_of_a_thread_local,
    a_kernel_boots_in_a_signal_handler,
    the_last_handle_can_be_dropped_in_a_callback,
    a_death_while_shutting_down_is_told,
    ; alone:
    a_boot_without_memory_or_threads_leaves_nothing,
    a_boot_without_address_space_is_an_error,
    a_boot_without_mappings_is_an_error;
    campaigns:
    a_boot_without_any_number_of_mappings_is_an_error,
];

fn a_kernel_boots_in_a_callback_of_another() {
    static INNER: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let outer = Kernel::builder()
        .verbose(true)
        .console(|_| {
            let mut inner = INNER.lock().unwrap();
            if inner.is_empty() {
                inner.push(host_name(&boot("inner")));
            }
        })
        .boot()
        .unwrap();
    assert_eq!(*INNER.lock().unwrap(), ["inner\n"]);
    fs::write(&outer, "/file", "the thread came back").unwrap();
}

fn a_kernel_boots_in_a_destructor_of_a_thread_local() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            NAMES.lock().unwrap().push(host_name(&boot("last")));
        }
    }
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    thread_local!(static LAST: Last = const { Last });
    thread::spawn(|| {
        // Boots before and after the thread has used another.
        LAST.with(|_| drop(boot("first")));
    })
    .join()
    .unwrap();
    thread::spawn(|| LAST.with(|_| ())).join().unwrap();
    assert_eq!(*NAMES.lock().unwrap(), ["last\n", "last\n"]);
}

fn a_kernel_boots_in_a_signal_handler() {
    static BOOTED: Mutex<Option<Kernel>> = Mutex::new(None);
    extern "C" fn handler(_signal: c_int) {
        *BOOTED.lock().unwrap() = Some(boot("handler"));
    }
    // SAFETY: the handler is a function of the right type; it is called by raise() alone, between
    // two statements of this program.
    unsafe {
        libc::signal(libc::SIGUSR1, handler as extern "C" fn(c_int) as usize);
        libc::raise(libc::SIGUSR1);
    }
    let kernel = BOOTED.lock().unwrap().take().unwrap();
    assert_eq!(host_name(&kernel), "handler\n");
}

/// Whether the thread may print.
static GO: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    fn rumpuser_putchar(character: c_int);
    fn rumpuser_thread_create(
        function: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
        name: *const c_char,
        joinable: c_int,
        priority: c_int,
        cpu: c_int,
        cookie: *mut *mut c_void,
    ) -> c_int;
    fn rumpuser_thread_exit() -> !;
}

/// A thread of the kernel's that prints a line.
unsafe extern "C" fn print(_argument: *mut c_void) -> *mut c_void {
    while !GO.load(Ordering::Acquire) {
        thread::yield_now();
    }
    // SAFETY: the hypercalls of a thread that came with rumpuser_thread_create().
    unsafe {
        rumpuser_putchar(c_int::from(b'\n'));
        rumpuser_thread_exit()
    }
}

fn the_last_handle_can_be_dropped_in_a_callback() {
    let slot = Arc::new(Mutex::new(None::<(Kernel, Mount)>));
    let in_sink = Arc::clone(&slot);
    let kernel = Kernel::builder()
        .console(move |_| {
            let last = in_sink.lock().unwrap().take();
            drop(last);
        })
        .boot()
        .unwrap();
    let (_folder, image, mount) = world::mount_image(&kernel, FFS2_LE);
    fs::write(&kernel, "/mnt/new", "x").unwrap();
    // SAFETY: a detached thread, whose function keeps the rules.
    let started = unsafe {
        kernel.enter(|_| {
            let name = c"printer".as_ptr();
            rumpuser_thread_create(print, ptr::null_mut(), name, 0, 0, -1, ptr::null_mut())
        })
    };
    assert_eq!(started.unwrap(), 0);
    *slot.lock().unwrap() = Some((kernel, mount));
    GO.store(true, Ordering::Release);
    let file = std::fs::File::open(&image).unwrap();
    while file.try_lock().is_err() {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(clean_flag(&image), 1);
    // The sink is gone with the kernel.
    while Arc::strong_count(&slot) > 1 {
        thread::sleep(Duration::from_millis(1));
    }
}

fn a_death_while_shutting_down_is_told() {
    let slot = Arc::new(Mutex::new(None::<Kernel>));
    let in_sink = Arc::clone(&slot);
    let kernel = Kernel::builder()
        .console(move |line| {
            if line.starts_with(b"syncing disks") {
                let kernel = in_sink.lock().unwrap().take().unwrap();
                kernel.kill();
            }
        })
        .boot()
        .unwrap();
    let (_folder, image, mount) = world::mount_image(&kernel, FFS2_LE);
    *slot.lock().unwrap() = Some(kernel.clone());
    let error = kernel.shutdown().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Killed { .. }), "{error}");
    drop(mount);
    assert_ne!(clean_flag(&image), 1, "not unmounted");
    std::fs::File::open(&image).unwrap().try_lock().unwrap();
}

/// To boot kernels that may have to wait for memory, many of them in vain.
fn impatient() -> Builder {
    let patience = Some(Duration::from_millis(500));
    Kernel::builder().quiet().memory_patience(patience)
}

fn a_boot_without_memory_or_threads_leaves_nothing() {
    drop(boot("first"));
    let before = footprint::settled();
    let (mut failed, mut booted) = (0, 0);
    for fault in [Fault::Memory, Fault::Thread] {
        for after in (0..40).chain((40..400).step_by(20)) {
            let faults = Faults::default();
            // Threads are tried for several times.
            faults.arm(fault, after, 20);
            let outcome = impatient().faults(faults).boot();
            match outcome {
                Ok(kernel) => {
                    kernel.faults().disarm();
                    booted += 1;
                }
                Err(error) => {
                    assert!(
                        matches!(
                            error.kind(),
                            ErrorKind::Panicked { .. } | ErrorKind::Errno(_)
                        ),
                        "{fault:?} after {after}: {error:?}"
                    );
                    failed += 1;
                }
            }
        }
    }
    assert!(failed > 20 && booted > 5, "{failed} {booted}");
    footprint::assert_unchanged(before);
}

/// Lets the process have that many bytes of addresses more than it has.
fn limit_address_space(more: u64) -> libc::rlimit {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the places are right.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_AS, &mut limit), 0);
        let before = limit;
        let bytes = pages * libc::sysconf(libc::_SC_PAGESIZE) as u64 + more;
        limit.rlim_cur = bytes as libc::rlim_t;
        assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &limit), 0);
        before
    }
}

fn a_boot_without_address_space_is_an_error() {
    if cfg!(target_env = "musl") {
        cannot_run(MUSL);
    }
    if !is_address_space_limited() {
        cannot_run(UNLIMITED);
    }
    let other = boot("other");
    drop(boot("first"));
    let before = footprint::settled();
    let mut failed = 0;
    for megabytes in 0..24 {
        let limit = limit_address_space(megabytes << 20);
        let outcome = impatient().boot();
        // SAFETY: the limit that was there before.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
        if let Err(error) = outcome {
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Load(_)
                        | ErrorKind::Panicked { .. }
                        | ErrorKind::Crashed { .. }
                        | ErrorKind::Errno(_)
                ) || is_shortage(error.kind()),
                "{error:#}"
            );
            failed += 1;
        }
    }
    assert!(failed > 3, "{failed}");
    footprint::assert_unchanged(before);
    assert_eq!(host_name(&other), "other\n");
    panic(&other);
}

/// Whether the host has said that it has no memory, or cannot start a thread for want of it.
fn is_shortage(kind: &ErrorKind) -> bool {
    let ErrorKind::Host(error) = kind else {
        return false;
    };
    matches!(error.raw_os_error(), Some(libc::ENOMEM | libc::EAGAIN))
}

const MUSL: &str =
    "musl's malloc(3) maps a little at a time, and a Rust program ends when it cannot";
const UNLIMITED: &str =
    "RLIMIT_AS is not obeyed here, as by qemu-user, which lies in the same addresses";

/// Whether a process that may have no more addresses gets none.
fn is_address_space_limited() -> bool {
    const MUCH: usize = 64 << 20;
    let limit = limit_address_space(0);
    // SAFETY: a new mapping, which nobody uses, and the limit that was there before.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
        let mapping = libc::mmap(ptr::null_mut(), MUCH, libc::PROT_NONE, flags, -1, 0);
        assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &limit), 0);
        mapping == libc::MAP_FAILED || libc::munmap(mapping, MUCH) != 0
    }
}

/// Takes all mappings that the process may have but a few; returns where they begin and end.
fn take_mappings(but: usize) -> (usize, usize) {
    let most = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let most: usize = most.trim().parse().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let count = most.saturating_sub(maps.lines().count() + but);
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
    // SAFETY: a new mapping, every second page of which then has another protection.
    unsafe {
        let start = libc::mmap(ptr::null_mut(), count * PAGE, libc::PROT_NONE, flags, -1, 0);
        assert_ne!(start, libc::MAP_FAILED);
        for page in (1..count).step_by(2) {
            libc::mprotect(start.byte_add(page * PAGE), PAGE, libc::PROT_READ);
        }
        (start.addr(), start.addr() + count * PAGE)
    }
}

const PAGE: usize = 4096;

fn a_boot_without_mappings_is_an_error() {
    boot_without_mappings(4);
}

fn a_boot_without_any_number_of_mappings_is_an_error() {
    boot_without_mappings(1);
}

/// Boots kernels where `step` mappings more can be made for each.
fn boot_without_mappings(step: usize) {
    if cfg!(target_env = "musl") {
        cannot_run(MUSL);
    }
    let other = boot("other");
    drop(boot("first"));
    let before = footprint::settled();
    let (start, mut end) = take_mappings(3);
    let mut failed = 0;
    for _ in 0..160 / step {
        match impatient().boot() {
            Ok(kernel) => drop(kernel),
            Err(error) => {
                let has_crashed = matches!(error.kind(), ErrorKind::Crashed { .. });
                assert!(!has_crashed, "{error:?}");
                failed += 1;
            }
        }
        for _ in 0..step {
            // SAFETY: pages of take_mappings(), that nobody uses.
            unsafe { libc::munmap((end - PAGE) as *mut c_void, PAGE) };
            end -= PAGE;
        }
    }
    // SAFETY: as above.
    unsafe { libc::munmap(start as *mut c_void, end - start) };
    assert!(failed > 3, "{failed}");
    footprint::assert_unchanged(before);
    assert_eq!(host_name(&other), "other\n");
}
