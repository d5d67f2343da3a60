//! The store under bad luck: what is damaged, missing, full or not writable costs time, never a
//! wrong library.

mod scene;

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use rumpkernel_build::snapshot::Digest;
use rumpkernel_build::snapshot::manifest::{Entry, FileType, Manifest};
use rumpkernel_build::store::{Audit, FileDigests, Reason, Store, place};
use rumpkernel_harness::{Missing, Outcome};
use scene::{LIBRARY, NAME, Scene, TARGET, TREE, file_ending, files, key, overwrite};

fn a_library_is_found_as_long_as_nothing_it_was_made_from_changes() {
    let scene = Scene::new();
    scene.insert(&key("flags"));
    assert_eq!(
        fs::read(scene.find(&key("flags")).unwrap().library).unwrap(),
        LIBRARY
    );
    assert_eq!(scene.find(&key("other flags")), None);

    scene.write("a.h", "long a;\n");
    assert_eq!(scene.find(&key("flags")), None);
    scene.write("a.h", "int a;\n");
    assert!(scene.find(&key("flags")).is_some());
    fs::remove_file(scene.tree().join("a.h")).unwrap();
    assert_eq!(scene.find(&key("flags")), None);
}

fn both_states_of_a_tree_stay_in_the_store() {
    let scene = Scene::new();
    let before = scene.insert(&key("flags"));
    scene.write("a.h", "long a;\n");
    let after = scene.insert(&key("flags"));
    assert_ne!(before.library, after.library);
    assert_eq!(scene.find(&key("flags")), Some(after));
    scene.write("a.h", "int a;\n");
    assert_eq!(scene.find(&key("flags")), Some(before));
}

fn an_entry_cut_short_counts_as_absent_and_is_replaced() {
    for suffix in [".files", ".answer"] {
        let scene = Scene::new();
        let hit = scene.insert(&key("flags"));
        scene.remember(&hit);
        assert!(scene.recall().is_some());

        let path = file_ending(&scene, suffix);
        let content = fs::read(&path).unwrap();
        overwrite(&path, &content[..content.len() - 1]);

        let found = scene.find(&key("flags"));
        let recalled = scene.recall();
        match suffix {
            // The answer leads to a library that is whole, made from what the question says.
            ".files" => assert_eq!(found, None),
            _ => assert_eq!((found.is_some(), recalled), (true, None)),
        }
        let hit = scene.insert(&key("flags"));
        scene.remember(&hit);
        assert_eq!(scene.find(&key("flags")), Some(hit.clone()));
        assert_eq!(scene.recall(), Some(hit));
    }
}

fn a_library_with_other_bytes_is_never_handed_out_and_is_replaced() {
    let mut flipped = LIBRARY.to_vec();
    flipped[3] ^= 0x10;
    for changed in [&flipped, &LIBRARY[..LIBRARY.len() - 1], b""] {
        let scene = Scene::new();
        let hit = scene.insert(&key("flags"));
        scene.remember(&hit);
        overwrite(&hit.library, changed);

        let found = scene
            .store
            .find(TARGET, NAME, &key("flags"), &mut scene.digests());
        let recalled = scene.store.recall(TARGET, NAME, &key("question"));
        for answer in [found, recalled] {
            let damaged = answer.unwrap_err();
            assert_eq!(damaged.library, hit.library);
        }
        let hit = scene.insert(&key("flags"));
        assert_eq!(scene.find(&key("flags")), Some(hit.clone()));
        assert_eq!(scene.recall(), Some(hit));
    }
}

fn an_audit_removes_what_has_changed_and_what_was_made_of_other_sources() {
    let scene = Scene::new();
    let intact = scene.insert(&key("intact"));
    scene.remember(&intact);
    let damaged = scene.insert(&key("damaged"));
    overwrite(&damaged.library, b"other bytes");
    let pinned = || {
        let mut manifest = Manifest::default();
        for name in ["a.c", "a.h"] {
            let digest = Digest::of(&fs::read(scene.tree().join(name)).unwrap());
            let file_type = FileType::Regular;
            manifest.insert(name.to_owned(), Entry { file_type, digest });
        }
        HashMap::from([(TREE.to_owned(), manifest)])
    };
    let removed = |audit: &Audit| -> Vec<(PathBuf, Reason)> {
        let removed = audit.removed.iter().cloned();
        removed.map(|one| (one.library, one.reason)).collect()
    };

    let audit = scene.store.audit(&pinned()).unwrap();
    assert_eq!(audit.libraries, 2);
    assert_eq!(
        removed(&audit),
        [(damaged.library.clone(), Reason::Damaged)]
    );
    assert!(!damaged.library.exists());
    assert_eq!(scene.recall(), Some(intact.clone()));

    // What is known of another tree says nothing about this one.
    scene.write("a.h", "long a;\n");
    let other = pinned()
        .remove(TREE)
        .map(|manifest| ("0f90".to_owned(), manifest));
    let audit = scene.store.audit(&other.into_iter().collect()).unwrap();
    assert_eq!((audit.libraries, audit.removed.len()), (1, 0));

    let audit = scene.store.audit(&pinned()).unwrap();
    let reason = Reason::OtherSource("a.h".to_owned());
    assert_eq!(removed(&audit), [(intact.library.clone(), reason)]);
    assert!(!intact.library.exists());
    assert_eq!(scene.recall(), None);
    assert_eq!(scene.store.audit(&pinned()).unwrap(), Audit::default());
}

fn files_of_the_store_that_hold_garbage_are_ignored() {
    let scene = Scene::new();
    let hit = scene.insert(&key("flags"));
    scene.remember(&hit);
    for path in files(scene.store.root()) {
        if path != hit.library {
            overwrite(&path, b"\xff\xfe garbage \n\n end\n");
        }
    }
    assert_eq!(scene.find(&key("flags")), None);
    assert_eq!(scene.recall(), None);
}

fn a_store_that_cannot_be_written_says_so() {
    let scene = Scene::new();
    // A file where the folder should be fails for every user, root included.
    fs::create_dir_all(scene.folder.path().join("cache")).unwrap();
    fs::write(scene.folder.path().join("cache/components"), "").unwrap();
    let taken = scene
        .store
        .insert(TARGET, NAME, &key("flags"), scene.inputs(), LIBRARY);
    assert!(taken.is_err());
    assert_eq!(scene.find(&key("flags")), None);
}

fn a_full_disk_leaves_no_entry_behind() -> Outcome {
    // The test runs itself again where a file system of 64 KiB is mounted.
    if let Some(small) = std::env::var_os(SMALL_DISK) {
        on_a_small_disk(Path::new(&small));
        return Ok(());
    }
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs -o size=64k tmpfs \"$STORE_TEST_SMALL_DISK\" || exit 77; exec \"$@\"")
        .arg("sh")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_leaves_no_entry_behind"])
        .env(SMALL_DISK, folder.path())
        .stdout(Stdio::null())
        .status();
    match status.map(|status| status.code()) {
        Ok(Some(0)) => Ok(()),
        Ok(Some(101)) => panic!("the test failed on the small disk"),
        _ => Err(Missing::on_this_machine("nothing can be mounted")),
    }
}

const SMALL_DISK: &str = "STORE_TEST_SMALL_DISK";

fn on_a_small_disk(disk: &Path) {
    let scene = Scene::new();
    let store = Store::new(disk);
    let insert =
        |library: &[u8]| store.insert(TARGET, NAME, &key("flags"), scene.inputs(), library);
    let error = insert(&[0; 128 * 1024]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(
        store.find(TARGET, NAME, &key("flags"), &mut scene.digests()),
        Ok(None)
    );
    assert_eq!(files(store.root()), Vec::<PathBuf>::new());
    // What fits is taken in afterwards.
    insert(LIBRARY).unwrap();
}

fn builds_at_the_same_time_agree() {
    let scene = Scene::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..20 {
                    let recipe = key(&format!("flags {}", round % 3));
                    let hit = match scene.find(&recipe) {
                        Some(hit) => hit,
                        None => scene.insert(&recipe),
                    };
                    assert_eq!(fs::read(hit.library).unwrap(), LIBRARY);
                }
            });
        }
    });
    let libraries = files(scene.store.root());
    let libraries = libraries
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "a"));
    assert_eq!(libraries.count(), 3);
    let unfinished = files(scene.store.root());
    assert!(
        unfinished
            .iter()
            .all(|path| !path.to_string_lossy().contains("unfinished"))
    );
}

fn eviction_removes_what_was_not_used_for_longest_and_keeps_what_is_linked() {
    let scene = Scene::new();
    let old = scene.insert(&key("old"));
    let used = scene.insert(&key("used"));
    let placed = scene.folder.path().join("libold.a");
    place(&old.library, &placed).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    for path in files(scene.store.root()) {
        if path.extension().is_some_and(|end| end == "files") {
            File::open(&path).unwrap().set_modified(long_ago).unwrap();
        }
    }
    // Finding a library is using it.
    assert!(scene.find(&key("used")).is_some());

    let half: u64 = files(scene.store.root())
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .sum::<u64>()
        / 2;
    scene.store.evict(half).unwrap();
    assert!(!old.library.exists() && used.library.exists());
    assert_eq!(scene.find(&key("old")), None);
    assert_eq!(fs::read(&placed).unwrap(), LIBRARY);

    scene.store.evict(0).unwrap();
    assert!(!used.library.exists());
}

fn what_is_placed_shares_the_stores_file_or_is_a_copy() -> Outcome {
    let scene = Scene::new();
    let hit = scene.insert(&key("flags"));
    let path = scene.folder.path().join("lib.a");
    fs::write(&path, "of an earlier build").unwrap();
    place(&hit.library, &path).unwrap();
    place(&hit.library, &path).unwrap();
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_eq!(inode(&path), inode(&hit.library));
    // /dev/shm is another file system nearly everywhere.
    let elsewhere = tempfile::tempdir_in("/dev/shm").map_err(|error| {
        Missing::on_this_machine(format!("the copy was not tried: /dev/shm: {error}"))
    })?;
    let copy = elsewhere.path().join("lib.a");
    place(&hit.library, &copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), LIBRARY);
    Ok(())
}

fn digests_are_noted_and_a_change_is_seen_all_the_same() {
    let scene = Scene::new();
    // A file that nobody has changed for two seconds.
    let still = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut before = FileDigests::new(still);
    let first = before.digest("Cargo.toml").unwrap().to_owned();
    before.note(&scene.store, TARGET).unwrap();
    let note = fs::read_to_string(file_ending(&scene, ".note")).unwrap();
    assert!(
        note.contains(&first) && note.contains(" Cargo.toml\n"),
        "{note}"
    );
    let mut later = FileDigests::new(still);
    later.recall(&scene.store, TARGET);
    assert_eq!(later.digest("Cargo.toml"), Some(first.as_str()));

    // A note about a file of another state is not believed: here, one whose digest is wrong.
    let path = file_ending(&scene, ".note");
    let status = note.split(' ').nth(1).unwrap();
    let older = note
        .replace(status, "1.2.3.4.5.6")
        .replace(&first, &"0".repeat(64));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, older).unwrap();
    let mut changed = FileDigests::new(still);
    changed.recall(&scene.store, TARGET);
    assert_eq!(changed.digest("Cargo.toml"), Some(first.as_str()));
}

rumpkernel_harness::tests! {
    a_library_is_found_as_long_as_nothing_it_was_made_from_changes,
    both_states_of_a_tree_stay_in_the_store,
    an_entry_cut_short_counts_as_absent_and_is_replaced,
    a_library_with_other_bytes_is_never_handed_out_and_is_replaced,
    an_audit_removes_what_has_changed_and_what_was_made_of_other_sources,
    files_of_the_store_that_hold_garbage_are_ignored,
    a_store_that_cannot_be_written_says_so,
    a_full_disk_leaves_no_entry_behind,
    builds_at_the_same_time_agree,
    eviction_removes_what_was_not_used_for_longest_and_keeps_what_is_linked,
    what_is_placed_shares_the_stores_file_or_is_a_copy,
    digests_are_noted_and_a_change_is_seen_all_the_same,
}
