//! Accidents in the code of real kernels, kernels that are killed, and forks.

use std::ffi::{CStr, c_int, c_void};
use std::net::Ipv4Addr;
use std::ptr;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rumpkernel::net::TcpListener;
use rumpkernel::{Backtrace, Error, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_sys::{RUMP_ETFS_BLK, iovec};

use crate::panics::with_broken_image;
use crate::world;

crate::tests![
    a_bad_pointer_is_an_error_of_the_call,
    a_bad_path_for_the_host_is_an_error_of_the_call,
    a_panic_tells_where_it_was,
    a_killed_kernel_ends_every_call,
    a_killed_kernel_leaves_its_image_as_it_is,
    ; alone:
    a_kernel_goes_on_beside_one_that_crashes,
    a_child_has_no_kernels,
    ; linked:
    a_child_has_no_linked_kernel,
];

fn functions(backtrace: Option<&Backtrace>) -> Vec<&'static str> {
    let frames = backtrace.unwrap().frames();
    frames.filter_map(|frame| frame.function).collect()
}

/// A descriptor of a file in the kernel, to be read.
fn open(kernel: &Kernel, path: &CStr) -> c_int {
    let path = path.as_ptr();
    // SAFETY: the path is a string.
    unsafe { kernel.syscall(|entry| (entry.sys_open)(path, 0, 0)) }.unwrap()
}

/// Reads to an address where nothing is.
fn read_to_nowhere(kernel: &Kernel) -> Error {
    fs::write(kernel, "/file", "contents").unwrap();
    let descriptor = open(kernel, c"/file");
    let nowhere = ptr::without_provenance_mut(0x10);
    // SAFETY: that the buffer is none is the point.
    unsafe { kernel.syscall(|entry| (entry.sys_read)(descriptor, nowhere, 8)) }.unwrap_err()
}

fn a_bad_pointer_is_an_error_of_the_call() {
    let kernel = world::boot();
    let error = read_to_nowhere(&kernel);
    match error.kind() {
        ErrorKind::Crashed { message, .. } => {
            assert!(
                message.starts_with("SIGSEGV at address 0x10 in "),
                "{error}"
            );
        }
        other => panic!("{other}"),
    }
    let functions = functions(error.backtrace());
    // copyout() is inlined or jumps to the function that does its work, as compilers like.
    let copy = ["copyout", "copyout_vmspace"];
    assert!(
        copy.iter().any(|name| functions.contains(name)),
        "{error:#}"
    );
    // sys_read() jumps to the function that does its work where all arguments are in registers.
    let read = ["sys_read", "dofileread"];
    assert!(
        read.iter().any(|name| functions.contains(name)),
        "{error:#}"
    );
    assert!(functions.contains(&"rump___sysimpl_read"), "{error:#}");
    let later = kernel.shutdown().unwrap_err();
    assert_eq!(later.backtrace(), error.backtrace());
    assert!(!kernel.is_alive());
}

fn a_bad_path_for_the_host_is_an_error_of_the_call() {
    let kernel = world::boot();
    let nowhere = ptr::without_provenance(0x10);
    let key = c"/dev/disk".as_ptr();
    let register =
        // SAFETY: that the path is none is the point.
        unsafe { kernel.enter(move |entry| (entry.etfs_register)(key, nowhere, RUMP_ETFS_BLK)) };
    let error = register.unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("SIGSEGV by a hypercall's access to address 0x10 in "),
        "{said}"
    );
    let functions = functions(error.backtrace());
    // The one may be inlined into the other.
    let register = ["etfsregister", "rump_etfs_register"];
    assert!(
        register.iter().any(|name| functions.contains(name)),
        "{error:#}"
    );
    assert!(!kernel.is_alive());
}

fn a_kernel_goes_on_beside_one_that_crashes() {
    let [crashing, other] = [world::boot(), world::boot()];
    for round in 0..10 {
        fs::write(&other, "/file", round.to_string()).unwrap();
        let crashing = world::boot();
        read_to_nowhere(&crashing);
        drop(crashing);
        assert_eq!(
            fs::read_to_string(&other, "/file").unwrap(),
            round.to_string()
        );
    }
    assert_eq!(
        read_to_nowhere(&crashing).backtrace(),
        read_to_nowhere(&other).backtrace(),
        "of the same code, wherever it lies"
    );
}

fn a_panic_tells_where_it_was() {
    let (kernel, _folder, _image, _mount) = with_broken_image();
    let error = fs::write(&kernel, "/mnt/new", "x").unwrap_err();
    let functions = functions(error.backtrace());
    let panic = functions.iter().position(|&name| name == "panic");
    let panic = panic.unwrap_or_else(|| panic!("{error:#}"));
    assert!(functions[panic + 1].starts_with("ffs_"), "{error:#}");
    assert!(functions.contains(&"sys_open"), "{error:#}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(format!("{error:#}").contains("\n    panic+0x"));
}

fn assert_killed<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Killed { .. }), "{error}");
}

/// A system call that writes the same memory over and over, for many seconds; again and again where
/// one call may not count so far.
fn read_zeros(kernel: &Kernel) -> Result<(), Error> {
    const LENGTH: usize = 64 << 20;
    const MOST: usize = isize::MAX as usize / LENGTH;
    const TIMES: usize = if MOST < 1024 { MOST } else { 1024 };
    let descriptor = open(kernel, c"/dev/zero");
    let mut memory = vec![0_u8; LENGTH];
    let vector = vec![
        iovec {
            iov_base: memory.as_mut_ptr().cast::<c_void>(),
            iov_len: LENGTH,
        };
        TIMES
    ];
    let place = vector.as_ptr();
    loop {
        // SAFETY: the memory is there to be written, more than once.
        unsafe { kernel.syscall(|entry| (entry.sys_readv)(descriptor, place, TIMES as c_int)) }?;
    }
}

fn a_killed_kernel_ends_every_call() {
    let kernel = world::boot();
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let begun = Barrier::new(3);
    thread::scope(|scope| {
        let accepting = scope.spawn(|| {
            begun.wait();
            listener.accept()
        });
        let spinning = scope.spawn(|| {
            begun.wait();
            read_zeros(&kernel)
        });
        begun.wait();
        // Both are inside by then, or else find the kernel dead on their way.
        thread::sleep(Duration::from_millis(50));
        let begin = Instant::now();
        assert!(kernel.kill(), "somebody is still inside");
        // It waits for those who are inside, for this long if they do not leave.
        assert!(begin.elapsed() < Duration::from_secs(5));
        assert_killed(accepting.join().unwrap());
        assert_killed(spinning.join().unwrap());
    });
    assert_killed(kernel.sync());
    assert_killed(kernel.shutdown());
    kernel.kill();
}

fn a_killed_kernel_leaves_its_image_as_it_is() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    fs::write(&kernel, "/mnt/new", "never written").unwrap();
    kernel.kill();
    let after = std::fs::read(&image).unwrap();
    drop((mount, kernel));
    assert!(after == std::fs::read(&image).unwrap());
    std::fs::File::open(&image).unwrap().try_lock().unwrap();
}

fn assert_forked<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Forked), "{error}");
}

/// Runs `f` in a child that ends after it; whether it came to its end.
fn in_child(f: impl FnOnce()) -> bool {
    // SAFETY: the child ends without exit handlers; what it calls until then is what is tested.
    match unsafe { libc::fork() } {
        -1 => panic!("cannot fork"),
        0 => {
            let f = std::panic::AssertUnwindSafe(f);
            let code = c_int::from(std::panic::catch_unwind(f).is_err());
            // SAFETY: no conditions.
            unsafe { libc::_exit(code) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the place is right.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            status == 0
        }
    }
}

fn a_child_has_no_kernels() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let file = fs::File::create(&kernel, "/mnt/new").unwrap();
    thread::scope(|scope| {
        // Other threads are in the kernel, and hold its locks, whenever the process forks.
        let busy = scope.spawn(|| {
            while kernel.is_alive() {
                let _until_the_end = fs::write(&kernel, "/busy", [1; 10_000]);
            }
        });
        for _ in 0..20 {
            let mut all = Some((kernel.clone(), &mount, &file, &listener));
            assert!(in_child(|| {
                assert_forked(kernel.sync());
                assert_forked(file.write_at(b"x", 0));
                assert_forked(listener.accept());
                assert_forked(fs::read(&kernel, "/mnt/hello.txt"));
                assert_forked(kernel.shutdown());
                assert!(!kernel.is_alive());
                kernel.kill();
                drop(all.take());
                // SAFETY: the child's copies are dropped, and never used again.
                unsafe {
                    drop(ptr::read(&file));
                    drop(ptr::read(&listener));
                    drop(ptr::read(&mount));
                    drop(ptr::read(&kernel));
                }
            }));
            let host = std::fs::File::open(&image).unwrap();
            assert!(host.try_lock().is_err(), "the parent has it");
        }
        file.write_at(b"the parent goes on", 0).unwrap();
        kernel.shutdown().unwrap();
        busy.join().unwrap();
    });
}

fn a_child_has_no_linked_kernel() {
    let kernel = world::boot();
    fs::write(&kernel, "/file", "contents").unwrap();
    assert!(in_child(|| {
        assert_forked(fs::read(&kernel, "/file"));
        let again = Kernel::builder().boot_linked().unwrap_err();
        assert!(matches!(again.kind(), ErrorKind::AlreadyBooted), "{again}");
    }));
    assert_eq!(fs::read(&kernel, "/file").unwrap(), b"contents");
    kernel.shutdown().unwrap();
}
