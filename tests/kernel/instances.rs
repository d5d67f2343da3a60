//! Kernels that are loaded: any number of them, each with a world of its own.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::thread;

use rumpkernel::mount::{Ffs, Kernfs, MountOptions, Tmpfs};
use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use crate::footprint;
use crate::world::Folder;

crate::tests![
    ; loaded:
    kernels_have_worlds_of_their_own,
    a_thread_uses_several_in_turn,
    a_kernel_boots_after_a_panic,
    an_image_is_writable_in_one_kernel_only,
    ; alone:
    a_loaded_kernel_runs_beside_the_linked_one,
    kernels_boot_at_the_same_time,
    a_kernel_that_is_dropped_leaves_nothing,
    a_kernel_that_panicked_leaves_nothing,
    many_kernels_leave_nothing;
    campaigns:
    a_hundred_kernels_that_are_dropped_leave_nothing,
    a_hundred_kernels_that_panicked_leave_nothing,
    a_hundred_kernels_leave_nothing,
];

pub(crate) fn boot(name: &str) -> Kernel {
    Kernel::builder().host_name(name).quiet().boot().unwrap()
}

/// The host name, as this kernel's own file system tells it.
pub(crate) fn host_name(kernel: &Kernel) -> String {
    fs::create_dir_all(kernel, "/kern").unwrap();
    let _mount = kernel.mount(Kernfs::new(), "/kern").unwrap();
    fs::read_to_string(kernel, "/kern/hostname").unwrap()
}

/// Releasing an lwp twice is a panic.
pub(crate) fn panic(kernel: &Kernel) {
    // SAFETY: it does not return, which is what is wanted here.
    let death = unsafe {
        kernel.enter(|k| {
            (k.lwproc_releaselwp)();
            (k.lwproc_releaselwp)();
        })
    };
    assert!(matches!(
        death.unwrap_err().kind(),
        ErrorKind::Panicked { .. }
    ));
}

fn kernels_have_worlds_of_their_own() {
    let said = Arc::new(Mutex::new(String::new()));
    let listening = Arc::clone(&said);
    let first = Kernel::builder()
        .host_name("first")
        .verbose(true)
        .console(move |line| {
            listening
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(line));
        })
        .boot()
        .unwrap();
    let second = boot("second");
    assert_eq!(host_name(&first), "first\n");
    assert_eq!(host_name(&second), "second\n");
    assert!(said.lock().unwrap().contains("NetBSD"));

    fs::write(&first, "/file", "of the first").unwrap();
    assert!(!fs::exists(&second, "/file").unwrap());
    let listener = TcpListener::bind(&first, (Ipv4Addr::LOCALHOST, 80)).unwrap();
    let refused = TcpStream::connect(&second, (Ipv4Addr::LOCALHOST, 80)).unwrap_err();
    assert_eq!(refused.errno(), Some(rumpkernel::Errno::CONNREFUSED));
    let same_port = TcpListener::bind(&second, (Ipv4Addr::LOCALHOST, 80)).unwrap();

    second.shutdown().unwrap();
    assert!(!second.is_alive() && first.is_alive());
    TcpStream::connect(&first, (Ipv4Addr::LOCALHOST, 80)).unwrap();
    assert_eq!(fs::read_to_string(&first, "/file").unwrap(), "of the first");
    drop((listener, same_port));
}

fn a_thread_uses_several_in_turn() {
    let kernels = ["a", "b", "c"].map(boot);
    let work = |thread: usize| {
        for round in 0..200 {
            let kernel = &kernels[(round + thread) % 3];
            let path = format!("/{thread}-{}", round / 3);
            fs::write(kernel, &path, &path).unwrap();
            assert_eq!(fs::read_to_string(kernel, &path).unwrap(), path);
        }
    };
    thread::scope(|scope| {
        for number in 0..4 {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
    for kernel in &kernels {
        let files = fs::read_dir(kernel, "/").unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().contains('-')
        });
        assert!((4 * 66..=4 * 67).contains(&files.count()));
    }
}

fn a_loaded_kernel_runs_beside_the_linked_one() {
    let linked = Kernel::builder().quiet().boot_linked().unwrap();
    let loaded = boot("loaded");
    let kernels = [&linked, &loaded];
    for round in 0..20 {
        for (number, kernel) in kernels.iter().enumerate() {
            fs::write(kernel, format!("/{number}-{round}"), "x").unwrap();
        }
    }
    assert!(fs::exists(&linked, "/0-19").unwrap() && !fs::exists(&linked, "/1-19").unwrap());
    panic(&loaded);
    assert!(fs::exists(&linked, "/0-0").unwrap());
    linked.shutdown().unwrap();
}

fn a_kernel_boots_after_a_panic() {
    let first = boot("first");
    let second = boot("second");
    let socket = UdpSocket::bind(&first, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let waiting = thread::spawn(move || socket.recv(&mut [0; 8]).unwrap_err());
    panic(&first);
    assert!(matches!(
        waiting.join().unwrap().kind(),
        ErrorKind::Panicked { .. }
    ));
    fs::write(&second, "/file", "written").unwrap();
    let third = boot("third");
    assert_eq!(host_name(&third), "third\n");
    assert!(first.shutdown().is_err());
}

fn an_image_is_writable_in_one_kernel_only() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let [first, second] = ["first", "second"].map(|name| {
        let kernel = boot(name);
        fs::create_dir(&kernel, "/mnt").unwrap();
        kernel
    });
    let (writable, readable) = (MountOptions::new(), MountOptions::new().read_only());
    let mount = |kernel: &Kernel, options| kernel.mount_with(Ffs::image(&image), "/mnt", options);
    let refused = |kernel: &Kernel, options| {
        let error = mount(kernel, options).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ImageInUse), "{error}");
    };
    let writer = mount(&first, writable).unwrap();
    refused(&second, writable);
    refused(&second, readable);
    writer.unmount().unwrap();
    let reader = mount(&first, readable).unwrap();
    refused(&second, writable);
    drop(mount(&second, readable).unwrap());
    // However the kernel ends, the image is free.
    first.kill();
    drop(reader);
    let writer = mount(&second, writable).unwrap();
    second.kill();
    let third = boot("third");
    fs::create_dir(&third, "/mnt").unwrap();
    drop((mount(&third, readable).unwrap(), writer));
}

fn kernels_boot_at_the_same_time() {
    let eight = || {
        let threads = (0..8).map(|number| {
            thread::spawn(move || {
                for round in 0..5 {
                    let name = format!("kernel-{number}-{round}");
                    assert_eq!(host_name(&boot(&name)), format!("{name}\n"));
                }
            })
        });
        for thread in threads.collect::<Vec<_>>() {
            thread.join().unwrap();
        }
    };
    // The C library keeps some stacks.
    eight();
    let before = footprint::settled();
    eight();
    footprint::assert_unchanged(before);
}

/// A kernel with something of everything in it, as it is when its user lets go of it.
fn busy() -> (Kernel, impl Sized) {
    let folder = Folder::new();
    let kernel = boot("busy");
    let image = folder.unpack(FFS2_LE);
    for directory in ["/mnt", "/memory"] {
        fs::create_dir(&kernel, directory).unwrap();
    }
    let mounts = (
        kernel.mount(Ffs::image(&image), "/mnt").unwrap(),
        kernel.mount(Tmpfs::new(), "/memory").unwrap(),
    );
    fs::write(&kernel, "/mnt/new", [1; 10_000]).unwrap();
    fs::write(&kernel, "/memory/new", [1; 100_000]).unwrap();
    let file = fs::File::open(&kernel, "/mnt/new").unwrap();
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(&kernel, listener.local_addr().unwrap()).unwrap();
    (kernel, (client, listener, file, mounts, folder))
}

fn a_kernel_that_is_dropped_leaves_nothing() {
    dropped_leave_nothing(15);
}

fn a_hundred_kernels_that_are_dropped_leave_nothing() {
    dropped_leave_nothing(100);
}

fn dropped_leave_nothing(count: usize) {
    drop(busy());
    let before = footprint::settled();
    for round in 0..count {
        let (kernel, objects) = busy();
        match round % 3 {
            0 => drop((kernel, objects)),
            1 => drop((objects, kernel)),
            _ => {
                kernel.shutdown().unwrap();
                drop(objects);
            }
        }
    }
    footprint::assert_unchanged(before);
}

fn a_kernel_that_panicked_leaves_nothing() {
    panicked_leave_nothing(15);
}

fn a_hundred_kernels_that_panicked_leave_nothing() {
    panicked_leave_nothing(100);
}

fn panicked_leave_nothing(count: usize) {
    drop(busy());
    let before = footprint::settled();
    for _ in 0..count {
        let (kernel, objects) = busy();
        panic(&kernel);
        drop((kernel, objects));
    }
    footprint::assert_unchanged(before);
}

fn many_kernels_leave_nothing() {
    kernels_leave_nothing(25);
}

fn a_hundred_kernels_leave_nothing() {
    kernels_leave_nothing(100);
}

/// Kernels that are there at the same time.
fn kernels_leave_nothing(count: usize) {
    let boot_all = || {
        let kernels: Vec<Kernel> = (0..count)
            .map(|number| boot(&format!("kernel-{number}")))
            .collect();
        assert_eq!(
            host_name(&kernels[count / 2]),
            format!("kernel-{}\n", count / 2)
        );
    };
    // The tables of so many threads stay.
    boot_all();
    let before = footprint::settled();
    boot_all();
    footprint::assert_unchanged(before);
}
