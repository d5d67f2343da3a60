//! Locks on files.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rumpkernel::ErrorKind;
use rumpkernel::fs::{self, File, TryLockError};
use rumpkernel_examples::FFS2_BE;

use crate::world;

crate::tests![
    one_open_file_has_a_lock_at_a_time_on_tmpfs,
    one_open_file_has_a_lock_at_a_time_on_ffs,
    who_waits_for_a_lock_gets_it,
    a_kernel_with_a_waiter_for_a_lock_ends,
];

/// The order of events on host files is that of flock(2), too: `std` is not asked again here.
fn one_open_file_has_a_lock_at_a_time(kernel: &rumpkernel::Kernel) {
    fs::write(kernel, "/mnt/file", "").unwrap();
    let one = File::open(kernel, "/mnt/file").unwrap();
    let other = File::open(kernel, "/mnt/file").unwrap();
    one.lock().unwrap();
    let taken = |result: Result<(), TryLockError>| matches!(result, Err(TryLockError::WouldBlock));
    assert!(taken(other.try_lock()));
    assert!(taken(other.try_lock_shared()));
    one.try_clone()
        .unwrap()
        .try_lock()
        .expect("of the same open file");
    one.lock_shared().unwrap();
    other.try_lock_shared().unwrap();
    assert!(taken(one.try_lock()));
    drop(one);
    other.try_lock().unwrap();
    other.unlock().unwrap();
    other.unlock().unwrap();
    File::open(kernel, "/mnt/file").unwrap().try_lock().unwrap();
}

fn one_open_file_has_a_lock_at_a_time_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    one_open_file_has_a_lock_at_a_time(&kernel);
}

fn one_open_file_has_a_lock_at_a_time_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    one_open_file_has_a_lock_at_a_time(&kernel);
}

fn who_waits_for_a_lock_gets_it() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    let one = File::open(&kernel, "/mnt/file").unwrap();
    let other = File::open(&kernel, "/mnt/file").unwrap();
    one.lock().unwrap();
    let given = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            other.lock().unwrap();
            assert!(given.load(Ordering::SeqCst), "it was locked");
        });
        thread::sleep(Duration::from_millis(50));
        // The kernel is used meanwhile, also by what wants it alone.
        fs::create_dir(&kernel, "/other").unwrap();
        let mount = kernel.mount(rumpkernel::mount::Tmpfs::new(), "/other");
        mount.unwrap().unmount().unwrap();
        given.store(true, Ordering::SeqCst);
        one.unlock().unwrap();
    });
}

fn a_kernel_with_a_waiter_for_a_lock_ends() {
    let (kernel, mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    let one = File::open(&kernel, "/mnt/file").unwrap();
    let other = File::open(&kernel, "/mnt/file").unwrap();
    one.lock().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| other.lock());
        thread::sleep(Duration::from_millis(50));
        kernel.shutdown().unwrap();
        let error = waiting.join().unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ShutDown), "{error}");
    });
    drop(mount);
}
