//! What the host does to a kernel: the kernel comes through it, or the error says what happened.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rumpkernel::mount::Ffs;
use rumpkernel::{Errno, Fault, fs};
use rumpkernel_examples::FFS2_LE;

use crate::world::{self, Folder, numbers};

crate::tests![
    a_read_error_is_an_error_of_the_read,
    a_short_read_is_an_error_of_the_read,
    a_write_error_is_told_by_sync,
    an_image_that_cannot_be_opened_is_refused,
    a_kernel_comes_through_a_shortage_of_memory,
    ;
    loaded:
        a_mount_comes_through_a_shortage_of_memory,
];

/// The image is mounted again, so that nothing is in the kernel's cache.
fn a_read_fails(fault: Fault) {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    mount.unmount().unwrap();
    let mount = kernel.mount(Ffs::image(&image), "/mnt").unwrap();
    let file = fs::File::open(&kernel, "/mnt/numbers.txt").unwrap();
    kernel.faults().arm(fault, 0, u64::MAX);
    let error = file.read_at(&mut [0; 100], 50_000).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
    kernel.faults().disarm();
    assert_eq!(
        fs::read_to_string(&kernel, "/mnt/numbers.txt").unwrap(),
        numbers()
    );
    drop(file);
    mount.unmount().unwrap();
}

fn a_read_error_is_an_error_of_the_read() {
    a_read_fails(Fault::Read);
}

fn a_short_read_is_an_error_of_the_read() {
    a_read_fails(Fault::ShortRead);
}

fn a_write_error_is_told_by_sync() {
    let (kernel, _folder, _image, mount) = world::with_image(FFS2_LE);
    let file = fs::File::create_new(&kernel, "/mnt/new").unwrap();
    file.write_all_at(&[7; 100_000], 0).unwrap();
    kernel.faults().arm(Fault::Write, 0, u64::MAX);
    let error = file.sync_all().unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
    kernel.faults().disarm();
    file.sync_all().unwrap();
    drop(file);
    // Others have not been told yet: see `durability`.
    mount.unmount().unwrap_err().mount.unmount().unwrap();
}

fn an_image_that_cannot_be_opened_is_refused() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    mount.unmount().unwrap();
    kernel.faults().arm(Fault::Open, 0, u64::MAX);
    kernel.mount(Ffs::image(&image), "/mnt").unwrap_err();
    kernel.faults().disarm();
    kernel
        .mount(Ffs::image(&image), "/mnt")
        .unwrap()
        .unmount()
        .unwrap();
}

fn a_kernel_comes_through_a_shortage_of_memory() {
    let (kernel, _mount) = world::with_tmpfs();
    let contents = vec![3; 4 << 20];
    for after in [0, 1, 7, 50] {
        kernel.faults().arm(Fault::Memory, after, 3);
        match fs::write(&kernel, "/mnt/large", &contents) {
            Ok(()) => assert!(fs::read(&kernel, "/mnt/large").unwrap() == contents),
            Err(error) => {
                assert!(
                    matches!(error.errno(), Some(Errno::NOMEM | Errno::NOSPC)),
                    "{error}"
                );
            }
        }
        kernel.faults().disarm();
        fs::remove_file(&kernel, "/mnt/large").unwrap();
    }
    fs::write(&kernel, "/mnt/large", &contents).unwrap();
}

/// The buffers of the first mount are the first of all.
fn a_mount_comes_through_a_shortage_of_memory() {
    const PATIENCE: Duration = Duration::from_secs(20);
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    for after in 0..12 {
        let kernel = world::boot();
        fs::create_dir(&kernel, "/mnt").unwrap();
        kernel.faults().arm(Fault::Memory, after, 1);
        let (done, waits) = mpsc::channel::<()>();
        let watched = kernel.clone();
        let watch = thread::spawn(move || {
            if waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                watched.kill();
            }
        });
        let mounted = kernel.mount(Ffs::image(&image), "/mnt");
        drop(done);
        watch.join().unwrap();
        if let Err(error) = mounted {
            assert_eq!(error.errno(), Some(Errno::NOMEM), "{after}: {error}");
        }
    }
}
