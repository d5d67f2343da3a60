//! FAT with files of mtools', and files for mtools.

use std::time::{Duration, UNIX_EPOCH};

use rumpkernel::fs;
use rumpkernel::mount::Msdos;

use super::{boot, has_files, tree};
use crate::formats::{Made, run};
use crate::world::{Folder, names};

crate::tests![; drivers:
    files_of_dos_are_read_and_written_for_dos,
    all_files_have_the_owner_and_the_permissions_of_the_mount,
    short_names_are_all_that_is_shown,
    short_names_beyond_ascii_are_in_latin_1,
    the_atari_variant_is_read_on_request,
    times_are_in_the_time_zone_of_the_mount,
];

/// An image with the tree in the directory `tree`.
fn made() -> Made {
    let (_folder, tree) = tree();
    let made = Made::by("mkfs.fat -F 16 IMAGE", 16 << 20);
    run(&format!("mcopy -s -i IMAGE {tree} ::"), &made.path);
    made
}

fn files_of_dos_are_read_and_written_for_dos() {
    let (kernel, made) = (boot(), made());
    let mount = kernel.mount(Msdos::image(&made.path), "/mnt").unwrap();
    // What has no long name is shown in upper case, and found in any.
    assert_eq!(
        names(&kernel, "/mnt/tree"),
        [
            "FOLDER",
            "HELLO.TXT",
            "a name that is long.text",
            "ünïcöde names.txt"
        ]
    );
    has_files(&kernel, "/mnt/tree");
    fs::write(&kernel, "/mnt/tree/a new name that is long", "for DOS").unwrap();
    mount.unmount().unwrap();
    let said = run("mdir -b -i IMAGE ::/tree", &made.path);
    assert!(said.contains("::/tree/a new name that is long"), "{said}");
    let said = run("mtype -i IMAGE ::/tree/ANEWNA~1", &made.path);
    assert_eq!(said, "for DOS");
    run("fsck.fat -n IMAGE", &made.path);
}

fn all_files_have_the_owner_and_the_permissions_of_the_mount() {
    let (kernel, made) = (boot(), made());
    run("mattrib +r -i IMAGE ::/tree/hello.txt", &made.path);
    let facts = |path: &str| {
        let metadata = fs::metadata(&kernel, path).unwrap();
        let mode = metadata.permissions().mode();
        (metadata.uid(), metadata.gid(), mode)
    };
    let (inner, read_only) = ("/mnt/tree/folder/inner", "/mnt/tree/hello.txt");
    let mount = kernel.mount(Msdos::image(&made.path), "/mnt").unwrap();
    assert_eq!(facts(inner), (0, 0, 0o755));
    assert_eq!(facts(read_only), (0, 0, 0o555));
    assert_eq!(facts("/mnt/tree"), (0, 0, 0o755));
    mount.unmount().unwrap();
    let of_others = Msdos::image(&made.path)
        .owner(12, 34)
        .permissions(0o640, 0o750);
    let mount = kernel.mount(of_others, "/mnt").unwrap();
    assert_eq!(facts(inner), (12, 34, 0o640));
    assert_eq!(facts(read_only), (12, 34, 0o440));
    assert_eq!(facts("/mnt/tree"), (12, 34, 0o750));
    mount.unmount().unwrap();
}

fn short_names_are_all_that_is_shown() {
    let (kernel, made) = (boot(), made());
    let short = || Msdos::image(&made.path).short_names();
    let mount = kernel.mount(short(), "/mnt").unwrap();
    let entries = fs::read_dir(&kernel, "/mnt/tree").unwrap();
    let found: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    for name in ["anamet~1.tex", "folder", "hello.txt"] {
        assert!(found.iter().any(|found| found == name), "{found:?}");
    }
    assert!(found.iter().all(|name| name.len() <= 12), "{found:?}");
    fs::write(&kernel, "/mnt/a new name that is long", "").unwrap();
    mount.unmount().unwrap();
    let mount = kernel.mount(Msdos::image(&made.path), "/mnt").unwrap();
    assert_eq!(names(&kernel, "/mnt"), ["ANEWNA~1", "TREE"]);
    mount.unmount().unwrap();
}

fn short_names_beyond_ascii_are_in_latin_1() {
    use std::os::unix::ffi::OsStrExt as _;
    let (kernel, made) = (boot(), made());
    let folder = Folder::new();
    let file = folder.file("ÜNÏ", b"u").display().to_string();
    run(&format!("mcopy -i IMAGE {file} ::"), &made.path);
    let mount = kernel.mount(Msdos::image(&made.path), "/mnt").unwrap();
    let mut entries = fs::read_dir(&kernel, "/mnt").unwrap();
    let is_there = entries.any(|entry| entry.unwrap().file_name().as_bytes() == b"\xdcN\xcf");
    assert!(is_there);
    drop(entries);
    mount.unmount().unwrap();
}

fn the_atari_variant_is_read_on_request() {
    let kernel = boot();
    let made = Made::by("mkfs.fat -A IMAGE", 720 << 10);
    kernel.mount(Msdos::image(&made.path), "/mnt").unwrap_err();
    let atari = || Msdos::image(&made.path).gemdos();
    let mount = kernel.mount(atari(), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/new.txt", "for Atari").unwrap();
    mount.unmount().unwrap();
    let mount = kernel.mount(atari(), "/mnt").unwrap();
    let read = fs::read_to_string(&kernel, "/mnt/new.txt").unwrap();
    assert_eq!(read, "for Atari");
    mount.unmount().unwrap();
}

fn times_are_in_the_time_zone_of_the_mount() {
    const HOURS: i32 = 5;
    let (kernel, made) = (boot(), made());
    let east = Msdos::image(&made.path).utc_offset(HOURS * 3600);
    let mount = kernel.mount(east, "/mnt").unwrap();
    // 2016-07-28T11:00:00Z
    let time = UNIX_EPOCH + Duration::from_secs(1_469_703_600);
    let file = fs::File::create(&kernel, "/mnt/new").unwrap();
    file.set_modified(time).unwrap();
    drop(file);
    let modified = || fs::metadata(&kernel, "/mnt/new").unwrap().modified();
    assert_eq!(modified().unwrap(), time);
    mount.unmount().unwrap();
    let said = run("mdir -i IMAGE ::/new", &made.path);
    assert!(said.contains("2016-07-28  16:00"), "{said}");
    let mount = kernel.mount(Msdos::image(&made.path), "/mnt").unwrap();
    let later = time + Duration::from_secs(HOURS as u64 * 3600);
    assert_eq!(modified().unwrap(), later);
    mount.unmount().unwrap();
}
