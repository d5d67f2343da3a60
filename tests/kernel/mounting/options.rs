//! The options of every mount.

use std::ffi::{CString, c_int};
use std::time::{Duration, SystemTime};

use rumpkernel::mount::{Ffs, MountOptions, Tmpfs};
use rumpkernel::{Errno, Hand, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_sys as sys;

use super::boot;
use crate::world::{self, Folder};

crate::tests![; drivers:
    access_times_are_recorded_unless_unwanted,
    flags_are_the_kernels_own,
    links_can_have_permissions,
    what_is_written_synchronously_is_in_the_image,
];

/// Whether it is recorded that a file is read, an hour later each time, in mounts with each of
/// these options.
fn records_access<const N: usize>(all: [MountOptions; N]) -> [bool; N] {
    const HOUR: Duration = Duration::from_secs(3600);
    let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_469_703_600);
    let hand = Hand::new(begin).unwrap();
    let kernel = world::boot_with(world::booting().clock(hand.clock())).unwrap();
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    fs::create_dir(&kernel, "/mnt").unwrap();
    let accessed = || {
        let metadata = fs::metadata(&kernel, "/mnt/hello.txt").unwrap();
        metadata.accessed().unwrap()
    };
    all.map(|options| {
        let mount = kernel.mount_with(Ffs::image(&image), "/mnt", options);
        let mount = mount.unwrap();
        let before = accessed();
        hand.advance(HOUR).unwrap();
        fs::read(&kernel, "/mnt/hello.txt").unwrap();
        let after = accessed();
        mount.unmount().unwrap();
        after != before
    })
}

fn access_times_are_recorded_unless_unwanted() {
    let new = MountOptions::new;
    let recorded = records_access([new(), new().no_access_times()]);
    assert_eq!(recorded, [true, false]);
}

/// Flags of the file system at a path, statvfs(2).
fn flags(kernel: &Kernel, path: &str) -> c_int {
    let path = CString::new(path).unwrap();
    let mut found = Box::<sys::statvfs>::default();
    let (path, place) = (path.as_ptr(), &raw mut *found);
    // SAFETY: the string and the structure live as long as the call.
    unsafe { kernel.syscall(move |k| (k.sys_statvfs1)(path, place, sys::ST_WAIT)) }.unwrap();
    found.f_flag as c_int
}

fn flags_are_the_kernels_own() {
    let kernel = boot();
    let new = MountOptions::new;
    for (options, flag) in [
        (new().asynchronous(), sys::MNT_ASYNC),
        (new().link_permissions(), sys::MNT_SYMPERM),
        (new().no_access_times(), sys::MNT_NOATIME),
        (new().no_exec(), sys::MNT_NOEXEC),
        (new().no_set_id(), sys::MNT_NOSUID),
        (new().read_only(), sys::MNT_RDONLY),
        (new().synchronous(), sys::MNT_SYNCHRONOUS),
        (new().union(), sys::MNT_UNION),
    ] {
        let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
        assert_eq!(flags(&kernel, "/mnt") & flag, 0, "{options:?}");
        mount.unmount().unwrap();
        let mount = kernel.mount_with(Tmpfs::new(), "/mnt", options).unwrap();
        assert_eq!(flags(&kernel, "/mnt") & flag, flag, "{options:?}");
        mount.unmount().unwrap();
    }
}

fn links_can_have_permissions() {
    let kernel = boot();
    let is_followed = |options| {
        let mount = kernel.mount_with(Tmpfs::new(), "/mnt", options).unwrap();
        fs::write(&kernel, "/mnt/file", "").unwrap();
        fs::symlink(&kernel, "file", "/mnt/link").unwrap();
        let link = c"/mnt/link".as_ptr();
        // SAFETY: the string lives as long as the program.
        unsafe { kernel.syscall(|k| (k.sys_lchmod)(link, 0o600)) }.unwrap();
        let followed = fs::metadata(&kernel, "/mnt/link");
        mount.unmount().unwrap();
        followed
    };
    is_followed(MountOptions::new()).unwrap();
    let error = is_followed(MountOptions::new().link_permissions()).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ACCES), "{error}");
}

fn what_is_written_synchronously_is_in_the_image() {
    let kernel = boot();
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let options = MountOptions::new().synchronous();
    let mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", options)
        .unwrap();
    fs::write(&kernel, "/mnt/new", [7; 20_000]).unwrap();
    let copy = folder.path().join("copy");
    std::fs::copy(&image, &copy).unwrap();
    mount.unmount().unwrap();
    let options = MountOptions::new().read_only();
    let mount = kernel
        .mount_with(Ffs::image(&copy), "/mnt", options)
        .unwrap();
    assert!(fs::read(&kernel, "/mnt/new").unwrap() == [7; 20_000]);
    mount.unmount().unwrap();
}
