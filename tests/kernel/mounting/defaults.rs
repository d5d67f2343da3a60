//! What a mount without options is for, and what options say to every kind of file system.

use std::fs::File;
use std::path::Path;

use rumpkernel::mount::{MountOptions, Writing};
use rumpkernel::{Errno, Error, ErrorKind, Kernel, fs};
use rumpkernel_fuzz::{Format, Image};

use super::{boot, refuses_to_write};
use crate::formats::Made;

crate::tests![; drivers:
    efs_is_mounted_by_default,
    sysvbfs_is_mounted_by_default,
    v7fs_is_mounted_by_default,
    cd9660_is_mounted_by_default,
    ext2_is_mounted_by_default,
    lfs_is_mounted_by_default,
    nilfs_is_mounted_by_default,
    ntfs_is_mounted_by_default,
    udf_is_mounted_by_default;
    // Each variant has a kernel of its own.
    loaded:
    fat_is_mounted_by_default,
    ffs_is_mounted_by_default,
];

const HELLO: &str = "hello, world\n";
const HELLO_OF_FFS: &str = "This file lies in a Berkeley fast file system.\n";

/// Looks at the defaults of a format, in whose sample there is the file hello.txt or not.
fn is_mounted_by_default(format: Format, writing: Writing, hello: Option<&str>) {
    let made = Made::sample(format);
    let kernel = boot();
    let file_system = || format.of(&made.path);
    assert_eq!(file_system().writing(), writing);

    // The first makes files for the second.
    for options in [MountOptions::new(), MountOptions::new().read_only()] {
        let before = Image::read(File::open(&made.path).unwrap()).unwrap();
        let mount = kernel.mount_with(file_system(), "/mnt", options).unwrap();
        if let Some(hello) = hello {
            let read = fs::read_to_string(&kernel, "/mnt/hello.txt").unwrap();
            assert_eq!(read, hello);
        }
        let reads_only = writing != Writing::Safe || options != MountOptions::new();
        let usage = fs::usage(&kernel, "/mnt").unwrap();
        assert_eq!(usage.read_only, reads_only, "{usage:?}");
        if reads_only {
            let file = hello.map(|_| "/mnt/hello.txt");
            cannot_be_changed(&kernel, file);
        } else {
            fs::write(&kernel, "/mnt/new", "new").unwrap();
        }
        kernel.sync().unwrap();
        mount.unmount().unwrap();
        let after = Image::read(File::open(&made.path).unwrap()).unwrap();
        assert_eq!(before == after, reads_only, "{format}, {options:?}");
    }

    match writing {
        Writing::Never => refuses_to_write(&kernel, file_system()),
        Writing::Safe | Writing::OnRequest => {
            let options = MountOptions::new().read_write();
            let mount = kernel.mount_with(file_system(), "/mnt", options).unwrap();
            assert!(!fs::usage(&kernel, "/mnt").unwrap().read_only);
            mount.unmount().unwrap();
        }
    }
    if !file_system().has_log() {
        let options = MountOptions::new().log();
        let logged = kernel.mount_with(file_system(), "/mnt", options);
        let error = logged.unwrap_err();
        let is_bad_parameter = matches!(error.kind(), ErrorKind::BadParameter { .. });
        assert!(is_bad_parameter, "{error}");
    }
    kernel.shutdown().unwrap();
}

/// All that changes something is an error, and all that does not is done.
fn cannot_be_changed(kernel: &Kernel, file: Option<&str>) {
    /// Drivers that only read do not look how they are mounted.
    const REFUSALS: [Errno; 3] = [Errno::ROFS, Errno::NOENT, Errno::OPNOTSUPP];
    let refuses = |what: &str, outcome: Result<(), Error>| {
        let error = outcome.expect_err(what);
        assert!(
            error.errno().is_some_and(|errno| REFUSALS.contains(&errno)),
            "{what}: {error}"
        );
    };
    for entry in fs::read_dir(kernel, "/mnt").unwrap() {
        entry.unwrap().metadata().unwrap();
    }
    refuses("write", fs::write(kernel, "/mnt/other", "other"));
    refuses("mkdir", fs::create_dir(kernel, "/mnt/other"));
    let Some(file) = file else { return };
    let permissions = fs::Permissions::from_mode(0o600);
    refuses("chmod", fs::set_permissions(kernel, file, permissions));
    refuses("chown", fs::chown(kernel, file, Some(1), Some(1)));
    refuses("unlink", fs::remove_file(kernel, file));
    refuses("rename", fs::rename(kernel, file, "/mnt/other"));
    let opened = fs::OpenOptions::new().write(true).open(kernel, file);
    refuses("open", opened.map(drop));
    let opened = fs::File::open(kernel, Path::new(file)).unwrap();
    let times = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
    refuses("utimes", opened.set_times(times));
}

fn cd9660_is_mounted_by_default() {
    is_mounted_by_default(Format::Cd9660, Writing::Never, Some(HELLO));
}

fn efs_is_mounted_by_default() {
    is_mounted_by_default(Format::Efs, Writing::Never, Some(HELLO));
}

fn ext2_is_mounted_by_default() {
    is_mounted_by_default(Format::Ext2, Writing::Safe, None);
}

fn fat_is_mounted_by_default() {
    for format in [Format::Fat12, Format::Fat16, Format::Fat32] {
        is_mounted_by_default(format, Writing::Safe, None);
    }
}

fn ffs_is_mounted_by_default() {
    for format in [
        Format::Ffs1Le,
        Format::Ffs1Be,
        Format::Ffs2Le,
        Format::Ffs2Be,
    ] {
        is_mounted_by_default(format, Writing::Safe, Some(HELLO_OF_FFS));
    }
}

fn lfs_is_mounted_by_default() {
    is_mounted_by_default(Format::Lfs, Writing::Safe, None);
}

fn nilfs_is_mounted_by_default() {
    is_mounted_by_default(Format::Nilfs, Writing::Never, None);
}

fn ntfs_is_mounted_by_default() {
    is_mounted_by_default(Format::Ntfs, Writing::OnRequest, None);
}

fn sysvbfs_is_mounted_by_default() {
    is_mounted_by_default(Format::Sysvbfs, Writing::Safe, Some(HELLO));
}

fn udf_is_mounted_by_default() {
    is_mounted_by_default(Format::Udf, Writing::Safe, None);
}

fn v7fs_is_mounted_by_default() {
    is_mounted_by_default(Format::V7fs, Writing::Safe, Some(HELLO));
}
