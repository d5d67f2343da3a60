//! Images that cannot be mounted, or not now, or that have gaps.

use std::path::{Path, PathBuf};

use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::{FFS1_LE, FFS2_LE};
use rumpkernel_sys as sys;

use crate::world::{self, Folder, numbers};

crate::tests![
    an_empty_image_is_refused,
    random_bytes_are_refused,
    an_image_cut_short_is_refused_for_writing,
    an_image_cut_short_is_an_error_where_the_gap_is,
    an_image_can_be_mounted_once_for_writing,
    an_image_in_use_elsewhere_is_refused,
    what_is_no_image_is_refused,
    more_disks_than_there_can_be_are_refused,
    a_damaged_directory_is_not_listed_for_ever,
];

/// For reading and writing, and for reading only.
fn both() -> [MountOptions; 2] {
    [MountOptions::new(), MountOptions::new().read_only()]
}

/// Tries to mount, at a directory that is made for it.
fn mount_error(kernel: &Kernel, image: &Path, options: MountOptions) -> rumpkernel::Error {
    if !fs::exists(kernel, "/mnt").unwrap() {
        fs::create_dir(kernel, "/mnt").unwrap();
    }
    let error = kernel
        .mount_with(Ffs::image(image), "/mnt", options)
        .unwrap_err();
    assert!(kernel.is_alive(), "{error}");
    assert_eq!(fs::usage(kernel, "/mnt").unwrap().file_system, "rumpfs");
    error
}

fn an_empty_image_is_refused() {
    let folder = Folder::new();
    let image = folder.file("empty", b"");
    let kernel = world::boot();
    for options in both() {
        let error = mount_error(&kernel, &image, options);
        assert_eq!(error.errno(), Some(Errno::INVAL));
        assert!(error.to_string().contains("empty"), "{error}");
    }
}

fn random_bytes_are_refused() {
    let folder = Folder::new();
    let kernel = world::boot();
    let mut state = 1_u64;
    let mut noise = |length: usize| -> Vec<u8> {
        std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .take(length)
        .collect()
    };
    for length in [1, 511, 512, 513, 8192, 70_000, 1 << 20] {
        let image = folder.file(&length.to_string(), &noise(length));
        for options in both() {
            let error = mount_error(&kernel, &image, options);
            assert!(error.errno().is_some(), "{error}");
        }
        // The image is free again.
        std::fs::File::open(&image).unwrap().try_lock().unwrap();
    }
}

/// A copy of the image with everything from `length` on missing.
fn cut(folder: &Folder, length: u64) -> PathBuf {
    let image = folder.unpack(FFS2_LE);
    std::fs::File::options()
        .write(true)
        .open(&image)
        .unwrap()
        .set_len(length)
        .unwrap();
    image
}

fn an_image_cut_short_is_refused_for_writing() {
    let folder = Folder::new();
    let image = cut(&folder, 400_000);
    let kernel = world::boot();
    let error = mount_error(&kernel, &image, MountOptions::new());
    assert!(error.errno().is_some(), "{error}");
    assert_eq!(
        std::fs::metadata(&image).unwrap().len(),
        400_000,
        "nothing was written"
    );
}

fn an_image_cut_short_is_an_error_where_the_gap_is() {
    // Where the files' data lies in the image: from the first line of numbers.txt on.
    let whole = Folder::new();
    let bytes = std::fs::read(whole.unpack(FFS2_LE)).unwrap();
    let first = b"line 0001 of";
    let begin = bytes
        .windows(first.len())
        .position(|window| window == first)
        .unwrap() as u64;
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    // At a block, at a sector within a block, and within a sector.
    for gap in [begin + 16384, begin + 16384 + 1024, begin + 20480 + 100] {
        let folder = Folder::new();
        let image = cut(&folder, gap);
        let mount = kernel
            .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().read_only())
            .unwrap();
        let file = fs::File::open(&kernel, "/mnt/numbers.txt").unwrap();
        let mut line = [0; 12];
        file.read_exact_at(&mut line, 0).unwrap();
        assert_eq!(&line, first, "before the gap");
        let mut all = vec![0; numbers().len()];
        let error = file.read_exact_at(&mut all, 0).unwrap_err();
        assert!(error.to_string().contains("pread"), "{error}");
        let error = fs::read(&kernel, "/mnt/numbers.txt").unwrap_err();
        assert!(
            matches!(error.errno(), Some(Errno::IO | Errno::INVAL)),
            "{error}"
        );
        drop(file);
        mount.unmount().unwrap();
    }
}

fn an_image_can_be_mounted_once_for_writing() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    fs::create_dir(&kernel, "/other").unwrap();
    for options in both() {
        let error = kernel
            .mount_with(Ffs::image(&image), "/other", options)
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ImageInUse), "{error}");
    }
    mount.unmount().unwrap();
    kernel
        .mount(Ffs::image(&image), "/other")
        .unwrap()
        .unmount()
        .unwrap();
}

fn an_image_in_use_elsewhere_is_refused() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let kernel = world::boot();
    // Another process would hold the same lock.
    let other = std::fs::File::open(&image).unwrap();
    other.lock_shared().unwrap();
    let error = mount_error(&kernel, &image, MountOptions::new());
    assert!(matches!(error.kind(), ErrorKind::ImageInUse), "{error}");
    drop(
        kernel
            .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().read_only())
            .unwrap(),
    );
    other.unlock().unwrap();
    other.lock().unwrap();
    let error = mount_error(&kernel, &image, MountOptions::new().read_only());
    assert!(matches!(error.kind(), ErrorKind::ImageInUse), "{error}");
}

fn what_is_no_image_is_refused() {
    let folder = Folder::new();
    let kernel = world::boot();
    let missing = mount_error(&kernel, &folder.path().join("missing"), MountOptions::new());
    assert!(
        matches!(missing.kind(), ErrorKind::Host(error) if error.kind() == std::io::ErrorKind::NotFound),
        "{missing}"
    );
    assert!(missing.to_string().contains("missing"), "{missing}");
    mount_error(&kernel, folder.path(), MountOptions::new());
    let directory = mount_error(&kernel, folder.path(), MountOptions::new().read_only());
    assert_eq!(directory.errno(), Some(Errno::NOTBLK), "{directory}");
}

fn more_disks_than_there_can_be_are_refused() {
    let folder = Folder::new();
    let kernel = world::boot();
    let (image, other) = (folder.path().join("image"), folder.path().join("other"));
    for image in [&image, &other] {
        FFS1_LE.unpack(image).unwrap();
    }
    let mut mounts: Vec<_> = (0..256)
        .map(|number| {
            let at = format!("/{number}");
            fs::create_dir(&kernel, &at).unwrap();
            let read_only = MountOptions::new().read_only();
            kernel
                .mount_with(Ffs::image(&image), at, read_only)
                .unwrap()
        })
        .collect();
    let refused = mount_error(&kernel, &other, MountOptions::new());
    assert!(refused.to_string().contains("256 disks"), "{refused}");
    std::fs::File::open(&other).unwrap().try_lock().unwrap();
    mounts.pop().unwrap().unmount().unwrap();
    mounts.push(kernel.mount(Ffs::image(&other), "/255").unwrap());
}

/// The first entry of a directory has no length, and the listing begins behind it.
fn a_damaged_directory_is_not_listed_for_ever() {
    let mut bytes = FFS2_LE.bytes().unwrap();
    // The directories in the root directory: "." and, of inode 2, "..".
    for at in (0..bytes.len() - 16).step_by(512) {
        let entry = &mut bytes[at..at + 16];
        if entry[4..9] == [12, 0, 4, 1, b'.'] && entry[12..] == [2, 0, 0, 0] && entry[0] != 2 {
            entry[4] = 0;
        }
    }
    let folder = Folder::new();
    let (image, kernel) = (folder.file("damaged", &bytes), world::boot());
    fs::create_dir(&kernel, "/mnt").unwrap();
    let read_only = MountOptions::new().read_only();
    let mount = kernel
        .mount_with(Ffs::image(image), "/mnt", read_only)
        .unwrap();
    // SAFETY: a C string, a descriptor of this process's, and a buffer of that size.
    let listed = unsafe {
        let fd = kernel
            .syscall(|k| (k.sys_open)(c"/mnt/docs".as_ptr(), sys::O_RDONLY, 0))
            .unwrap();
        kernel
            .syscall(move |k| (k.sys_lseek)(fd, 24, sys::SEEK_SET) as i32)
            .unwrap();
        let mut buffer = [0_u64; 512];
        let start = buffer.as_mut_ptr().cast();
        let listed = kernel.syscall(move |k| (k.sys_getdents)(fd, start, 4096));
        kernel.syscall(move |k| (k.sys_close)(fd)).unwrap();
        listed
    };
    assert_eq!(listed.unwrap_err().errno(), Some(Errno::INVAL));
    mount.unmount().unwrap();
}
