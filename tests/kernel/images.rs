//! FFS images that makefs made.

use std::path::Path;

use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Errno, Kernel, fs};
use rumpkernel_examples::{FFS1_BE, FFS1_LE, FFS2_BE, FFS2_LE, IMAGES, Image};

use crate::world::{self, Folder, numbers};

crate::tests![
    every_version_and_byte_order_is_read,
    ffs1_le_keeps_what_is_written,
    ffs1_be_keeps_what_is_written,
    ffs2_le_keeps_what_is_written,
    ffs2_be_keeps_what_is_written,
    a_journal_can_be_kept,
    device_nodes_in_an_image_are_no_devices,
    read_only_leaves_the_image_as_it_is,
    readers_share_an_image,
];

/// Everything in an image is as makefs found it in the folder; see the images' README.
fn assert_tree(kernel: &Kernel, at: &str) {
    let path = |name: &str| Path::new(at).join(name);
    let golden = [
        (
            "hello.txt",
            include_str!("../../examples/images/tree/hello.txt"),
        ),
        (
            "docs/why.txt",
            include_str!("../../examples/images/tree/docs/why.txt"),
        ),
        (
            "docs/script.sh",
            include_str!("../../examples/images/tree/docs/script.sh"),
        ),
        (
            "docs/deep/er/bottom.txt",
            include_str!("../../examples/images/tree/docs/deep/er/bottom.txt"),
        ),
        ("numbers.txt", &numbers()),
    ];
    for (name, contents) in golden {
        assert_eq!(
            fs::read_to_string(kernel, path(name)).unwrap(),
            contents,
            "{name}"
        );
        assert_eq!(
            fs::metadata(kernel, path(name)).unwrap().len(),
            contents.len() as u64
        );
    }
    assert_eq!(
        fs::read_link(kernel, path("why")).unwrap(),
        Path::new("docs/why.txt")
    );
    assert!(
        fs::symlink_metadata(kernel, path("why"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(
        fs::read_to_string(kernel, path("why")).unwrap(),
        golden[1].1
    );

    let script = fs::metadata(kernel, path("docs/script.sh")).unwrap();
    assert_eq!(script.permissions().mode(), 0o755);
    // 2016-07-28T11:00:00Z
    let made = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_469_703_600);
    assert_eq!(script.modified().unwrap(), made);
    let (one, other) = ("hello.txt", "same-as-hello.txt");
    let (one, other) = (
        fs::metadata(kernel, path(one)),
        fs::metadata(kernel, path(other)),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.ino(), one.nlink()), (other.ino(), 2));

    let mut names: Vec<_> = fs::read_dir(kernel, at)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            assert_eq!(kind, entry.metadata().unwrap().file_type());
            entry.file_name().into_string().unwrap()
        })
        .collect();
    names.sort();
    let expected = [
        "docs",
        "empty",
        "hello.txt",
        "numbers.txt",
        "same-as-hello.txt",
        "why",
    ];
    assert_eq!(names, expected);
    assert_eq!(fs::read_dir(kernel, path("empty")).unwrap().count(), 0);
}

fn every_version_and_byte_order_is_read() {
    let kernel = world::boot();
    let folder = Folder::new();
    fs::create_dir(&kernel, "/mnt").unwrap();
    for image in IMAGES {
        let mount = kernel
            .mount_with(
                Ffs::image(folder.unpack(image)),
                "/mnt",
                MountOptions::new().read_only(),
            )
            .unwrap();
        assert_tree(&kernel, "/mnt");
        let usage = fs::usage(&kernel, "/mnt").unwrap();
        assert_eq!((usage.file_system.as_str(), usage.read_only), ("ffs", true));
        mount.unmount().unwrap();
    }
}

fn keeps_what_is_written(image: Image) {
    let (kernel, _folder, path, mount) = world::with_image(image);
    fs::create_dir(&kernel, "/mnt/new").unwrap();
    let large: Vec<u8> = (0..500_000_u32)
        .flat_map(|number| number.to_le_bytes())
        .collect();
    fs::write(&kernel, "/mnt/new/large", &large).unwrap();
    fs::rename(&kernel, "/mnt/hello.txt", "/mnt/new/hello.txt").unwrap();
    fs::remove_dir_all(&kernel, "/mnt/docs").unwrap();
    fs::symlink(&kernel, "new/large", "/mnt/link").unwrap();
    mount.unmount().unwrap();

    let mount = kernel
        .mount_with(Ffs::image(&path), "/mnt", MountOptions::new().read_only())
        .unwrap();
    assert!(fs::read(&kernel, "/mnt/link").unwrap() == large);
    let hello = include_str!("../../examples/images/tree/hello.txt");
    assert_eq!(
        fs::read_to_string(&kernel, "/mnt/new/hello.txt").unwrap(),
        hello
    );
    assert_eq!(
        fs::metadata(&kernel, "/mnt/same-as-hello.txt")
            .unwrap()
            .nlink(),
        2
    );
    assert!(!fs::exists(&kernel, "/mnt/docs").unwrap());
    assert_eq!(
        fs::read_to_string(&kernel, "/mnt/numbers.txt").unwrap(),
        numbers()
    );
    mount.unmount().unwrap();
}

fn ffs1_le_keeps_what_is_written() {
    keeps_what_is_written(FFS1_LE);
}

fn ffs1_be_keeps_what_is_written() {
    keeps_what_is_written(FFS1_BE);
}

fn ffs2_le_keeps_what_is_written() {
    keeps_what_is_written(FFS2_LE);
}

fn ffs2_be_keeps_what_is_written() {
    keeps_what_is_written(FFS2_BE);
}

fn a_journal_can_be_kept() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    for round in 0..2 {
        let mount = kernel
            .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().log())
            .unwrap();
        fs::write(&kernel, format!("/mnt/{round}"), "kept").unwrap();
        mount.unmount().unwrap();
    }
    let _mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().read_only())
        .unwrap();
    assert_eq!(fs::read(&kernel, "/mnt/0").unwrap(), b"kept");
    assert_eq!(fs::read(&kernel, "/mnt/1").unwrap(), b"kept");
}

fn device_nodes_in_an_image_are_no_devices() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_LE);
    let zero = fs::metadata(&kernel, "/dev/zero").unwrap();
    assert!(zero.file_type().is_char_device());
    let (path, mode, device) = (c"/mnt/zero".as_ptr(), zero.mode(), zero.rdev());
    // SAFETY: mknod(2) takes a path and numbers.
    unsafe { kernel.syscall(move |k| (k.sys_mknod)(path, mode, device)) }.unwrap();
    assert!(
        fs::metadata(&kernel, "/mnt/zero")
            .unwrap()
            .file_type()
            .is_char_device()
    );
    assert_eq!(
        fs::read(&kernel, "/mnt/zero").unwrap_err().errno(),
        Some(Errno::NXIO)
    );
}

fn read_only_leaves_the_image_as_it_is() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let before = std::fs::read(&image).unwrap();
    let mut permissions = std::fs::metadata(&image).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&image, permissions).unwrap();
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", MountOptions::new().read_only())
        .unwrap();
    assert_tree(&kernel, "/mnt");
    for refused in [
        fs::write(&kernel, "/mnt/new", "x"),
        fs::remove_file(&kernel, "/mnt/hello.txt"),
        fs::create_dir(&kernel, "/mnt/dir"),
    ] {
        assert_eq!(refused.unwrap_err().errno(), Some(Errno::ROFS));
    }
    // Nobody has the image open for writing, whatever the kernel tries.
    let writers = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|fd| {
            let info = Path::new("/proc/self/fdinfo").join(fd.file_name());
            std::fs::read_link(fd.path()).is_ok_and(|path| path == image)
                && std::fs::read_to_string(info).is_ok_and(|info| {
                    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
                    flags.is_some_and(|flags| !flags.trim().ends_with('0'))
                })
        });
    assert_eq!(writers.count(), 0);
    mount.unmount().unwrap();
    assert!(std::fs::read(&image).unwrap() == before);
}

fn readers_share_an_image() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let kernel = world::boot();
    let mounts: Vec<_> = ["/one", "/two"]
        .map(|at| {
            fs::create_dir(&kernel, at).unwrap();
            kernel
                .mount_with(Ffs::image(&image), at, MountOptions::new().read_only())
                .unwrap()
        })
        .into();
    assert_tree(&kernel, "/one");
    assert_tree(&kernel, "/two");
    drop(mounts);
}
