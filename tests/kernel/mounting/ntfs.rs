//! NTFS with files of ntfs-3g's tools, and what is overwritten read by them.

use rumpkernel::mount::{MountOptions, Ntfs};
use rumpkernel::{Errno, fs};

use super::boot;
use crate::formats::{Made, run};
use crate::world::{Folder, names};

crate::tests![; drivers:
    a_file_is_overwritten_in_place_on_request,
    all_files_have_the_owner_and_the_permissions_of_the_mount,
    names_are_found_in_any_case_on_request,
];

/// As long as several clusters.
const LENGTH: usize = 20_000;

/// An image with the files Hello.txt and ünï.
fn made() -> Made {
    let made = Made::by("mkntfs -q -F -Q -s 512 -p 0 -H 0 -S 0 IMAGE", 8 << 20);
    let folder = Folder::new();
    let file = folder.file("file", &[b'a'; LENGTH]).display().to_string();
    for name in ["Hello.txt", "ünï"] {
        run(&format!("ntfscp -q IMAGE {file} {name}"), &made.path);
    }
    made
}

fn a_file_is_overwritten_in_place_on_request() {
    let (kernel, made) = (boot(), made());
    let mount = kernel.mount(Ntfs::image(&made.path), "/mnt").unwrap();
    let found = names(&kernel, "/mnt");
    for name in ["Hello.txt", "ünï"] {
        assert!(found.contains(&name.to_owned()), "{found:?}");
    }
    let read = fs::read(&kernel, "/mnt/Hello.txt").unwrap();
    assert!(read == [b'a'; LENGTH]);
    let writing = || {
        let mut options = fs::OpenOptions::new();
        options.write(true).open(&kernel, "/mnt/Hello.txt")
    };
    assert_eq!(writing().unwrap_err().errno(), Some(Errno::ROFS));
    mount.unmount().unwrap();

    let options = MountOptions::new().read_write();
    let mount = kernel
        .mount_with(Ntfs::image(&made.path), "/mnt", options)
        .unwrap();
    let file = writing().unwrap();
    file.write_all_at(b"NetBSD", 10_000).unwrap();
    drop(file);
    fs::write(&kernel, "/mnt/new", "").unwrap_err();
    fs::remove_file(&kernel, "/mnt/Hello.txt").unwrap_err();
    mount.unmount().unwrap();
    let said = run("ntfscat IMAGE Hello.txt", &made.path);
    assert_eq!(said.len(), LENGTH);
    assert_eq!(said.find("NetBSD"), Some(10_000));
}

fn all_files_have_the_owner_and_the_permissions_of_the_mount() {
    let (kernel, made) = (boot(), made());
    let facts = |path: &str| {
        let metadata = fs::metadata(&kernel, path).unwrap();
        let mode = metadata.permissions().mode();
        (metadata.uid(), metadata.gid(), mode)
    };
    let mount = kernel.mount(Ntfs::image(&made.path), "/mnt").unwrap();
    assert_eq!(facts("/mnt/Hello.txt"), (0, 0, 0o755));
    mount.unmount().unwrap();
    let of_others = Ntfs::image(&made.path).owner(12, 34).permissions(0o750);
    let mount = kernel.mount(of_others, "/mnt").unwrap();
    for path in ["/mnt/Hello.txt", "/mnt"] {
        assert_eq!(facts(path), (12, 34, 0o750), "{path}");
    }
    mount.unmount().unwrap();
}

fn names_are_found_in_any_case_on_request() {
    let (kernel, made) = (boot(), made());
    // Of mkntfs's names some are as those of Windows; those of ntfscp are of the POSIX name space.
    let are_found = |file_system: Ntfs| {
        let mount = kernel.mount(file_system, "/mnt").unwrap();
        let found = ["/mnt/$upcase", "/mnt/hELLO.TXT"].map(|path| fs::exists(&kernel, path));
        mount.unmount().unwrap();
        found.map(Result::unwrap)
    };
    assert_eq!(are_found(Ntfs::image(&made.path)), [false, false]);
    let any_case = Ntfs::image(&made.path).any_case();
    assert_eq!(are_found(any_case), [true, false]);
}
