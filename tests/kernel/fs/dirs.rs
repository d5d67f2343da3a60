//! Open directories, walks, and removing trees while they change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use rumpkernel::fs::{self, Dir, FileTimes, OpenOptions, Permissions};
use rumpkernel::mount::Tmpfs;
use rumpkernel::{Errno, Kernel};
use rumpkernel_examples::FFS2_BE;

use crate::world;

crate::tests![
    a_directory_is_the_same_wherever_it_is_moved_on_tmpfs,
    a_directory_is_the_same_wherever_it_is_moved_on_ffs,
    links_are_not_followed,
    a_walk_comes_by_everything_once,
    a_walk_survives_what_changes,
    removing_does_not_follow_links_that_come_meanwhile,
    directories_of_other_kernels_are_refused,
];

fn a_directory_is_the_same_wherever_it_is_moved(kernel: &Kernel) {
    fs::create_dir(kernel, "/mnt/one").unwrap();
    let dir = Dir::open(kernel, "/mnt/one").unwrap();
    fs::rename(kernel, "/mnt/one", "/mnt/other").unwrap();
    fs::create_dir(kernel, "/mnt/one").unwrap();

    let mut new = OpenOptions::new();
    new.write(true).create_new(true).mode(0o600);
    let file = dir.open_file_with("file", &new).unwrap();
    file.write_all_at(b"contents", 0).unwrap();
    assert_eq!(fs::read(kernel, "/mnt/other/file").unwrap(), b"contents");
    assert_eq!(fs::read_dir(kernel, "/mnt/one").unwrap().count(), 0);
    dir.create_dir("inner").unwrap();
    dir.create_dir_with_mode("private", 0o700).unwrap();
    dir.symlink("file", "link").unwrap();
    assert_eq!(dir.read_link("link").unwrap(), Path::new("file"));
    assert_eq!(dir.metadata("link").unwrap().len(), 8);
    assert!(dir.symlink_metadata("link").unwrap().is_symlink());
    dir.set_permissions("file", Permissions::from_mode(0o640))
        .unwrap();
    dir.lchown("link", Some(7), None).unwrap();
    let time = UNIX_EPOCH + Duration::from_secs(1_000_000);
    dir.set_times_nofollow("link", FileTimes::new().set_modified(time))
        .unwrap();
    let link = dir.symlink_metadata("link").unwrap();
    assert_eq!((link.uid(), link.modified().unwrap()), (7, time));
    let target = dir.metadata("link").unwrap();
    assert_eq!((target.uid(), target.permissions().mode()), (0, 0o640));
    assert_ne!(target.modified().unwrap(), time);

    let inner = dir.open_dir("inner").unwrap();
    dir.hard_link("file", &inner, "second").unwrap();
    dir.rename("file", &inner, "first").unwrap();
    assert_eq!(inner.metadata("first").unwrap().nlink(), 2);
    assert_eq!(
        inner.dir_metadata().unwrap().ino(),
        dir.metadata("inner").unwrap().ino()
    );
    for _ in 0..2 {
        let names: BTreeSet<_> = dir
            .read_dir()
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(
            names,
            BTreeSet::from(["inner", "link", "private"].map(Into::into))
        );
    }
    // Entries are asked where they are, not where they were.
    let entry = inner.read_dir().unwrap().next().unwrap().unwrap();
    assert_eq!(entry.metadata().unwrap().len(), 8);
    inner.remove_file("first").unwrap();
    assert_eq!(
        dir.remove_dir("inner").unwrap_err().errno(),
        Some(Errno::NOTEMPTY)
    );
    inner.remove_file("second").unwrap();
    dir.remove_dir("inner").unwrap();
    let gone = inner.create_dir("x").unwrap_err();
    assert_eq!(gone.errno(), Some(Errno::NOENT));
    assert_eq!(
        dir.open_file("nothing").unwrap_err().path(),
        Some(Path::new("/mnt/one/nothing"))
    );
}

fn a_directory_is_the_same_wherever_it_is_moved_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    a_directory_is_the_same_wherever_it_is_moved(&kernel);
}

fn a_directory_is_the_same_wherever_it_is_moved_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    a_directory_is_the_same_wherever_it_is_moved(&kernel);
}

fn links_are_not_followed() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::create_dir(&kernel, "/mnt/dir").unwrap();
    fs::symlink(&kernel, "dir", "/mnt/link").unwrap();
    let mnt = Dir::open(&kernel, "/mnt").unwrap();
    Dir::open(&kernel, "/mnt/link").unwrap();
    let refused = mnt.open_dir("link").unwrap_err();
    assert!(
        matches!(refused.errno(), Some(Errno::LOOP | Errno::NOTDIR)),
        "{refused}"
    );
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(rumpkernel_sys::O_NOFOLLOW);
    let refused = mnt.open_file_with("link", &options).unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::LOOP));
    assert!(mnt.open_dir("nothing").is_err());
}

/// Some directories, files and links below /mnt/tree, and their paths without that.
fn tree(kernel: &Kernel) -> Vec<&'static str> {
    for directory in ["a/b/c", "a/empty", "d"] {
        fs::create_dir_all(kernel, Path::new("/mnt/tree").join(directory)).unwrap();
    }
    for file in ["a/file", "a/b/c/deep", "d/file", "z"] {
        fs::write(kernel, Path::new("/mnt/tree").join(file), file).unwrap();
    }
    if let Err(error) = fs::symlink(kernel, "..", "/mnt/tree/d/up") {
        assert_eq!(error.errno(), Some(Errno::EXIST), "it is made anew");
    }
    vec![
        "",
        "a",
        "a/b",
        "a/b/c",
        "a/b/c/deep",
        "a/empty",
        "a/file",
        "d",
        "d/file",
        "d/up",
        "z",
    ]
}

fn a_walk_comes_by_everything_once() {
    let (kernel, _mount) = world::with_tmpfs();
    let expected = tree(&kernel);
    let walked: Vec<_> = fs::walk(&kernel, "/mnt/tree").map(Result::unwrap).collect();
    let relative = |path: &Path| path.strip_prefix("/mnt/tree").unwrap().to_owned();
    let mut paths: Vec<PathBuf> = walked.iter().map(|entry| relative(entry.path())).collect();
    for (at, path) in paths.iter().enumerate().skip(1) {
        let parent = path.parent().unwrap();
        assert!(
            paths[..at].iter().any(|before| before == parent),
            "{path:?} before its parent"
        );
    }
    for entry in &walked {
        assert_eq!(entry.depth(), relative(entry.path()).components().count());
        if let Some(directory) = entry.directory() {
            let found = directory.symlink_metadata(entry.file_name()).unwrap();
            assert_eq!(found.ino(), entry.metadata().ino());
        }
    }
    paths.sort();
    assert_eq!(
        paths,
        expected.iter().map(PathBuf::from).collect::<Vec<_>>()
    );

    let count = |walk: fs::Walk| walk.map(Result::unwrap).count();
    let walk = || fs::walk(&kernel, "/mnt/tree");
    assert_eq!(count(walk().max_depth(0)), 1);
    assert_eq!(count(walk().max_depth(1)), 4);
    assert_eq!(count(walk().min_depth(1)), 10);
    assert_eq!(count(walk().min_depth(2).max_depth(2)), 5);
    assert_eq!(count(fs::walk(&kernel, "/mnt/tree/z")), 1);
    let link = fs::walk(&kernel, "/mnt/tree/d/up").next().unwrap().unwrap();
    assert!(link.file_type().is_symlink());
    let missing: Vec<_> = fs::walk(&kernel, "/mnt/nothing").collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].as_ref().unwrap_err().errno(), Some(Errno::NOENT));
}

fn a_walk_survives_what_changes() {
    let (kernel, _mount) = world::with_tmpfs();
    tree(&kernel);
    // What the walk has yet to come to goes, in each of its steps.
    for victim in ["/mnt/tree/a", "/mnt/tree/d", "/mnt/tree/z", "/mnt/tree"] {
        fs::remove_dir_all(&kernel, "/mnt/tree").unwrap();
        tree(&kernel);
        let mut walk = fs::walk(&kernel, "/mnt/tree");
        walk.next().unwrap().unwrap();
        match fs::metadata(&kernel, victim).unwrap().is_dir() {
            true => fs::remove_dir_all(&kernel, victim).unwrap(),
            false => fs::remove_file(&kernel, victim).unwrap(),
        }
        for entry in walk {
            let entry = entry.unwrap();
            assert!(!entry.path().starts_with(victim), "{entry:?} was gone");
        }
        tree(&kernel);
    }

    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs::remove_dir_all(&kernel, "/mnt/tree/a").unwrap();
                tree(&kernel);
                fs::rename(&kernel, "/mnt/tree/d", "/mnt/tree/e").unwrap();
                fs::symlink(&kernel, "/", "/mnt/tree/d").unwrap();
                fs::remove_file(&kernel, "/mnt/tree/d").unwrap();
                fs::rename(&kernel, "/mnt/tree/e", "/mnt/tree/d").unwrap();
            }
        });
        let walks = (0..50).flat_map(|_| fs::walk(&kernel, "/mnt/tree"));
        let odd = walks.filter(|entry| match entry {
            Ok(entry) => entry.depth() > 4,
            Err(error) => !matches!(error.errno(), Some(Errno::LOOP | Errno::NOTDIR)),
        });
        let odd: Vec<_> = odd.collect();
        stop.store(true, Ordering::Relaxed);
        assert!(odd.is_empty(), "{odd:?}");
    });
}

fn removing_does_not_follow_links_that_come_meanwhile() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::create_dir(&kernel, "/mnt/kept").unwrap();
    for number in 0..20 {
        fs::write(&kernel, format!("/mnt/kept/{number}"), "").unwrap();
    }
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // A directory becomes a link, and a directory again.
            while !stop.load(Ordering::Relaxed) {
                let _gone = fs::rename(&kernel, "/mnt/tree/dir", "/mnt/tree/was");
                let _gone = fs::symlink(&kernel, "/mnt/kept", "/mnt/tree/dir");
                let _gone = fs::remove_file(&kernel, "/mnt/tree/dir");
                let _gone = fs::rename(&kernel, "/mnt/tree/was", "/mnt/tree/dir");
            }
        });
        let mut odd = Vec::new();
        for _ in 0..100 {
            let _there = fs::create_dir_all(&kernel, "/mnt/tree/dir/inner");
            let expected = [Errno::NOTEMPTY, Errno::NOTDIR, Errno::NOENT, Errno::PERM];
            match fs::remove_dir_all(&kernel, "/mnt/tree").map_err(|error| error.errno()) {
                Err(errno) if !expected.iter().any(|one| errno == Some(*one)) => odd.push(errno),
                _ => {}
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(odd.is_empty(), "{odd:?}");
    });
    // What is made meanwhile may well be made through the link.
    for number in 0..20 {
        assert!(
            fs::exists(&kernel, format!("/mnt/kept/{number}")).unwrap(),
            "{number}"
        );
    }
}

fn directories_of_other_kernels_are_refused() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::create_dir(&kernel, "/mnt/dir").unwrap();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    let mnt = Dir::open(&kernel, "/mnt").unwrap();
    let process = rumpkernel::Process::new(&kernel).unwrap();
    let other = Dir::open(&process, "/mnt/dir").unwrap();
    let refused = mnt.rename("file", &other, "file").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::BADF));
    drop(kernel.mount(Tmpfs::new(), "/mnt/dir").unwrap());
}
