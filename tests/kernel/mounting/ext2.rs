//! ext2 with files of mke2fs's, and files for debugfs.

use rumpkernel::mount::{Ext2, MountOptions};
use rumpkernel::{Errno, fs};

use super::{boot, has_tree, tree};
use crate::formats::{Made, run};
use crate::world::Folder;

crate::tests![; drivers:
    files_of_linux_are_read_and_written_for_linux,
    features_that_the_driver_does_not_know_are_refused,
    features_that_the_driver_only_reads_are_read,
    a_root_directory_of_extents_is_refused,
    a_journal_with_nothing_to_replay_is_as_good_as_none,
];

/// An image with these features, and with the tree.
fn made(features: &str) -> Made {
    let (_folder, tree) = tree();
    let command = format!("mke2fs -q -F -t ext2 -d {tree} -O {features} IMAGE");
    Made::by(&command, 16 << 20)
}

fn files_of_linux_are_read_and_written_for_linux() {
    let (kernel, made) = (boot(), made("sparse_super"));
    let mount = kernel.mount(Ext2::image(&made.path), "/mnt").unwrap();
    has_tree(&kernel, "/mnt");
    fs::write(&kernel, "/mnt/folder/new", "for Linux").unwrap();
    mount.unmount().unwrap();
    let folder = Folder::new();
    let commands = folder.file("commands", b"cat /folder/new\n");
    let command = format!("debugfs -f {} IMAGE", commands.display());
    let said = run(&command, &made.path);
    assert!(said.contains("for Linux"), "{said}");
    run("e2fsck -fn IMAGE", &made.path);
}

fn features_that_the_driver_does_not_know_are_refused() {
    let kernel = boot();
    for features in ["extent,64bit", "flex_bg", "meta_bg,^resize_inode", "mmp"] {
        let made = made(features);
        for options in [MountOptions::new(), MountOptions::new().read_only()] {
            let mounted = kernel.mount_with(Ext2::image(&made.path), "/mnt", options);
            let error = mounted.unwrap_err();
            assert_eq!(error.errno(), Some(Errno::INVAL), "{features}: {error}");
            let name = features.split(',').next_back().unwrap();
            let name = if name.starts_with('^') {
                "meta_bg"
            } else {
                name
            };
            let named = format!("feature `{name}`");
            assert!(error.to_string().contains(&named), "{features}: {error}");
        }
    }
}

/// A kernel that mounted it could not unmount it, and the image would be in use until it ends.
fn a_root_directory_of_extents_is_refused() {
    let (kernel, made) = (boot(), made("extent"));
    for _ in 0..2 {
        let error = kernel.mount(Ext2::image(&made.path), "/mnt").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::INVAL), "{error}");
        assert!(error.to_string().contains("root directory"), "{error}");
        assert_eq!(fs::usage(&kernel, "/mnt").unwrap().file_system, "rumpfs");
        // The image is free.
        std::fs::File::open(&made.path).unwrap().try_lock().unwrap();
    }
    kernel.shutdown().unwrap();
}

fn features_that_the_driver_only_reads_are_read() {
    let kernel = boot();
    for features in ["dir_nlink", "extra_isize", "metadata_csum", "uninit_bg"] {
        let made = made(features);
        let error = kernel.mount(Ext2::image(&made.path), "/mnt").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ROFS), "{features}: {error}");
        assert!(error.to_string().contains("read_only"), "{error}");
        assert!(error.to_string().contains(features), "{error}");
        let options = MountOptions::new().read_only();
        let mount = kernel
            .mount_with(Ext2::image(&made.path), "/mnt", options)
            .unwrap();
        has_tree(&kernel, "/mnt");
        mount.unmount().unwrap();
    }
}

fn a_journal_with_nothing_to_replay_is_as_good_as_none() {
    let (kernel, made) = (boot(), made("has_journal"));
    let mount = kernel.mount(Ext2::image(&made.path), "/mnt").unwrap();
    has_tree(&kernel, "/mnt");
    fs::write(&kernel, "/mnt/new", "new").unwrap();
    mount.unmount().unwrap();
    run("e2fsck -fn IMAGE", &made.path);
}
