//! Nothing is compiled twice, and what changed is compiled.

use std::fs;
use std::path::Path;

use rumpkernel_build::builder::build;
use rumpkernel_build::snapshot::Warnings;

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
fn editing_one_file_compiles_the_components_that_contain_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(&folder.path().join("out"), &["rumpfs_tmpfs"]);
    let Some(source) = configuration
        .settings
        .source
        .clone()
        .filter(|source| source.is_dir())
    else {
        println!("editing_one_file not run: no source tree");
        return;
    };
    let tree = folder.path().join("tree");
    for part in ["sys", "common"] {
        copy(&source.join(part), &tree.join(part));
    }
    configuration.settings.source = Some(tree.clone());
    configuration.settings.unpinned = true;
    configuration.settings.cflags = vec!["-O0".into()];
    let compiled = || {
        let built = build(&configuration, &mut Warnings::default()).unwrap();
        assert!(
            built
                .dependencies
                .contains(&tree.join("sys/rump/Makefile.rump"))
        );
        let compiled = built
            .libraries
            .into_iter()
            .filter(|library| library.compiled);
        compiled.map(|library| library.name).collect::<Vec<_>>()
    };
    compiled();
    assert_eq!(compiled(), Vec::<String>::new());
    for file in ["sys/fs/tmpfs/tmpfs_vnops.c", "sys/fs/tmpfs/tmpfs.h"] {
        let path = tree.join(file);
        let before = fs::read_to_string(&path).unwrap();
        // Unlike what an earlier run of this test has left in the store.
        let stamp = std::time::SystemTime::now();
        fs::write(&path, format!("{before}/* {stamp:?} */\n")).unwrap();
        assert_eq!(compiled(), ["rumpfs_tmpfs"]);
        assert_eq!(compiled(), Vec::<String>::new());
        fs::write(&path, before).unwrap();
        assert_eq!(compiled(), Vec::<String>::new());
    }
}

/// Copies a folder, writable.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::write(to, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
