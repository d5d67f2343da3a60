//! Making directories, paths without links, and what is known of a file. The host is the judge.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rumpkernel::fs::{self, DirBuilder, FileTimes};
use rumpkernel::{Errno, Kernel};
use rumpkernel_examples::{FFS1_LE, FFS2_BE};

use crate::world::{self, Folder};

crate::tests![
    directories_have_the_modes_that_were_asked_for,
    canonical_paths_are_those_of_the_host,
    a_time_of_creation_that_is_unknown_is_an_error,
    times_are_told_in_numbers,
];

fn directories_have_the_modes_that_were_asked_for() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    for (mode, path) in [(0o700, "a/b"), (0o711, "a/b/c"), (0o750, "a/d/e")] {
        let theirs = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(folder.path().join(path));
        theirs.unwrap();
        let at = Path::new("/mnt").join(path);
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&kernel, &at)
            .unwrap();
    }
    for path in ["a", "a/b", "a/b/c", "a/d", "a/d/e"] {
        let theirs = std::fs::metadata(folder.path().join(path)).unwrap();
        let ours = fs::metadata(&kernel, Path::new("/mnt").join(path)).unwrap();
        assert_eq!(
            ours.permissions().mode(),
            theirs.permissions().mode() & 0o7777,
            "{path}"
        );
    }
    let again = DirBuilder::new().create(&kernel, "/mnt/a").unwrap_err();
    assert_eq!(again.errno(), Some(Errno::EXIST));
}

/// `std` lets nobody but itself make errors of the kind `FilesystemLoop`.
fn kind(error: io::Error) -> io::ErrorKind {
    match error.kind() {
        kind if format!("{kind:?}") == "FilesystemLoop" => io::ErrorKind::Other,
        kind => kind,
    }
}

fn canonical_paths_are_those_of_the_host() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    let host = folder.path().canonicalize().unwrap();
    std::fs::create_dir_all(host.join("d/e")).unwrap();
    std::fs::write(host.join("d/file"), "").unwrap();
    fs::create_dir_all(&kernel, "/mnt/d/e").unwrap();
    fs::write(&kernel, "/mnt/d/file", "").unwrap();
    for (target, link) in [
        ("d", "link"),
        ("../link/e", "d/up"),
        ("file", "d/to file"),
        ("loop", "loop"),
        ("nowhere", "broken"),
        ("d/", "slash"),
    ] {
        std::os::unix::fs::symlink(target, host.join(link)).unwrap();
        fs::symlink(&kernel, target, Path::new("/mnt").join(link)).unwrap();
    }
    fs::symlink(&kernel, "/mnt/d", "/mnt/absolute").unwrap();
    std::os::unix::fs::symlink(host.join("d"), host.join("absolute")).unwrap();
    for path in [
        ".",
        "d",
        "d/e/",
        "d//e/..",
        "link/up",
        "link/up/../file",
        "link/to file",
        "d/file/",
        "d/file/.",
        "d/file/..",
        "d/file/x",
        "loop",
        "loop/x",
        "broken",
        "broken/x",
        "slash/file",
        "absolute/up",
        "x",
        "x/..",
    ] {
        let theirs = host.join(path).canonicalize();
        let ours = fs::canonicalize(&kernel, Path::new("/mnt").join(path));
        let theirs = theirs
            .map(|path| path.strip_prefix(&host).unwrap().to_owned())
            .map_err(kind);
        let ours = ours
            .map(|path| path.strip_prefix("/mnt").unwrap().to_owned())
            .map_err(|error| kind(error.into()));
        assert_eq!(ours, theirs, "{path}");
    }
    assert_eq!(
        fs::canonicalize(&kernel, "mnt/../mnt").unwrap(),
        Path::new("/mnt")
    );
    assert_eq!(fs::canonicalize(&kernel, "/..").unwrap(), Path::new("/"));
    assert_eq!(
        fs::canonicalize(&kernel, "").unwrap_err().errno(),
        Some(Errno::NOENT)
    );
}

fn a_time_of_creation_that_is_unknown_is_an_error() {
    let created = |kernel: &Kernel| {
        fs::write(kernel, "/mnt/new file", "").unwrap();
        fs::metadata(kernel, "/mnt/new file").unwrap().created()
    };
    let (kernel, _folder, _image, _mount) = world::with_image(FFS1_LE);
    let error = created(&kernel).unwrap_err();
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Unsupported);
    drop((_mount, kernel));
    if !crate::child::uses_linked() {
        let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
        let age = created(&kernel).unwrap().elapsed().unwrap_or_default();
        assert!(age.as_secs() < 3600, "{age:?}");
    }
}

fn times_are_told_in_numbers() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    let time = std::time::UNIX_EPOCH - std::time::Duration::new(5, 250_000_000);
    let path = folder.file("file", b"12345");
    let theirs = std::fs::File::options().write(true).open(&path).unwrap();
    theirs
        .set_times(
            std::fs::FileTimes::new()
                .set_accessed(time)
                .set_modified(time),
        )
        .unwrap();
    fs::write(&kernel, "/mnt/file", "12345").unwrap();
    let ours = fs::File::open(&kernel, "/mnt/file").unwrap();
    ours.set_times(FileTimes::new().set_accessed(time).set_modified(time))
        .unwrap();
    let (theirs, ours) = (theirs.metadata().unwrap(), ours.metadata().unwrap());
    assert_eq!(
        (
            ours.atime(),
            ours.atime_nsec(),
            ours.mtime(),
            ours.mtime_nsec(),
            ours.size()
        ),
        (
            theirs.atime(),
            theirs.atime_nsec(),
            theirs.mtime(),
            theirs.mtime_nsec(),
            theirs.size()
        )
    );
}
