//! Whole trees between the host and the kernel.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rumpkernel::fs::{self, Permissions, TreeCopy};
use rumpkernel::{Errno, Kernel};
use rumpkernel_examples::FFS2_BE;

use crate::world::{self, Folder};

crate::tests![
    a_tree_comes_back_as_it_was_on_tmpfs,
    a_tree_comes_back_as_it_was_on_ffs,
    owners_are_kept_if_asked_for,
    a_single_file_is_a_tree,
    links_on_the_host_are_not_followed,
    what_is_copied_can_be_told_to_others,
];

/// A tree on the host with what a tree can have.
fn plant(top: &Path) {
    std::fs::create_dir_all(top.join("d/e/empty")).unwrap();
    std::fs::write(top.join("d/file"), "contents").unwrap();
    std::fs::write(top.join("d/e/ümlaut \n"), vec![7; 150_000]).unwrap();
    std::fs::hard_link(top.join("d/file"), top.join("second name")).unwrap();
    std::os::unix::fs::symlink("d/nowhere", top.join("link")).unwrap();
    let sparse = std::fs::File::create(top.join("sparse")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"x", 600_000).unwrap();
    sparse.set_len(1_000_000).unwrap();
    for (path, mode, seconds) in [
        ("d/file", 0o4751, 1_000_000_000),
        ("d/e", 0o555, 1_100_000_000),
        ("d", 0o711, 86_400),
        ("sparse", 0o400, 1_400_000_000),
    ] {
        let file = std::fs::File::open(top.join(path)).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(seconds);
        let times = std::fs::FileTimes::new()
            .set_modified(time)
            .set_accessed(time);
        file.set_times(times).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(mode))
            .unwrap();
    }
}

/// Path, mode, size, number of names, time of modification, where it leads to.
type Facts = (String, u32, u64, u64, i64, String);

fn facts(top: &Path) -> Vec<Facts> {
    let mut found = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(path) = open.pop() {
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let is_link = metadata.is_symlink();
        found.push((
            path.strip_prefix(top).unwrap().to_str().unwrap().to_owned(),
            if is_link {
                0o777
            } else {
                metadata.permissions().mode() & 0o777
            },
            if metadata.is_dir() { 0 } else { metadata.len() },
            if metadata.is_dir() {
                0
            } else {
                metadata.nlink()
            },
            if is_link || path == top {
                0
            } else {
                metadata.mtime()
            },
            std::fs::read_link(&path).map_or(String::new(), |to| to.to_str().unwrap().to_owned()),
        ));
        if metadata.is_dir() {
            open.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    found.sort();
    found
}

/// `tells_holes` where the file system tells how much room a file with holes takes.
fn a_tree_comes_back_as_it_was(kernel: &Kernel, tells_holes: bool) {
    let folder = Folder::new();
    let (original, back) = (folder.path().join("original"), folder.path().join("back"));
    plant(&original);
    let copied = TreeCopy::new()
        .from_host(kernel, &original, "/mnt/tree")
        .unwrap();
    assert_eq!(
        (
            copied.files,
            copied.hard_links,
            copied.symlinks,
            copied.directories
        ),
        (3, 1, 1, 4)
    );
    assert_eq!(copied.bytes, 8 + 150_000 + 1_000_000);
    assert!(copied.left_out.is_empty());
    let inside = fs::metadata(kernel, "/mnt/tree/d").unwrap();
    assert_eq!(
        (inside.permissions().mode(), inside.mtime()),
        (0o711, 86_400)
    );
    let sparse = fs::metadata(kernel, "/mnt/tree/sparse").unwrap();
    assert_eq!(sparse.blocks() < 1000, tells_holes, "{}", sparse.blocks());

    fs::mkfifo(kernel, "/mnt/tree/fifo", 0o600).unwrap();
    let returned = TreeCopy::new().to_host(kernel, "/mnt/tree", &back).unwrap();
    assert_eq!(returned.left_out, [Path::new("/mnt/tree/fifo")]);
    assert_eq!(
        (returned.files, returned.hard_links, returned.bytes),
        (3, 1, copied.bytes)
    );
    assert_eq!(facts(&back), facts(&original));
    for file in ["d/file", "d/e/ümlaut \n", "sparse", "second name"] {
        let read = |top: &Path| std::fs::read(top.join(file)).unwrap();
        assert!(read(&back) == read(&original), "{file}");
    }
    let sparse = std::fs::metadata(back.join("sparse")).unwrap();
    assert_eq!(sparse.blocks() < 1000, tells_holes, "{}", sparse.blocks());
    // Once more over what is there.
    std::fs::write(back.join("another"), "stays").unwrap();
    TreeCopy::new().to_host(kernel, "/mnt/tree", &back).unwrap();
    assert_eq!(facts(&back).len(), facts(&original).len() + 1);
    let again = TreeCopy::new()
        .from_host(kernel, &original, "/mnt/tree")
        .unwrap();
    assert_eq!(again, copied);
}

fn a_tree_comes_back_as_it_was_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    a_tree_comes_back_as_it_was(&kernel, false);
}

fn a_tree_comes_back_as_it_was_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    a_tree_comes_back_as_it_was(&kernel, true);
}

fn owners_are_kept_if_asked_for() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    plant(folder.path());
    let owner = std::fs::metadata(folder.path()).unwrap();
    for (keep, to) in [(true, "/mnt/kept"), (false, "/mnt/not")] {
        TreeCopy::new()
            .owners(keep)
            .from_host(&kernel, folder.path(), to)
            .unwrap();
        let metadata = fs::metadata(&kernel, Path::new(to).join("d/file")).unwrap();
        let (user, mode) = match keep {
            true => (owner.uid(), 0o4751),
            false => (0, 0o751),
        };
        assert_eq!(
            (metadata.uid(), metadata.permissions().mode()),
            (user, mode)
        );
    }
}

fn a_single_file_is_a_tree() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    let host = folder.file("file", b"contents");
    let copied = TreeCopy::new()
        .from_host(&kernel, &host, "/mnt/copy")
        .unwrap();
    assert_eq!((copied.files, copied.directories, copied.bytes), (1, 0, 8));
    TreeCopy::new()
        .to_host(&kernel, "/mnt/copy", folder.path().join("back"))
        .unwrap();
    assert_eq!(
        std::fs::read(folder.path().join("back")).unwrap(),
        b"contents"
    );
    let missing = TreeCopy::new().from_host(&kernel, folder.path().join("no"), "/mnt/no");
    assert_eq!(
        missing.unwrap_err().path(),
        Some(&*folder.path().join("no"))
    );
    let missing = TreeCopy::new().to_host(&kernel, "/mnt/no", folder.path().join("no"));
    assert_eq!(missing.unwrap_err().errno(), Some(Errno::NOENT));
    let nameless = TreeCopy::new().from_host(&kernel, &host, "/").unwrap_err();
    assert_eq!(nameless.errno(), Some(Errno::INVAL));
}

fn links_on_the_host_are_not_followed() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    let (outside, target) = (folder.path().join("outside"), folder.path().join("target"));
    std::fs::create_dir(&outside).unwrap();
    std::fs::create_dir(&target).unwrap();
    std::os::unix::fs::symlink(&outside, target.join("d")).unwrap();
    std::os::unix::fs::symlink(outside.join("victim"), target.join("file")).unwrap();
    fs::create_dir_all(&kernel, "/mnt/tree").unwrap();
    fs::write(&kernel, "/mnt/tree/file", "new").unwrap();
    fs::set_permissions(&kernel, "/mnt/tree/file", Permissions::from_mode(0o644)).unwrap();
    TreeCopy::new()
        .to_host(&kernel, "/mnt/tree", &target)
        .unwrap();
    assert_eq!(std::fs::read(target.join("file")).unwrap(), b"new");
    fs::create_dir(&kernel, "/mnt/tree/d").unwrap();
    fs::write(&kernel, "/mnt/tree/d/file", "new").unwrap();
    TreeCopy::new()
        .to_host(&kernel, "/mnt/tree", &target)
        .unwrap_err();
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

fn what_is_copied_can_be_told_to_others() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "contents").unwrap();
    let metadata = fs::metadata(&kernel, "/mnt/file").unwrap();
    let text = serde_json::to_string(&metadata).unwrap();
    let back: fs::Metadata = serde_json::from_str(&text).unwrap();
    assert_eq!(back.modified().unwrap(), metadata.modified().unwrap());
    assert_eq!(
        (back.len(), back.ino(), back.file_type()),
        (8, metadata.ino(), metadata.file_type())
    );
    let flags = fs::Flags::NO_DUMP | fs::Flags::APPEND;
    let text = serde_json::to_string(&flags).unwrap();
    assert_eq!(
        (text.as_str(), serde_json::from_str(&text).unwrap()),
        ("5", flags)
    );
    let usage = fs::usage(&kernel, "/mnt").unwrap();
    let text = serde_json::to_string(&usage).unwrap();
    assert_eq!(serde_json::from_str::<fs::Usage>(&text).unwrap(), usage);
}
