//! Nothing is compiled twice, and what changed is compiled.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rumpkernel_build::builder::{Error, build};
use rumpkernel_build::snapshot::{self, Warnings};

use crate::scene::{SMALL, configuration, run};

#[test]
fn a_second_build_elsewhere_compiles_nothing_and_links_the_same_bytes() {
    let store = tempfile::tempdir().unwrap();
    let build_in = |name: &str| {
        let mut configuration = configuration(&store.path().join(name), &[SMALL]);
        configuration.settings.cache_dir = Some(store.path().join("cache"));
        configuration.settings.cflags = vec!["-O0".into()];
        run("a_second_build_elsewhere_compiles_nothing", &configuration)
    };
    let (Some(first), Some(second)) = (build_in("first"), build_in("second")) else {
        return;
    };
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.statistics.compiled_files > 100);
    assert_eq!(second.statistics.compiled_files, 0);
    assert_eq!(second.statistics.reused_components, first.libraries.len());
    for (one, other) in first.libraries.iter().zip(&second.libraries) {
        assert!(one.compiled && !other.compiled);
        assert_ne!(one.path, other.path);
        assert_eq!(fs::read(&one.path).unwrap(), fs::read(&other.path).unwrap());
    }
    // What is linked survives the store.
    fs::remove_dir_all(store.path().join("cache")).unwrap();
    assert!(
        second
            .libraries
            .iter()
            .all(|library| library.path.is_file())
    );
}

#[test]
fn a_store_that_cannot_be_written_gives_way_to_the_builds_own_folder() {
    let test = "a_store_that_cannot_be_written";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let mut configuration = configuration(&folder.path().join("out"), &[SMALL]);
    configuration.settings.cache_dir = Some(file.clone());
    configuration.settings.cflags = vec!["-O0".into()];
    if configuration.settings.source.is_none() {
        println!("{test} not run: no sources");
        return;
    }
    for (compiles, complaints) in [(true, 1), (false, 0)] {
        let mut warnings = Warnings::default();
        let built = build(&configuration, &mut warnings).unwrap();
        assert_eq!(built.statistics.compiled_files > 0, compiles);
        // One for all components, and none when there is nothing to keep.
        let complains = |text: &&String| text.contains("cannot be kept");
        assert_eq!(
            warnings.0.iter().filter(complains).count(),
            complaints,
            "{warnings:?}"
        );
    }
}

#[test]
fn a_modified_tree_is_built_when_asked_for_and_what_was_edited_is_compiled() {
    let test = "a_modified_tree";
    let folder = tempfile::tempdir().unwrap();
    let components = ["rumpfs_kernfs", "rumpfs_tmpfs"];
    let mut configuration = configuration(&folder.path().join("out"), &components);
    let Some(source) = configuration
        .settings
        .source
        .clone()
        .filter(|source| source.is_dir())
    else {
        println!("{test} not run: no source tree");
        return;
    };
    let tree = folder.path().join("tree");
    link(&source, &tree);
    configuration.settings.source = Some(tree.clone());
    configuration.settings.unpinned = false;
    configuration.settings.cflags = vec!["-O0".into()];
    let vnops = "sys/fs/tmpfs/tmpfs_vnops.c";
    let before = edit(&tree, vnops);
    let Err(Error::Sources(refused)) = build(&configuration, &mut Warnings::default()) else {
        panic!("a tree that is not what is pinned was built");
    };
    let message = refused.to_string();
    let pinned = snapshot::default_pin().digest.to_string();
    let digest = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let digests: Vec<&str> = words.filter(|word| digest(word)).collect();
    assert!(digests.contains(&&*pinned), "{message}");
    assert!(digests.iter().any(|digest| **digest != pinned), "{message}");

    configuration.settings.unpinned = true;
    let compiled = || {
        let mut warnings = Warnings::default();
        let built = build(&configuration, &mut warnings).unwrap();
        assert!(
            warnings
                .0
                .iter()
                .any(|text| text.contains("RUMPKERNEL_UNPINNED")),
            "{warnings:?}"
        );
        assert!(
            built
                .dependencies
                .contains(&tree.join("sys/rump/Makefile.rump"))
        );
        let compiled = built
            .libraries
            .into_iter()
            .filter(|library| library.compiled);
        let mut names: Vec<_> = compiled.map(|library| library.name).collect();
        names.sort();
        names
    };
    restore(&tree, vnops, &before);
    compiled();
    assert_eq!(compiled(), Vec::<String>::new());
    for (file, expected) in [
        (vnops, &["rumpfs_tmpfs"][..]),
        ("sys/fs/tmpfs/tmpfs.h", &["rumpfs_tmpfs"]),
        (
            "sys/miscfs/genfs/genfs.h",
            &["rumpfs_kernfs", "rumpfs_tmpfs", "rumpvfs"],
        ),
    ] {
        let before = edit(&tree, file);
        assert_eq!(compiled(), expected, "{file}");
        assert_eq!(compiled(), Vec::<String>::new(), "{file}");
        restore(&tree, file, &before);
        assert_eq!(compiled(), Vec::<String>::new(), "{file}");
    }
}

/// Adds to a file of the tree, unlike what an earlier run of the test has left in the store, and gives what it held.
fn edit(tree: &Path, file: &str) -> String {
    let before = fs::read_to_string(tree.join(file)).unwrap();
    let stamp = SystemTime::now();
    restore(tree, file, &format!("{before}/* {stamp:?} */\n"));
    before
}

/// Writes a file of the tree anew, and not what it is linked to.
fn restore(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    fs::remove_file(&path).unwrap();
    fs::write(path, text).unwrap();
}

/// Makes a folder with the same files.
fn link(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link(&entry.path(), &to);
        } else if fs::hard_link(entry.path(), &to).is_err() {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}
