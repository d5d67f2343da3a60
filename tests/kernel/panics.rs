//! Panics of the kernel's own.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use rumpkernel::mount::{Ffs, Mount};
use rumpkernel::net::TcpListener;
use rumpkernel::{Error, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use crate::ends::{busy, clean_flag};
use crate::world::{self, Folder};

crate::tests![
    a_panic_is_an_error_of_the_call_that_made_it,
    a_panic_while_shutting_down_is_told,
    a_panic_reaches_those_who_wait,
    a_panic_in_the_middle_of_everything,
    threads_can_panic_at_once,
];

/// A map in a cylinder group of FFS: where `struct cg` has the offset of it, and of what follows
/// it.
struct Map(usize, usize);
const USED_INODES: Map = Map(92, 96);
const FREE_BLOCKS: Map = Map(96, 100);

/// A kernel with an image whose first cylinder group has a map that is wrong.
fn with_wrong_map(Map(begin, end): Map, byte: u8) -> (Kernel, Folder, PathBuf, Mount) {
    const CG_MAGIC: [u8; 4] = 0x0009_0255_u32.to_le_bytes();
    const MAGIC_AT: usize = 4;
    let folder = Folder::new();
    let path = folder.unpack(FFS2_LE);
    let mut bytes = std::fs::read(&path).unwrap();
    let group = (0..bytes.len() - 4)
        .step_by(512)
        .find(|&at| bytes[at + MAGIC_AT..at + MAGIC_AT + 4] == CG_MAGIC)
        .unwrap();
    let offset = |field: usize| {
        let field = bytes[group + field..].first_chunk().unwrap();
        group + u32::from_le_bytes(*field) as usize
    };
    let map = offset(begin)..offset(end);
    bytes[map].fill(byte);
    std::fs::write(&path, bytes).unwrap();

    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Ffs::image(&path), "/mnt").unwrap();
    (kernel, folder, path, mount)
}

/// A kernel with an image on which the next file that is created is a panic: there are free inodes,
/// and none is free in the map of them.
pub(crate) fn with_broken_image() -> (Kernel, Folder, PathBuf, Mount) {
    with_wrong_map(USED_INODES, 0xff)
}

fn assert_panicked<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err().kind() {
        ErrorKind::Panicked { message, .. } => message.clone(),
        other => panic!("{other}"),
    }
}

fn a_panic_is_an_error_of_the_call_that_made_it() {
    let (kernel, _folder, image, mount) = with_broken_image();
    let open = fs::File::open(&kernel, "/mnt/hello.txt").unwrap();
    let message = assert_panicked(fs::write(&kernel, "/mnt/new", "x"));
    assert!(message.contains("map corrupted"), "{message}");
    assert_eq!(assert_panicked(open.metadata()), message);
    assert_eq!(assert_panicked(kernel.sync()), message);
    assert_eq!(assert_panicked(kernel.shutdown()), message);
    assert_eq!(
        assert_panicked(mount.unmount().map_err(Error::from)),
        message
    );
    let elsewhere = kernel.clone();
    thread::spawn(move || assert_panicked(fs::read(&elsewhere, "/mnt/hello.txt")))
        .join()
        .unwrap();
    // The host has the image back, as it was when the kernel died.
    drop((open, kernel));
    assert_ne!(clean_flag(&image), 1);
    std::fs::File::open(&image).unwrap().try_lock().unwrap();
}

fn a_panic_while_shutting_down_is_told() {
    // All blocks are free, says the map. Those of a file without a name are freed when it is
    // closed, at the latest when the file system is unmounted.
    let (kernel, _folder, image, mount) = with_wrong_map(FREE_BLOCKS, 0xff);
    let open = fs::File::open(&kernel, "/mnt/numbers.txt").unwrap();
    fs::remove_file(&kernel, "/mnt/numbers.txt").unwrap();
    let message = assert_panicked(kernel.shutdown());
    assert!(message.contains("freeing free"), "{message}");
    assert_eq!(assert_panicked(open.metadata()), message);
    assert_eq!(assert_panicked(kernel.shutdown()), message);
    drop((open, mount));
    assert_ne!(clean_flag(&image), 1);
    std::fs::File::open(&image).unwrap().try_lock().unwrap();
}

fn a_panic_reaches_those_who_wait() {
    let (kernel, _folder, _image, _mount) = with_broken_image();
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let waiting = thread::spawn(move || assert_panicked(listener.accept()));
    thread::sleep(Duration::from_millis(100));
    let message = assert_panicked(fs::write(&kernel, "/mnt/new", "x"));
    assert_eq!(waiting.join().unwrap(), message);
    // Into the kernel past the safe API, too.
    // SAFETY: plain values; the kernel is dead and is not entered.
    let refused = unsafe { kernel.enter(|_| ()) };
    assert_eq!(assert_panicked(refused), message);
}

fn a_panic_in_the_middle_of_everything() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_LE);
    let threads = busy(&kernel);
    thread::sleep(Duration::from_millis(200));
    // Releasing an lwp twice is a panic.
    // SAFETY: it does not return, which is what is wanted here.
    let death = unsafe {
        kernel.enter(|k| {
            (k.lwproc_releaselwp)();
            (k.lwproc_releaselwp)();
        })
    };
    let message = assert_panicked(death);
    for thread in threads {
        assert_eq!(
            assert_panicked(Err::<(), _>(thread.join().unwrap())),
            message
        );
    }
}

fn threads_can_panic_at_once() {
    let kernel = world::boot();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                // Binds the thread, which then has no way to go but into the panic.
                kernel.sync().unwrap();
                start.wait();
                // SAFETY: it does not return, which is what is wanted here.
                let death = unsafe {
                    kernel.enter(|k| {
                        (k.lwproc_releaselwp)();
                        (k.lwproc_releaselwp)();
                    })
                };
                assert_panicked(death);
            });
        }
    });
}
