//! Mounting what was detected, and what is known of it afterwards.

use rumpkernel::detect::{Image, Kind};
use rumpkernel::disk::MemoryDisk;
use rumpkernel::mount::{Ext2, Ffs, Medium, MountOptions, Tmpfs};
use rumpkernel::{ErrorKind, fs};
use rumpkernel_examples::FFS2_BE;

use super::boot;
use crate::formats::Made;
use crate::world::Folder;

crate::tests![; drivers:
    what_was_detected_is_mounted,
    what_cannot_be_mounted_says_why,
    a_file_system_that_was_not_clean_says_so,
    an_error_names_what_is_there_instead,
];

fn ext2() -> Made {
    Made::by("mke2fs -q -F -t ext2 IMAGE", 4 << 20)
}

fn what_was_detected_is_mounted() {
    let (kernel, made) = (boot(), ext2());
    let file_system = Image::open(&made.path).unwrap().file_system().unwrap();
    let mount = kernel.mount(file_system, "/mnt").unwrap();
    assert_eq!(fs::usage(&kernel, "/mnt").unwrap().file_system, "ext2fs");
    fs::write(&kernel, "/mnt/new", "new").unwrap();
    assert_eq!(mount.detected().map(|found| found.kind), Some(Kind::Ext2));
    mount.unmount().unwrap();
    // A disk that is a value.
    let folder = Folder::new();
    let disk = MemoryDisk::new(std::fs::read(folder.unpack(FFS2_BE)).unwrap());
    let detection = rumpkernel::detect::detect(&disk).unwrap();
    let best = detection.best().unwrap();
    let file_system = best.file_system(Medium::disk(disk)).unwrap();
    let mount = kernel.mount(file_system, "/mnt").unwrap();
    assert_eq!(mount.was_clean(), Some(true));
    mount.unmount().unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    assert!(mount.detected().is_none() && mount.was_clean().is_none());
}

fn what_cannot_be_mounted_says_why() {
    let made = Made::by("mke2fs -q -F -t ext4 IMAGE", 16 << 20);
    let error = Image::open(&made.path).unwrap().file_system().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotMountable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("feature `64bit`"), "{error}");
    let folder = Folder::new();
    let empty = folder.file("empty", &[0; 4096]);
    let error = Image::open(empty).unwrap().file_system().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotMountable { .. }),
        "{error:?}"
    );
}

fn a_file_system_that_was_not_clean_says_so() {
    let (kernel, made) = (boot(), ext2());
    for was_clean in [true, false] {
        let options = MountOptions::new().read_only();
        let mount = kernel
            .mount_with(Ext2::image(&made.path), "/mnt", options)
            .unwrap();
        assert_eq!(mount.was_clean(), Some(was_clean));
        mount.unmount().unwrap();
        // The state, in the superblock.
        made.patch(1024 + 58, &[0, 0]);
    }
}

fn an_error_names_what_is_there_instead() {
    let (kernel, made) = (boot(), ext2());
    let error = kernel.mount(Ffs::image(&made.path), "/mnt").unwrap_err();
    assert!(error.to_string().contains("this is ext2"), "{error}");
    assert!(error.to_string().contains("`ext2fs`"), "{error}");
    let folder = Folder::new();
    let mut table = vec![0; 8 << 20];
    table[446..462].copy_from_slice(&[0, 0, 2, 0, 0x83, 0, 3, 0, 8, 0, 0, 0, 8, 0, 0, 0]);
    table[510..512].copy_from_slice(&[0x55, 0xaa]);
    let disk = folder.file("disk", &table);
    let error = kernel.mount(Ext2::image(disk), "/mnt").unwrap_err();
    assert!(error.to_string().contains("partition"), "{error}");
}
