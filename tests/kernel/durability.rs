//! What is called durable is, and what the host failed to write is reported to everybody who asks.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Errno, Error, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_sys as sys;
use rumpuser_posix::{DiskEvent, DiskOperation, Fault, Recording};

use crate::small_disk::SmallDisk;
use crate::world::{self, Folder};

crate::tests![
    a_failed_write_is_told_to_each_who_asks,
    a_failed_flush_is_told_to_each_who_asks,
    a_write_that_nobody_waited_for_is_told,
    the_kernel_itself_tells_of_each_failed_write,
    a_disk_does_not_hear_of_another,
    unmounting_tells_what_was_lost,
    shutdown_tells_what_was_lost,
    dropping_says_on_the_console_what_was_lost,
    what_could_not_be_written_is_written_by_the_next_sync,
    a_failed_write_with_a_log_leaves_a_kernel_that_lives,
    a_sync_makes_the_image_durable,
    a_log_is_flushed_by_the_sync_of_a_file;
    alone:
    a_full_disk_of_the_host_is_told,
];

/// The operation that the host failed.
fn disk(result: Result<(), Error>) -> Option<DiskOperation> {
    match result {
        Ok(()) => None,
        Err(error) => match error.kind() {
            ErrorKind::Disk(failure) => Some(failure.operation()),
            _ => panic!("{error}"),
        },
    }
}

fn arm(kernel: &Kernel, fault: Fault) {
    kernel.faults().arm(fault, 0, u64::MAX);
}

fn disarm(kernel: &Kernel) {
    kernel.faults().disarm();
}

fn a_failure_is_told(fault: Fault, operation: DiskOperation) {
    let (kernel, _folder, _image, mount) = world::with_image(FFS2_LE);
    let one = fs::File::create_new(&kernel, "/mnt/one").unwrap();
    let other = fs::File::create_new(&kernel, "/mnt/other").unwrap();
    one.write_all_at(&[7; 100_000], 0).unwrap();
    other.write_all_at(&[8; 100], 0).unwrap();
    arm(&kernel, fault);
    assert_eq!(disk(one.sync_all()), Some(operation));
    disarm(&kernel);
    let late = fs::File::open(&kernel, "/mnt/hello.txt").unwrap();
    assert_eq!(disk(one.sync_all()), None, "it has been told");
    assert_eq!(disk(late.sync_all()), None, "it was opened later");
    for file in [other.try_clone().unwrap(), other] {
        assert_eq!(disk(file.sync_data()), Some(operation));
        assert_eq!(disk(file.sync_data()), None);
    }
    let sync = || disk(kernel.sync());
    assert_eq!((sync(), sync()), (Some(operation), None));
    drop((one, late));
    let failed = mount.unmount().unwrap_err();
    assert!(failed.mount.is_mounted());
    assert_eq!(disk(Err(failed.error)), Some(operation));
    failed.mount.unmount().unwrap();
    kernel.shutdown().unwrap();
}

fn a_failed_write_is_told_to_each_who_asks() {
    a_failure_is_told(Fault::Write, DiskOperation::Write);
}

fn a_failed_flush_is_told_to_each_who_asks() {
    a_failure_is_told(Fault::Sync, DiskOperation::Flush);
}

fn a_write_that_nobody_waited_for_is_told() {
    let (kernel, _folder, _image, mount) = world::with_image(FFS2_LE);
    let file = fs::File::create_new(&kernel, "/mnt/behind").unwrap();
    file.write_all_at(&[1; 200_000], 0).unwrap();
    kernel.sync().unwrap();
    kernel.faults().arm(Fault::Write, 0, 1);
    // The kernel's syncer writes them in time.
    file.write_all_at(&[3; 200_000], 0).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(100);
    while kernel.faults().is_armed(Fault::Write) {
        assert!(std::time::Instant::now() < deadline, "nothing was written");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    disarm(&kernel);
    assert_eq!(disk(file.sync_all()), Some(DiskOperation::Write));
    drop(file);
    mount.unmount().unwrap_err().mount.unmount().unwrap();
}

/// fsync(2) by itself, as programs of the kernel's own and C programs have it, and whichever write
/// fails: of a page, of an indirect block, of the inode.
fn the_kernel_itself_tells_of_each_failed_write() {
    let (kernel, _folder, _image, mount) = world::with_image(FFS2_LE);
    let mut struck = 0;
    let more = [2_u8; 30_000];
    for after in 0..12 {
        let path = format!("/mnt/new{after}");
        fs::write(&kernel, &path, [1; 200_000]).unwrap();
        // What a write begins by itself has ended.
        kernel.sync().unwrap();
        let (name, data) = (
            std::ffi::CString::new(&*path).unwrap(),
            more.as_ptr().cast(),
        );
        let name = name.as_ptr();
        // SAFETY: string and data live as long as the calls.
        let fd = unsafe {
            let fd = kernel
                .syscall(move |k| (k.sys_open)(name, sys::O_RDWR, 0))
                .unwrap();
            let written = kernel.syscall(move |k| (k.sys_pwrite)(fd, data, 30_000, 200_000));
            assert_eq!(written.unwrap(), 30_000);
            fd
        };
        kernel.faults().arm(Fault::Write, after, 1);
        // SAFETY: plain values.
        let synced = unsafe { kernel.syscall(move |k| (k.sys_fsync)(fd)) };
        let has_failed = !kernel.faults().is_armed(Fault::Write);
        disarm(&kernel);
        struck += usize::from(has_failed);
        assert_eq!(synced.is_err(), has_failed, "write {after}: {synced:?}");
        // SAFETY: plain values.
        unsafe { kernel.syscall(move |k| (k.sys_close)(fd)) }.unwrap();
        fs::remove_file(&kernel, &path).unwrap();
        let _told = kernel.sync();
    }
    assert!((2..12).contains(&struck), "{struck} writes");
    mount.unmount().unwrap_err().mount.unmount().unwrap();
}

fn a_disk_does_not_hear_of_another() {
    let (kernel, folder, _image, mount) = world::with_image(FFS2_LE);
    fs::create_dir(&kernel, "/good").unwrap();
    let good = folder.path().join("good");
    FFS2_LE.unpack(&good).unwrap();
    let other = kernel.mount(Ffs::image(&good), "/good").unwrap();
    let file = fs::File::create_new(&kernel, "/good/file").unwrap();
    let bad = fs::File::create_new(&kernel, "/mnt/file").unwrap();
    let memory = fs::File::create(&kernel, "/memory").unwrap();
    bad.write_all_at(&[1; 100_000], 0).unwrap();
    arm(&kernel, Fault::Write);
    bad.sync_all().unwrap_err();
    disarm(&kernel);
    assert_eq!(disk(file.sync_all()), None);
    assert_eq!(disk(memory.sync_all()), None, "it lies on no disk");
    drop((file, bad));
    other.unmount().unwrap();
    mount.unmount().unwrap_err();
}

fn unmounting_tells_what_was_lost() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    fs::write(&kernel, "/mnt/new", vec![5; 100_000]).unwrap();
    arm(&kernel, Fault::Write);
    let failed = mount.unmount().unwrap_err();
    assert!(failed.to_string().contains(&*image.to_string_lossy()));
    assert_eq!(disk(Err(failed.error)), Some(DiskOperation::Write));
    disarm(&kernel);
    failed.mount.unmount().unwrap();
}

fn shutdown_tells_what_was_lost() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_LE);
    fs::write(&kernel, "/mnt/new", vec![5; 100_000]).unwrap();
    arm(&kernel, Fault::Write);
    assert_eq!(disk(kernel.shutdown()), Some(DiskOperation::Write));
    assert!(matches!(
        kernel.shutdown().unwrap_err().kind(),
        ErrorKind::ShutDown
    ));
}

fn dropping_says_on_the_console_what_was_lost() {
    let lines = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&lines);
    let kernel = world::boot_with(Kernel::builder().console(move |line| {
        sink.lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(line));
    }))
    .unwrap();
    let (_folder, _image, mount) = world::mount_image(&kernel, FFS2_LE);
    fs::write(&kernel, "/mnt/new", vec![5; 100_000]).unwrap();
    arm(&kernel, Fault::Write);
    drop(mount);
    disarm(&kernel);
    assert!(
        lines
            .lock()
            .unwrap()
            .contains("unmount /mnt: the host could not write")
    );
    assert_eq!(disk(kernel.shutdown()), Some(DiskOperation::Write));
}

/// The pages of a file stay dirty when they could not be written and nobody waited for it.
fn what_could_not_be_written_is_written_by_the_next_sync() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    let file = fs::File::create_new(&kernel, "/mnt/new").unwrap();
    file.write_all_at(&[1; 200_000], 0).unwrap();
    file.sync_all().unwrap();
    file.write_all_at(&[2; 200_000], 0).unwrap();
    arm(&kernel, Fault::Write);
    file.sync_all().unwrap_err();
    disarm(&kernel);
    file.sync_all().unwrap();
    drop(file);
    mount.unmount().unwrap_err().mount.unmount().unwrap();
    let _mount = kernel.mount(Ffs::image(&image), "/mnt").unwrap();
    assert!(fs::read(&kernel, "/mnt/new").unwrap() == [2; 200_000]);
}

/// Whatever write fails first, and however long that lasts: no panic, and the file system goes.
fn a_failed_write_with_a_log_leaves_a_kernel_that_lives() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    for (after, times) in [
        (0, u64::MAX),
        (1, 1),
        (2, 1),
        (5, 3),
        (9, u64::MAX),
        (20, 1),
    ] {
        for drops in [false, true] {
            let folder = Folder::new();
            let image = folder.unpack(FFS2_LE);
            let mount = kernel
                .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().log())
                .unwrap();
            let busy = |n: u64| {
                for number in 0..n {
                    let _any = fs::create_dir(&kernel, format!("/mnt/d{number}"));
                    let _any = fs::write(&kernel, format!("/mnt/d{number}/f"), [9; 30_000]);
                    let _any = fs::rename(&kernel, format!("/mnt/d{number}"), "/mnt/docs");
                    let _any = fs::remove_dir_all(&kernel, format!("/mnt/d{}", number / 2));
                }
            };
            busy(10);
            kernel.faults().arm(Fault::Write, after, times);
            busy(20);
            let file = fs::File::create(&kernel, "/mnt/file").and_then(|file| {
                let _any = file.write_at(&[4; 60_000], 0);
                file.sync_all()
            });
            let synced = kernel.sync();
            assert!(file.is_err() || synced.is_err() || after > 9);
            if drops {
                drop(mount);
            } else {
                let mut left = mount.unmount();
                for _ in 0..3 {
                    match left {
                        Ok(()) => break,
                        Err(failed) => left = failed.mount.unmount(),
                    }
                }
                disarm(&kernel);
                drop(left);
            }
            disarm(&kernel);
            assert!(kernel.is_alive(), "{:?}", kernel.sync());
            assert_eq!(
                fs::read_dir(&kernel, "/mnt").unwrap().count(),
                0,
                "it is gone"
            );
        }
    }
}

/// How many writes there were, and those of them that are known to be durable.
fn durable(recording: &Recording) -> (usize, Vec<(u64, Vec<u8>)>) {
    let events = recording.events();
    let covered = events.iter().filter_map(|event| match event {
        DiskEvent::Flush { covers, .. } => Some(*covers),
        _ => None,
    });
    let covered = covered.max().unwrap_or_default();
    let writes = |events: &[DiskEvent]| -> Vec<_> {
        let writes = events.iter().filter_map(|event| match event {
            DiskEvent::Write { offset, data, .. } => Some((*offset, data.clone())),
            _ => None,
        });
        writes.collect()
    };
    (writes(&events).len(), writes(&events[..covered]))
}

fn a_sync_makes_the_image_durable() {
    let recording = Recording::new();
    let kernel = world::boot_with(world::booting().recording(recording.clone())).unwrap();
    let (_folder, _image, mount) = world::mount_image(&kernel, FFS2_LE);
    let mut before = 0;
    let mut check = |what: &str| {
        // For writes that nobody waited for.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let (writes, durable) = durable(&recording);
        assert!(writes > before, "{what} wrote nothing");
        assert_eq!(writes, durable.len(), "{what}");
        before = writes;
    };
    let mut file = fs::File::create_new(&kernel, "/mnt/file").unwrap();
    file.write_all(&vec![1; 1 << 20]).unwrap();
    file.sync_all().unwrap();
    check("sync_all");
    file.write_all(&vec![1; 1 << 20]).unwrap();
    file.sync_data().unwrap();
    check("sync_data");
    fs::write(&kernel, "/mnt/other", vec![1; 1 << 20]).unwrap();
    kernel.sync().unwrap();
    check("sync");
    drop(file);
    fs::write(&kernel, "/mnt/third", vec![1; 1 << 20]).unwrap();
    mount.unmount().unwrap();
    check("unmount");
}

fn a_log_is_flushed_by_the_sync_of_a_file() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let mut left = std::fs::read(&image).unwrap();
    let recording = Recording::new();
    let kernel = world::boot_with(world::booting().recording(recording.clone())).unwrap();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let _mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().log())
        .unwrap();
    for number in 0..20 {
        let path = format!("/mnt/file{number}");
        let file = fs::File::create_new(&kernel, &path).unwrap();
        file.write_all_at(&[number; 30_000], 0).unwrap();
        match number % 2 {
            0 => file.sync_all().unwrap(),
            _ => file.sync_data().unwrap(),
        }
    }
    // What a loss of power leaves at least.
    for (offset, data) in durable(&recording).1 {
        let offset = usize::try_from(offset).unwrap();
        left[offset..offset + data.len()].copy_from_slice(&data);
    }
    let cut = folder.file("cut", &left);
    fs::create_dir(&kernel, "/cut").unwrap();
    let _cut = kernel
        .mount_with(Ffs::image(&cut), "/cut", MountOptions::new().log())
        .unwrap();
    for number in 0..20 {
        let read = fs::read(&kernel, format!("/cut/file{number}")).unwrap();
        assert!(read == [number; 30_000], "{number}");
    }
}

/// What the host said to a write on a full disk, if anybody was told.
fn full(result: Result<(), Error>) -> bool {
    result.is_err_and(|error| error.errno() == Some(Errno::NOSPC))
}

/// The image is sparse, and the host's disk has no room for what was a hole in it.
fn a_full_disk_of_the_host_is_told() {
    let disk = SmallDisk::mount();
    let folder = Folder::new();
    let original = folder.unpack(FFS2_LE);
    for round in 0..3 {
        let image = disk.sparse(&original);
        let kernel = world::boot();
        fs::create_dir(&kernel, "/mnt").unwrap();
        let mount = kernel.mount(Ffs::image(&image), "/mnt").unwrap();
        let file = fs::File::create(&kernel, "/mnt/lost").unwrap();
        kernel.sync().unwrap();
        disk.fill();
        file.write_all_at(&[7; 4000], 0).unwrap();
        match round {
            0 => {
                assert!(full(file.sync_data()));
                assert!(full(kernel.sync()));
            }
            1 => {
                drop(file);
                let failed = mount.unmount().unwrap_err();
                assert!(full(Err(failed.error)));
                disk.empty();
                failed.mount.unmount().unwrap();
                continue;
            }
            _ => assert!(full(kernel.shutdown())),
        }
        disk.empty();
    }
}
