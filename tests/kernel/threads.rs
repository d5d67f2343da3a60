//! Host threads in a kernel.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread;

use rumpkernel::net::UdpSocket;
use rumpkernel::{Kernel, fs};

use crate::world;

crate::tests![
    threads_share_a_kernel,
    a_file_moves_between_threads,
    threads_give_their_lwps_back,
    destructors_of_thread_locals_can_call,
    the_process_survives_the_thread_that_booted,
];

/// How many lwps the program's kernel process has, by kern.proc2 of sysctl(7).
fn lwps(kernel: &Kernel) -> u64 {
    // struct kinfo_proc2 of sys/sysctl.h: its size and where p_nlwps is.
    const SIZE: usize = 680;
    const LWPS: usize = 616;
    let mut info = [0_u8; SIZE];
    let mut length = SIZE;
    let (place, length) = (info.as_mut_ptr().cast::<c_void>(), &raw mut length);
    // SAFETY: the buffer has the size that is said.
    let outcome = unsafe {
        kernel.syscall(move |k| {
            let process = (k.sys_getpid)();
            let name = [
                rumpkernel_sys::CTL_KERN,
                rumpkernel_sys::KERN_PROC2,
                rumpkernel_sys::KERN_PROC_PID,
                process,
                SIZE as c_int,
                1,
            ];
            (k.sys___sysctl)(name.as_ptr(), 6, place, length, std::ptr::null(), 0)
        })
    };
    outcome.unwrap();
    u64::from_ne_bytes(info[LWPS..LWPS + 8].try_into().unwrap())
}

fn threads_share_a_kernel() {
    let (kernel, _mount) = world::with_tmpfs();
    let threads: Vec<_> = (0..32)
        .map(|number| {
            let kernel = kernel.clone();
            thread::spawn(move || {
                let directory = format!("/mnt/{number}");
                fs::create_dir(&kernel, &directory).unwrap();
                for file in 0..50 {
                    let path = format!("{directory}/{file}");
                    fs::write(&kernel, &path, &path).unwrap();
                    assert_eq!(fs::read_to_string(&kernel, &path).unwrap(), path);
                }
                fs::read_dir(&kernel, &directory).unwrap().count()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 50);
    }
    assert_eq!(fs::read_dir(&kernel, "/mnt").unwrap().count(), 32);
}

fn a_file_moves_between_threads() {
    let (kernel, _mount) = world::with_tmpfs();
    let file = Arc::new(fs::File::create_new(&kernel, "/mnt/file").unwrap());
    drop(kernel);
    let writers: Vec<_> = (0..8_u64)
        .map(|number| {
            let file = Arc::clone(&file);
            thread::spawn(move || {
                file.write_all_at(&number.to_le_bytes(), number * 8)
                    .unwrap()
            })
        })
        .collect();
    writers
        .into_iter()
        .for_each(|writer| writer.join().unwrap());
    let file = Arc::try_unwrap(file).unwrap();
    let read = thread::spawn(move || {
        let mut bytes = [0; 64];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    });
    let expected: Vec<u8> = (0..8_u64).flat_map(u64::to_le_bytes).collect();
    assert_eq!(read.join().unwrap(), *expected);
}

fn threads_give_their_lwps_back() {
    // With more CPUs NetBSD's kern.proc2 panics now and then: rump's scheduler changes which lock guards an lwp
    // while it is locked.
    let kernel = world::boot_with(world::booting().cpus(NonZeroU32::MIN)).unwrap();
    // This thread's, and the one that keeps the process.
    assert_eq!(lwps(&kernel), 2);
    for _ in 0..10 {
        let threads: Vec<_> = (0..10)
            .map(|_| {
                let kernel = kernel.clone();
                thread::spawn(move || assert!(lwps(&kernel) > 2))
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    }
    assert_eq!(lwps(&kernel), 2);
}

fn destructors_of_thread_locals_can_call() {
    struct Last(Option<(Kernel, UdpSocket)>);
    impl Drop for Last {
        fn drop(&mut self) {
            let (kernel, socket) = self.0.take().unwrap();
            fs::write(&kernel, "/last-words", "said").unwrap();
            drop(socket);
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });

    let kernel = world::boot();
    let elsewhere = kernel.clone();
    thread::spawn(move || {
        let socket = UdpSocket::bind(&elsewhere, "127.0.0.1:0").unwrap();
        LAST.with_borrow_mut(|last| *last = Some(Last(Some((elsewhere, socket)))));
    })
    .join()
    .unwrap();
    assert_eq!(fs::read_to_string(&kernel, "/last-words").unwrap(), "said");
    assert_eq!(lwps(&kernel), 2);
}

fn the_process_survives_the_thread_that_booted() {
    let (kernel, _mount, file) = thread::spawn(|| {
        let (kernel, mount) = world::with_tmpfs();
        let file = fs::File::create_new(&kernel, "/mnt/file").unwrap();
        (kernel, mount, file)
    })
    .join()
    .unwrap();
    assert_eq!(lwps(&kernel), 2);
    file.write_all_at(b"still open", 0).unwrap();
    assert_eq!(fs::read(&kernel, "/mnt/file").unwrap(), b"still open");
}
