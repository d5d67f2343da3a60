//! A directory under other owners.

use rumpkernel::mount::Umap;
use rumpkernel::{Errno, ErrorKind, Kernel, fs};

use crate::world;

crate::tests![; drivers:
    owners_are_shown_by_pairs,
    who_is_in_no_pair_is_nobody,
    too_many_pairs_are_refused,
];

/// A kernel with /mnt/file of user 1000 and group 100, and the directory /second.
fn kernel() -> (Kernel, rumpkernel::mount::Mount) {
    let (kernel, mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    fs::chown(&kernel, "/mnt/file", Some(1000), Some(100)).unwrap();
    fs::create_dir(&kernel, "/second").unwrap();
    (kernel, mount)
}

fn owner(kernel: &Kernel, path: &str) -> (u32, u32) {
    let metadata = fs::metadata(kernel, path).unwrap();
    (metadata.uid(), metadata.gid())
}

fn owners_are_shown_by_pairs() {
    let (kernel, _below) = kernel();
    let umap = Umap::directory("/mnt")
        .user(0, 0)
        .user(7, 1000)
        .group(0, 0)
        .group(8, 100);
    let mount = kernel.mount(umap, "/second").unwrap();
    assert_eq!(owner(&kernel, "/second/file"), (7, 8));
    assert_eq!(owner(&kernel, "/mnt/file"), (1000, 100));
    // The program is user 0 on both sides.
    fs::write(&kernel, "/second/new", "").unwrap();
    assert_eq!(owner(&kernel, "/mnt/new"), (0, 0));
    // New owners are those below.
    fs::chown(&kernel, "/second/new", Some(1000), Some(100)).unwrap();
    assert_eq!(owner(&kernel, "/second/new"), (7, 8));
    assert_eq!(owner(&kernel, "/mnt/new"), (1000, 100));
    mount.unmount().unwrap();
}

fn who_is_in_no_pair_is_nobody() {
    let (kernel, _below) = kernel();
    let umap = Umap::directory("/mnt").user(7, 1000);
    let mount = kernel.mount(umap, "/second").unwrap();
    assert_eq!(owner(&kernel, "/second/file"), (7, 65534));
    assert_eq!(owner(&kernel, "/second"), (32767, 65534));
    // The program, too, who may not write to a directory of user 0.
    let error = fs::write(&kernel, "/second/new", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ACCES), "{error}");
    mount.unmount().unwrap();
}

fn too_many_pairs_are_refused() {
    let (kernel, _below) = kernel();
    let users = |count| {
        let numbers = 0..count;
        numbers.fold(Umap::directory("/mnt"), |umap, number| {
            umap.user(number, number)
        })
    };
    let groups = |count| {
        let numbers = 0..count;
        numbers.fold(users(64), |umap, number| umap.group(number, number))
    };
    for umap in [users(65), groups(17)] {
        let error = kernel.mount(umap, "/second").unwrap_err();
        let is_bad_parameter = matches!(error.kind(), ErrorKind::BadParameter { .. });
        assert!(is_bad_parameter, "{error}");
    }
    kernel
        .mount(groups(16), "/second")
        .unwrap()
        .unmount()
        .unwrap();
}
