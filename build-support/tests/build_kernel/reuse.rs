//! Nothing is compiled twice, and what changed is compiled.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

use rumpkernel_build::builder::{Error, build};
use rumpkernel_build::snapshot::{self, Warnings};
use rumpkernel_harness::{Missing, Outcome};

use crate::scene::{HOST, SMALL, configuration, run};

pub(crate) fn a_second_build_elsewhere_compiles_nothing_and_links_the_same_bytes() -> Outcome {
    let store = tempfile::tempdir().unwrap();
    let build_in = |name: &str| {
        let mut configuration = configuration(&store.path().join(name), &[SMALL]);
        configuration.settings.cache_dir = Some(store.path().join("cache"));
        configuration.settings.cflags = vec!["-O0".into()];
        run(&configuration)
    };
    let first = build_in("first")?.unwrap();
    let second = build_in("second")?.unwrap();
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
    Ok(())
}

pub(crate) fn a_store_that_cannot_be_written_gives_way_to_the_builds_own_folder() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let mut configuration = configuration(&folder.path().join("out"), &[SMALL]);
    configuration.settings.cache_dir = Some(file.clone());
    configuration.settings.cflags = vec!["-O0".into()];
    if configuration.settings.source.is_none() {
        return Err(Missing::tool("the default snapshot is not in the cache"));
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
    Ok(())
}

pub(crate) fn a_modified_tree_is_built_when_asked_for_and_what_was_edited_is_compiled() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let components = ["rumpfs_kernfs", "rumpfs_tmpfs"];
    let mut configuration = configuration(&folder.path().join("out"), &components);
    let Some(source) = configuration
        .settings
        .source
        .clone()
        .filter(|source| source.is_dir())
    else {
        return Err(Missing::tool("the sources are not a folder"));
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
    Ok(())
}

/// A cache of the test's own, with the default snapshot and what is built, but for one component.
fn cache_without(component: &str, folder: &Path) -> Result<PathBuf, Missing> {
    let user = env::var_os("RUMPKERNEL_CACHE_DIR").map(PathBuf::from);
    let user = match user {
        Some(user) => user,
        None => snapshot::default_cache_dir().map_err(Missing::tool)?,
    };
    let digest = snapshot::default_pin().digest.to_string();
    let source = Path::new("sources/v1").join(digest);
    if !user.join(&source).is_dir() {
        return Err(Missing::tool("the default snapshot is not in the cache"));
    }
    let cache = folder.join("cache");
    link(&user.join(&source), &cache.join(&source));
    let store = Path::new("components/v1").join(HOST);
    link(&user.join(&store), &cache.join(&store));
    let built = cache.join(store).join(component);
    match fs::remove_dir_all(built) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
        _ => Ok(cache),
    }
}

pub(crate) fn a_stored_library_with_other_bytes_is_built_anew_and_said() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(&folder.path().join("out"), &[SMALL]);
    run(&configuration)?.unwrap();
    configuration.settings.source = None;
    configuration.settings.cache_dir = Some(cache_without(SMALL, folder.path())?);
    let mut warnings = Warnings::default();
    let mut built = || {
        warnings.0.clear();
        let built = build(&configuration, &mut warnings).unwrap();
        let mut libraries = built.libraries.into_iter();
        let library = libraries.find(|library| library.name == SMALL).unwrap();
        (library.compiled, library.path, warnings.0.clone())
    };
    let (compiled, path, _) = built();
    assert!(compiled);
    let whole = fs::read(&path).unwrap();
    assert!(!built().0);

    // What rustc sees is a link to the store's file, so that a program that writes to it changes
    // both.
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(&path, &changed).unwrap();
    let (compiled, path, warnings) = built();
    assert!(compiled);
    assert!(fs::read(&path).unwrap() == whole);
    let [warning] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!(
        warning.contains("has other bytes than when it was built"),
        "{warning}"
    );
    Ok(())
}

pub(crate) fn a_source_that_has_changed_in_the_cache_is_not_linked() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(&folder.path().join("out"), &[SMALL]);
    run(&configuration)?.unwrap();
    let cache = cache_without(SMALL, folder.path())?;
    configuration.settings.source = None;
    configuration.settings.cache_dir = Some(cache.clone());
    let tree = snapshot::cached(snapshot::default_pin(), &cache).unwrap();
    // A source, a header and a Makefile.
    for file in [
        "sys/miscfs/kernfs/kernfs_vnops.c",
        "sys/miscfs/kernfs/kernfs.h",
        "sys/rump/fs/lib/libkernfs/Makefile",
    ] {
        let before = fs::read_to_string(tree.root().join(file)).unwrap();
        restore(tree.root(), file, &format!("{before}\n"));
        let error = run(&configuration)?.unwrap_err().to_string();
        for words in [file, "not what is pinned", "cargo rumpkernel verify"] {
            assert!(error.contains(words), "{file}: {error}");
        }
        restore(tree.root(), file, &before);
    }
    let built = run(&configuration)?.unwrap();
    assert!(
        built
            .libraries
            .iter()
            .any(|library| library.name == SMALL && library.compiled)
    );
    Ok(())
}

/// Adds to a file of the tree, unlike what an earlier run of the test has left in the store, and
/// gives what it held.
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
