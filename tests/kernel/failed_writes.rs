//! LFS after a write that has failed: it keeps its last checkpoint, says that it is read-only, and
//! can be unmounted.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rumpkernel::mount::{Lfs, Mount};
use rumpkernel::{Errno, ErrorKind, Fault, Kernel, fs};
use rumpkernel_sys as sys;

use crate::world::{self, Folder};

crate::tests![
    lfs_keeps_its_last_checkpoint,
    ;
    loaded:
        lfs_is_unmounted_each_time,
];

/// Unmounts, which is told once of the write that has failed.
fn unmount(mount: Mount) {
    if let Err(failed) = mount.unmount() {
        let is_of_the_disk = matches!(failed.error.kind(), ErrorKind::Disk(_));
        assert!(is_of_the_disk, "{:#}", failed.error);
        failed.mount.unmount().unwrap();
    }
}

/// Syncs a new file, of whose writes that with this number fails, from 0. Returns the file if the
/// sync made so many.
fn fail(kernel: &Kernel, number: u64) -> Option<fs::File> {
    let file = fs::File::create_new(kernel, "/mnt/lost").unwrap();
    file.write_all_at(&[8; 30_000], 0).unwrap();
    kernel.faults().arm(Fault::Write, number, 1);
    let synced = file.sync_all();
    kernel.faults().disarm();
    synced.is_err().then_some(file)
}

fn says_that_it_is_read_only(kernel: &Kernel, file: &fs::File) {
    let created = fs::File::create_new(kernel, "/mnt/late").unwrap_err();
    assert_eq!(created.errno(), Some(Errno::ROFS), "{created:?}");
    // The page cache takes it, and no disk ever will.
    let _cached = file.write_all_at(&[9; 3000], 0);
    let synced = file.sync_all().unwrap_err();
    assert_eq!(synced.errno(), Some(Errno::ROFS), "{synced:?}");
}

fn lfs_keeps_its_last_checkpoint() {
    let folder = Folder::new();
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let kept = world::numbers();
    let failed = (0..).take_while(|&number| {
        let image = folder.file("image", &rumpkernel_examples::lfs());
        let mount = kernel.mount(Lfs::image(&image), "/mnt").unwrap();
        fs::write(&kernel, "/mnt/kept", &kept).unwrap();
        fs::File::open(&kernel, "/mnt/kept")
            .unwrap()
            .sync_all()
            .unwrap();
        let failed = fail(&kernel, number);
        if let Some(file) = &failed {
            says_that_it_is_read_only(&kernel, file);
        }
        let is_failed = failed.is_some();
        drop(failed);
        unmount(mount);
        let mount = kernel.mount(Lfs::image(&image), "/mnt").unwrap();
        assert_eq!(fs::read_to_string(&kernel, "/mnt/kept").unwrap(), kept);
        mount.unmount().unwrap();
        is_failed
    });
    assert!(failed.count() > 3, "a checkpoint is more writes than that");
}

const NODE: &CStr = c"/dev/image";

/// Mounts by plain system calls: the safe API's unmounting syncs first, and waits for calls beside.
fn mount_raw(kernel: &Kernel, image: &Path) {
    let host = CString::new(image.to_str().unwrap()).unwrap();
    let mut arguments = sys::ulfs_args {
        fspec: NODE.as_ptr().cast_mut(),
    };
    let (node, host) = (NODE.as_ptr(), host.as_ptr());
    let (start, size) = ((&raw mut arguments).cast(), size_of::<sys::ulfs_args>());
    let (kind, path) = (c"lfs".as_ptr(), c"/mnt".as_ptr());
    // SAFETY: strings, and the structure that lfs takes, all of which live as long as the calls.
    unsafe {
        let refused = kernel.enter(|k| (k.etfs_register)(node, host, sys::RUMP_ETFS_BLK));
        assert_eq!(refused.unwrap(), 0);
        kernel.syscall(|k| (k.sys_mount)(kind, path, 0, start, size))
    }
    .unwrap();
}

fn unmount_raw(kernel: &Kernel) {
    let (node, path) = (NODE.as_ptr(), c"/mnt".as_ptr());
    // SAFETY: the strings live as long as the program.
    unsafe {
        kernel.syscall(|k| (k.sys_unmount)(path, 0)).unwrap();
        assert_eq!(kernel.enter(|k| (k.etfs_remove)(node)).unwrap(), 0);
    }
}

/// Whether unmounting waited for ever was a race with the thread that frees what was written. Calls
/// beside it take the kernel's lock away from that thread.
fn lfs_is_unmounted_each_time() {
    const ROUNDS: usize = 40;
    const PATIENCE: Duration = Duration::from_secs(60);
    let folder = Folder::new();
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let (done, waits) = mpsc::channel::<()>();
    let beside = kernel.clone();
    let other = thread::spawn(move || {
        while waits.try_recv() == Err(mpsc::TryRecvError::Empty) {
            if fs::metadata(&beside, "/").is_err() {
                break;
            }
        }
    });
    let (unmounted, rounds) = mpsc::channel::<()>();
    let watched = kernel.clone();
    let watch = thread::spawn(move || {
        loop {
            match rounds.recv_timeout(PATIENCE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    watched.kill();
                    break;
                }
            }
        }
    });
    for _ in 0..ROUNDS {
        let image = folder.file("image", &rumpkernel_examples::lfs());
        mount_raw(&kernel, &image);
        fs::write(&kernel, "/mnt/lost", [8; 30_000]).unwrap();
        kernel.faults().arm(Fault::Write, 1, 1);
        unmount_raw(&kernel);
        kernel.faults().disarm();
        unmounted.send(()).unwrap();
    }
    drop((done, unmounted));
    other.join().unwrap();
    watch.join().unwrap();
}
