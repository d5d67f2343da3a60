//! FFS images that makefs made, and images that are none.

use std::io::Write as _;
use std::path::Path;

use rumpkernel::mount::Ffs;
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
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
    an_empty_image_is_refused,
    random_bytes_are_refused,
    an_image_cut_short_is_refused_for_writing,
    an_image_cut_short_is_an_error_where_the_gap_is,
    an_image_can_be_mounted_once_for_writing,
    an_image_in_use_elsewhere_is_refused,
    readers_share_an_image,
    what_is_no_image_is_refused,
    more_disks_than_there_can_be_are_refused,
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
            .mount(Ffs::image(folder.unpack(image)).read_only(), "/mnt")
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

    let mount = kernel.mount(Ffs::image(&path).read_only(), "/mnt").unwrap();
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
        let mount = kernel.mount(Ffs::image(&image).log(), "/mnt").unwrap();
        fs::write(&kernel, format!("/mnt/{round}"), "kept").unwrap();
        mount.unmount().unwrap();
    }
    let _mount = kernel
        .mount(Ffs::image(&image).read_only(), "/mnt")
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
        .mount(Ffs::image(&image).read_only(), "/mnt")
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

/// Tries to mount, at a directory that is made for it.
fn mount_error(kernel: &Kernel, image: Ffs) -> rumpkernel::Error {
    if !fs::exists(kernel, "/mnt").unwrap() {
        fs::create_dir(kernel, "/mnt").unwrap();
    }
    let error = kernel.mount(image, "/mnt").unwrap_err();
    assert!(kernel.is_alive(), "{error}");
    assert_eq!(fs::usage(kernel, "/mnt").unwrap().file_system, "rumpfs");
    error
}

fn an_empty_image_is_refused() {
    let folder = Folder::new();
    let image = folder.file("empty", b"");
    let kernel = world::boot();
    for ffs in [Ffs::image(&image), Ffs::image(&image).read_only()] {
        let error = mount_error(&kernel, ffs);
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
        for ffs in [Ffs::image(&image), Ffs::image(&image).read_only()] {
            let error = mount_error(&kernel, ffs);
            assert!(error.errno().is_some(), "{error}");
        }
        // The image is free again.
        std::fs::File::open(&image).unwrap().try_lock().unwrap();
    }
}

/// A copy of the image with everything from `length` on missing.
fn cut(folder: &Folder, length: u64) -> std::path::PathBuf {
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
    let error = mount_error(&kernel, Ffs::image(&image));
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
            .mount(Ffs::image(&image).read_only(), "/mnt")
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
    for ffs in [Ffs::image(&image), Ffs::image(&image).read_only()] {
        let error = kernel.mount(ffs, "/other").unwrap_err();
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
    let error = mount_error(&kernel, Ffs::image(&image));
    assert!(matches!(error.kind(), ErrorKind::ImageInUse), "{error}");
    drop(
        kernel
            .mount(Ffs::image(&image).read_only(), "/mnt")
            .unwrap(),
    );
    other.unlock().unwrap();
    other.lock().unwrap();
    let error = mount_error(&kernel, Ffs::image(&image).read_only());
    assert!(matches!(error.kind(), ErrorKind::ImageInUse), "{error}");
}

fn readers_share_an_image() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let kernel = world::boot();
    let mounts: Vec<_> = ["/one", "/two"]
        .map(|at| {
            fs::create_dir(&kernel, at).unwrap();
            kernel.mount(Ffs::image(&image).read_only(), at).unwrap()
        })
        .into();
    assert_tree(&kernel, "/one");
    assert_tree(&kernel, "/two");
    drop(mounts);
}

fn what_is_no_image_is_refused() {
    let folder = Folder::new();
    let kernel = world::boot();
    let missing = mount_error(&kernel, Ffs::image(folder.path().join("missing")));
    assert!(
        matches!(missing.kind(), ErrorKind::Host(error) if error.kind() == std::io::ErrorKind::NotFound),
        "{missing}"
    );
    assert!(missing.to_string().contains("missing"), "{missing}");
    mount_error(&kernel, Ffs::image(folder.path()));
    let directory = mount_error(&kernel, Ffs::image(folder.path()).read_only());
    assert_eq!(directory.errno(), Some(Errno::NOTBLK), "{directory}");
}

fn more_disks_than_there_can_be_are_refused() {
    let folder = Folder::new();
    let kernel = world::boot();
    let mut mounts = Vec::new();
    let refused = loop {
        let number = mounts.len();
        let image = folder.path().join(number.to_string());
        FFS1_LE.unpack(&image).unwrap();
        let at = format!("/{number}");
        fs::create_dir(&kernel, &at).unwrap();
        match kernel.mount(Ffs::image(&image), &at) {
            Ok(mount) => mounts.push((mount, image)),
            Err(error) => break error,
        }
    };
    assert_eq!(mounts.len(), 16);
    assert!(refused.to_string().contains("16"), "{refused}");
    let (mount, image) = mounts.pop().unwrap();
    mount.unmount().unwrap();
    std::fs::File::options()
        .append(true)
        .open(&image)
        .unwrap()
        .write_all(b"")
        .unwrap();
    mounts.push((kernel.mount(Ffs::image(&image), "/15").unwrap(), image));
}
