//! Union mounts: what programs on NetBSD see of them, where opendir(3) leaves out hidden names.

use std::ffi::{CStr, c_int};

use rumpkernel::{Kernel, fs};
use rumpkernel_sys as sys;

use crate::world;

crate::tests![; drivers:
    a_union_lists_each_name_once,
    a_large_union_lists_each_name_once,
    a_mount_with_the_flag_union_lists_each_name_once,
];

/// Mounts without the safe API, which knows no unions.
fn mount<T>(kernel: &Kernel, name: &CStr, at: &CStr, flags: c_int, mut arguments: T) {
    let (name, at) = (name.as_ptr(), at.as_ptr());
    let start = (&raw mut arguments).cast();
    // SAFETY: `arguments` is what this file system takes, and what is borrowed lives for the call.
    unsafe { kernel.syscall(move |k| (k.sys_mount)(name, at, flags, start, size_of::<T>())) }
        .unwrap();
}

fn tmpfs(kernel: &Kernel, at: &CStr, flags: c_int) {
    let arguments = sys::tmpfs_args {
        ta_version: sys::TMPFS_ARGS_VERSION,
        ta_nodes_max: 0,
        ta_size_max: 0,
        ta_root_uid: 0,
        ta_root_gid: 0,
        ta_root_mode: 0o755,
    };
    mount(kernel, c"tmpfs", at, flags, arguments);
}

/// Two file systems in memory, at /low and at /up.
fn two() -> Kernel {
    let kernel = world::boot();
    for (path, at) in [("/low", c"/low"), ("/up", c"/up")] {
        fs::create_dir(&kernel, path).unwrap();
        tmpfs(&kernel, at, 0);
    }
    kernel
}

/// Mounts /up above /low.
fn unite(kernel: &Kernel) {
    let arguments = sys::union_args {
        target: c"/up".as_ptr().cast_mut(),
        mntflags: sys::UNMNT_ABOVE,
    };
    mount(kernel, c"union", c"/low", 0, arguments);
}

fn names(kernel: &Kernel, path: &str) -> Vec<String> {
    let entries = fs::read_dir(kernel, path).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn a_union_lists_each_name_once() {
    let kernel = two();
    for path in ["/low/a", "/low/both", "/low/gone", "/up/b", "/up/both"] {
        fs::write(&kernel, path, path).unwrap();
    }
    fs::create_dir(&kernel, "/low/folder").unwrap();
    fs::write(&kernel, "/low/folder/x", "").unwrap();
    unite(&kernel);
    assert_eq!(names(&kernel, "/low"), ["a", "b", "both", "folder", "gone"]);
    assert_eq!(fs::read(&kernel, "/low/both").unwrap(), b"/up/both");
    // A whiteout hides what lies below.
    fs::remove_file(&kernel, "/low/gone").unwrap();
    fs::remove_file(&kernel, "/low/both").unwrap();
    assert_eq!(names(&kernel, "/low"), ["a", "b", "folder"]);
    fs::write(&kernel, "/low/folder/y", "").unwrap();
    assert_eq!(names(&kernel, "/low/folder"), ["x", "y"]);
    fs::remove_file(&kernel, "/low/folder/x").unwrap();
    assert_eq!(names(&kernel, "/low/folder"), ["y"]);
}

/// Larger than what one call of the kernel returns.
fn a_large_union_lists_each_name_once() {
    let kernel = two();
    for number in 0..1500 {
        fs::write(&kernel, format!("/low/file number {number:04}"), "").unwrap();
    }
    for number in 1000..2500 {
        fs::write(&kernel, format!("/up/file number {number:04}"), "").unwrap();
    }
    assert_eq!(names(&kernel, "/low").len(), 1500);
    unite(&kernel);
    for number in [0, 700, 1499] {
        fs::remove_file(&kernel, format!("/low/file number {number:04}")).unwrap();
    }
    let expected: Vec<_> = (0..2500)
        .filter(|number| ![0, 700, 1499].contains(number))
        .map(|number| format!("file number {number:04}"))
        .collect();
    assert_eq!(names(&kernel, "/low"), expected);
}

fn a_mount_with_the_flag_union_lists_each_name_once() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    tmpfs(&kernel, c"/mnt", 0);
    for path in ["/mnt/a", "/mnt/both"] {
        fs::write(&kernel, path, "below").unwrap();
    }
    tmpfs(&kernel, c"/mnt", sys::MNT_UNION);
    for path in ["/mnt/b", "/mnt/both"] {
        fs::write(&kernel, path, "above").unwrap();
    }
    assert_eq!(names(&kernel, "/mnt"), ["a", "b", "both"]);
}
