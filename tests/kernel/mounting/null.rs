//! A directory in a second place.

use std::path::Path;

use rumpkernel::mount::{MountOptions, Null};
use rumpkernel::{Errno, fs};

use crate::world;

crate::tests![; drivers:
    a_directory_is_in_two_places,
    a_second_place_can_be_for_reading_only,
    what_is_no_directory_is_refused,
];

fn a_directory_is_in_two_places() {
    let (kernel, _below) = world::with_tmpfs();
    fs::create_dir_all(&kernel, "/mnt/folder/inner").unwrap();
    fs::create_dir(&kernel, "/second").unwrap();
    let null = Null::directory("/mnt/folder");
    let mount = kernel.mount(null, "/second").unwrap();
    assert_eq!(world::names(&kernel, "/second"), ["inner"]);
    fs::write(&kernel, "/second/inner/file", "once").unwrap();
    let read = fs::read_to_string(&kernel, "/mnt/folder/inner/file").unwrap();
    assert_eq!(read, "once");
    fs::write(&kernel, "/mnt/folder/file", "below").unwrap();
    assert_eq!(world::names(&kernel, "/second"), ["file", "inner"]);
    fs::remove_file(&kernel, "/second/file").unwrap();
    assert_eq!(world::names(&kernel, "/mnt/folder"), ["inner"]);
    mount.unmount().unwrap();
    assert!(world::names(&kernel, "/second").is_empty());
}

fn a_second_place_can_be_for_reading_only() {
    let (kernel, _below) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "below").unwrap();
    fs::create_dir(&kernel, "/second").unwrap();
    let options = MountOptions::new().read_only();
    let mount = kernel
        .mount_with(Null::directory("/mnt"), "/second", options)
        .unwrap();
    let error = fs::write(&kernel, "/second/file", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS));
    fs::write(&kernel, "/mnt/file", "written").unwrap();
    let read = fs::read_to_string(&kernel, "/second/file").unwrap();
    assert_eq!(read, "written");
    mount.unmount().unwrap();
}

fn what_is_no_directory_is_refused() {
    let (kernel, _below) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    fs::create_dir(&kernel, "/second").unwrap();
    let missing = Null::directory("/mnt/missing");
    let error = kernel.mount(missing, "/second").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    assert_eq!(error.path(), Some(Path::new("/mnt/missing")));
    let file = Null::directory("/mnt/file");
    let error = kernel.mount(file, "/second").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOTDIR), "{error}");
}
