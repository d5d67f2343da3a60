//! `clean`: what goes, and what does not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rumpkernel_build::snapshot::{Pin, pins};

use crate::program::{run, stderr, stdout};

/// Puts what looks like a tree of `pin` into the cache.
fn tree(folder: &Path, pin: &Pin) -> PathBuf {
    let entry = folder.join("cache/sources/v1").join(pin.digest.to_string());
    fs::create_dir_all(entry.join("tree/sys")).unwrap();
    fs::write(entry.join("tree/sys/file"), vec![1; 100_000]).unwrap();
    fs::write(entry.join("manifest"), "four").unwrap();
    fs::write(entry.join("complete"), "4\n").unwrap();
    entry
}

/// Puts what looks like a built component into the store.
fn component(folder: &Path) -> PathBuf {
    let store = folder.join("cache/components/v1");
    let component = store.join("x86_64-unknown-linux-gnu/rumpfs_ffs");
    fs::create_dir_all(&component).unwrap();
    fs::write(component.join("k-i.a"), vec![1; 50_000]).unwrap();
    fs::write(component.join("k-i.files"), "length 50000\nend\n").unwrap();
    store
}

pub(crate) fn goes_what_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [one, other] = [&pins()[0], &pins()[1]];
    let (first, second) = (tree(folder, one), tree(folder, other));
    let store = component(folder);
    let library = store.join("x86_64-unknown-linux-gnu/rumpfs_ffs/k-i.a");

    let output = run(folder, &["clean", "--all", "--dry-run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("would be freed"),
        "{}",
        stdout(&output)
    );
    assert!(first.exists() && second.exists() && library.exists());

    let output = run(folder, &["clean", "--snapshot", &one.name]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains(&one.name), "{}", stdout(&output));
    assert!(!first.exists() && second.exists() && library.exists());

    let output = run(folder, &["clean", "--components"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(second.exists() && !library.exists());

    fs::create_dir(second.with_extension("part")).unwrap();
    let output = run(folder, &["clean", "--sources"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!second.exists() && !second.with_extension("part").exists());

    let output = run(folder, &["clean", "--all"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "0 B freed\n");
}

/// A build holds a shared lock on the tree's folder and on the store's.
pub(crate) fn what_is_in_use_stays() {
    let folder = tempfile::tempdir().unwrap();
    let entry = tree(folder.path(), &pins()[0]);
    let store = component(folder.path());
    for used in [&entry, &store] {
        let build = File::open(used).unwrap();
        build.lock_shared().unwrap();
        let output = run(folder.path(), &["clean", "--all", "--dry-run"]);
        assert!(output.status.success());
        let choice = if used == &entry {
            "--sources"
        } else {
            "--components"
        };
        let output = run(folder.path(), &["clean", choice]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains("in use by a build"),
            "{}",
            stderr(&output)
        );
        assert!(entry.join("tree/sys/file").exists());
        assert!(
            store
                .join("x86_64-unknown-linux-gnu/rumpfs_ffs/k-i.a")
                .exists()
        );
    }
}
