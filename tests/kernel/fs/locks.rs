//! Locks on files.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rumpkernel::fs::{self, File, LockKind, TryLockError};
use rumpkernel::{Errno, ErrorKind, Process};
use rumpkernel_examples::FFS2_BE;

use crate::world;

crate::tests![
    one_open_file_has_a_lock_at_a_time_on_tmpfs,
    one_open_file_has_a_lock_at_a_time_on_ffs,
    who_waits_for_a_lock_gets_it,
    a_kernel_with_a_waiter_for_a_lock_ends,
    processes_lock_parts_of_files,
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

fn processes_lock_parts_of_files() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "0123456789").unwrap();
    let (one, other) = (
        Process::new(&kernel).unwrap(),
        Process::new(&kernel).unwrap(),
    );
    let open = |process: &Process| {
        let mut options = fs::OpenOptions::new();
        options
            .read(true)
            .write(true)
            .open(process, "/mnt/file")
            .unwrap()
    };
    let (mine, theirs) = (open(&one), open(&other));
    let taken = |result: Result<(), TryLockError>| matches!(result, Err(TryLockError::WouldBlock));
    mine.lock_range(LockKind::Exclusive, 2..5).unwrap();
    mine.lock_range(LockKind::Shared, 100..).unwrap();
    open(&one)
        .try_lock_range(LockKind::Exclusive, 1..4)
        .expect("of the same process");
    mine.lock_range(LockKind::Exclusive, 1..5)
        .expect("closing gave them back");
    assert!(taken(theirs.try_lock_range(LockKind::Shared, ..)));
    theirs.try_lock_range(LockKind::Exclusive, 5..9).unwrap();
    theirs.try_lock_range(LockKind::Exclusive, ..=0).unwrap();
    let found = theirs
        .conflicting_lock(LockKind::Shared, 3..)
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.kind, found.start, found.length),
        (LockKind::Exclusive, 1, Some(4))
    );
    assert_eq!(found.process, one.id().unwrap());
    assert_eq!(
        theirs.conflicting_lock(LockKind::Shared, 5..).unwrap(),
        None
    );
    mine.unlock_range(2..3).unwrap();
    theirs.try_lock_range(LockKind::Exclusive, 2..3).unwrap();
    assert!(taken(theirs.try_lock_range(LockKind::Exclusive, 2..4)));
    drop(mine);
    theirs.lock_range(LockKind::Exclusive, ..).unwrap();
    let read_only = File::open(&one, "/mnt/file").unwrap();
    let refused = read_only.lock_range(LockKind::Exclusive, ..).unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::BADF));
    assert_eq!(
        theirs
            .lock_range(LockKind::Shared, 5..5)
            .unwrap_err()
            .errno(),
        Some(Errno::INVAL)
    );
}
