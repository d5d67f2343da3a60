//! Union mounts: what programs on NetBSD see of them, where opendir(3) leaves out hidden names.

use rumpkernel::mount::{ByteOrder, Mount, MountOptions, Tmpfs, Union, V7fs};
use rumpkernel::{Errno, Kernel, fs};

use crate::world::{self, Folder, names};

crate::tests![; drivers:
    a_directory_below_the_mount_point_stays_as_it_is,
    a_union_wants_whiteouts_unless_it_is_only_read,
    a_union_lists_each_name_once,
    a_large_union_lists_each_name_once,
    a_mount_with_the_flag_union_lists_each_name_once,
];

/// Two file systems in memory, at /low and at /up.
fn two() -> (Kernel, [Mount; 2]) {
    let kernel = world::boot();
    let mounts = ["/low", "/up"].map(|path| {
        fs::create_dir(&kernel, path).unwrap();
        kernel.mount(Tmpfs::new(), path).unwrap()
    });
    (kernel, mounts)
}

/// Mounts /up above /low.
fn unite(kernel: &Kernel) -> Mount {
    kernel.mount(Union::over("/up"), "/low").unwrap()
}

fn a_directory_below_the_mount_point_stays_as_it_is() {
    let (kernel, _mounts) = two();
    for path in ["/low/both", "/low/low", "/up/both", "/up/up"] {
        fs::write(&kernel, path, path).unwrap();
    }
    let union = kernel.mount(Union::under("/low"), "/up").unwrap();
    assert_eq!(names(&kernel, "/up"), ["both", "low", "up"]);
    assert_eq!(fs::read(&kernel, "/up/both").unwrap(), b"/up/both");
    fs::write(&kernel, "/up/low", "changed").unwrap();
    fs::write(&kernel, "/up/new", "new").unwrap();
    assert_eq!(fs::read(&kernel, "/low/low").unwrap(), b"/low/low");
    assert_eq!(names(&kernel, "/low"), ["both", "low"]);
    union.unmount().unwrap();
    assert_eq!(names(&kernel, "/up"), ["both", "low", "new", "up"]);
}

fn a_union_wants_whiteouts_unless_it_is_only_read() {
    let (kernel, _mounts) = two();
    fs::write(&kernel, "/low/low", "").unwrap();
    fs::create_dir(&kernel, "/v7").unwrap();
    let folder = Folder::new();
    let image = folder.file("image", &rumpkernel_fuzz::v7fs(ByteOrder::Little));
    let _v7 = kernel.mount(V7fs::image(image), "/v7").unwrap();
    let error = kernel.mount(Union::over("/v7"), "/low").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::OPNOTSUPP), "{error}");
    let options = MountOptions::new().read_only();
    let union = kernel.mount_with(Union::over("/v7"), "/low", options);
    assert_eq!(names(&kernel, "/low"), ["hello.txt", "low"]);
    let error = fs::write(&kernel, "/low/new", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS));
    union.unwrap().unmount().unwrap();
}

fn a_union_lists_each_name_once() {
    let (kernel, _mounts) = two();
    for path in ["/low/a", "/low/both", "/low/gone", "/up/b", "/up/both"] {
        fs::write(&kernel, path, path).unwrap();
    }
    fs::create_dir(&kernel, "/low/folder").unwrap();
    fs::write(&kernel, "/low/folder/x", "").unwrap();
    let _union = unite(&kernel);
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
    let (kernel, _mounts) = two();
    for number in 0..1500 {
        fs::write(&kernel, format!("/low/file number {number:04}"), "").unwrap();
    }
    for number in 1000..2500 {
        fs::write(&kernel, format!("/up/file number {number:04}"), "").unwrap();
    }
    assert_eq!(names(&kernel, "/low").len(), 1500);
    let _union = unite(&kernel);
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
    let _below = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    for path in ["/mnt/a", "/mnt/both"] {
        fs::write(&kernel, path, "below").unwrap();
    }
    let options = MountOptions::new().union();
    let _above = kernel.mount_with(Tmpfs::new(), "/mnt", options).unwrap();
    for path in ["/mnt/b", "/mnt/both"] {
        fs::write(&kernel, path, "above").unwrap();
    }
    assert_eq!(names(&kernel, "/mnt"), ["a", "b", "both"]);
}
