//! Mounting and unmounting.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rumpkernel::mount::{Ffs, Kernfs, Tmpfs};
use rumpkernel::{Errno, Error, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_sys as sys;

use crate::world;

crate::tests![
    a_missing_directory_is_refused,
    a_file_is_no_mount_point,
    a_busy_file_system_stays_mounted,
    dropping_unmounts_by_force,
    dropping_unmounts_under_busy_threads,
    a_covered_file_system_stays_mounted,
    a_sync_beside_makes_no_mount_busy,
    a_link_can_lead_to_the_mount_point,
    a_tmpfs_has_its_limits,
    kernfs_tells_about_the_kernel,
];

fn a_missing_directory_is_refused() {
    let kernel = world::boot();
    let error = kernel.mount(Tmpfs::new(), "/missing").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    assert!(error.to_string().contains("create_dir"), "{error}");
    assert_eq!(error.path(), Some(Path::new("/missing")));
}

fn a_file_is_no_mount_point() {
    let kernel = world::boot();
    fs::write(&kernel, "/file", "").unwrap();
    assert_eq!(
        kernel.mount(Tmpfs::new(), "/file").unwrap_err().errno(),
        Some(Errno::NOTDIR)
    );
}

fn a_busy_file_system_stays_mounted() {
    let (kernel, mount) = world::with_tmpfs();
    let file = fs::File::create_new(&kernel, "/mnt/file").unwrap();
    let failed = mount.unmount().unwrap_err();
    assert_eq!(failed.error.errno(), Some(Errno::BUSY));
    file.write_all_at(b"still there", 0).unwrap();
    drop(file);
    failed.mount.unmount().unwrap();
    assert!(!fs::exists(&kernel, "/mnt/file").unwrap());
}

fn dropping_unmounts_by_force() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    let file = fs::File::create_new(&kernel, "/mnt/new").unwrap();
    file.write_all_at(b"written", 0).unwrap();
    let directory = fs::read_dir(&kernel, "/mnt").unwrap();
    drop(mount);
    assert!(!fs::exists(&kernel, "/mnt/new").unwrap());
    file.write_at(b"lost", 0).unwrap_err();
    drop((file, directory));
    let _mount = kernel.mount(Ffs::image(&image), "/mnt").unwrap();
    assert_eq!(fs::read(&kernel, "/mnt/new").unwrap(), b"written");
}

fn dropping_unmounts_under_busy_threads() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    let stop = AtomicBool::new(false);
    let mount = thread::scope(|scope| {
        for number in 0..4 {
            let (kernel, stop) = (&kernel, &stop);
            scope.spawn(move || {
                let path = format!("/mnt/{number}");
                while !stop.load(Ordering::Relaxed) {
                    // Between two mounts it is the directory below that is written to.
                    let _any = fs::write(kernel, &path, [1; 30_000]);
                    let _any = fs::read(kernel, &path);
                    let _any = fs::remove_file(kernel, &path);
                }
            });
        }
        let mut mount = mount;
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(10));
            drop(mount);
            mount = kernel.mount(Ffs::image(&image), "/mnt").unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        mount
    });
    mount.unmount().unwrap();
}

fn a_covered_file_system_stays_mounted() {
    let (kernel, below) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/below", "").unwrap();
    let above = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/above", "").unwrap();
    let below = below.unmount().unwrap_err();
    assert_eq!(below.error.errno(), Some(Errno::BUSY));
    assert!(fs::exists(&kernel, "/mnt/above").unwrap());
    above.unmount().unwrap();
    assert!(fs::exists(&kernel, "/mnt/below").unwrap());
    below.mount.unmount().unwrap();
}

/// Mounts the FFS on a device of the kernel, writes to it and unmounts, by plain system calls.
fn mount_write_unmount(kernel: &Kernel, device: &CStr, contents: &[u8]) -> Result<(), Error> {
    let mut arguments = sys::ufs_args {
        fspec: device.as_ptr().cast_mut(),
    };
    let (start, size) = ((&raw mut arguments).cast(), size_of::<sys::ufs_args>());
    let (kind, path) = (c"ffs".as_ptr(), c"/mnt".as_ptr());
    // SAFETY: strings, and the structure that ffs takes, all of which live as long as the call.
    unsafe { kernel.syscall(|k| (k.sys_mount)(kind, path, 0, start, size)) }?;
    fs::write(kernel, "/mnt/new", contents)?;
    // SAFETY: the string lives as long as the program.
    unsafe { kernel.syscall(|k| (k.sys_unmount)(path, 0)) }.map(drop)
}

/// Unmounting by the safe API waits for its other calls, but not for the kernel's own threads.
fn a_sync_beside_makes_no_mount_busy() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let folder = world::Folder::new();
    let image = folder.unpack(FFS2_LE);
    let device = c"/dev/image";
    let image = CString::new(image.to_str().unwrap()).unwrap();
    let (key, host) = (device.as_ptr(), image.as_ptr());
    // SAFETY: both strings live for the call, and the kernel copies them.
    let refused = unsafe { kernel.enter(|k| (k.etfs_register)(key, host, sys::RUMP_ETFS_BLK)) };
    assert_eq!(refused.unwrap(), 0);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            let (kernel, stop) = (&kernel, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // SAFETY: it takes no arguments.
                    unsafe { kernel.enter(|k| (k.sys_sync)()) }.unwrap();
                }
            });
        }
        let outcome = (0..20).try_for_each(|number| {
            mount_write_unmount(&kernel, device, &[number; 5000])
                .map_err(|error| format!("{number}: {error}"))
        });
        stop.store(true, Ordering::Relaxed);
        assert_eq!(outcome, Ok(()));
    });
}

fn a_link_can_lead_to_the_mount_point() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/place").unwrap();
    fs::symlink(&kernel, "/place", "/link").unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/link").unwrap();
    fs::write(&kernel, "/place/file", "").unwrap();
    mount.unmount().unwrap();
    assert!(!fs::exists(&kernel, "/place/file").unwrap());
    // Relative paths begin at the root.
    let mount = kernel.mount(Tmpfs::new(), "place").unwrap();
    fs::write(&kernel, "/place/file", "").unwrap();
    mount.unmount().unwrap();
}

fn a_tmpfs_has_its_limits() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let tmpfs = Tmpfs::new()
        .size(1 << 20)
        .files(10)
        .mode(0o1777)
        .owner(12, 34);
    let _mount = kernel.mount(tmpfs, "/mnt").unwrap();
    let root = fs::metadata(&kernel, "/mnt").unwrap();
    assert_eq!(
        (root.permissions().mode(), root.uid(), root.gid()),
        (0o1777, 12, 34)
    );
    let full = fs::write(&kernel, "/mnt/large", vec![0; 2 << 20]).unwrap_err();
    assert_eq!(full.errno(), Some(Errno::NOSPC));
    assert_eq!(
        std::io::Error::from(full).kind(),
        std::io::ErrorKind::StorageFull
    );
    fs::remove_file(&kernel, "/mnt/large").unwrap();
    let made = (0..20)
        .take_while(|n| fs::write(&kernel, format!("/mnt/{n}"), "").is_ok())
        .count();
    assert!((1..10).contains(&made), "{made}");
}

fn kernfs_tells_about_the_kernel() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/kern").unwrap();
    let mount = kernel.mount(Kernfs::new(), "/kern").unwrap();
    let version = fs::read_to_string(&kernel, "/kern/version").unwrap();
    assert!(version.contains("NetBSD"), "{version}");
    mount.unmount().unwrap();
}
