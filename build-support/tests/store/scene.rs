//! A store in a folder of its own, and what tests do with it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rumpkernel_build::store::{FileDigests, Hit, Input, Key, KeyBuilder, Store};
use tempfile::TempDir;

pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
pub(crate) const NAME: &str = "rumpfs_tmpfs";
/// The digest of a source tree.
pub(crate) const TREE: &str = "ddc2fadf";
pub(crate) const LIBRARY: &[u8] = b"!<arch>\nlibrary";

/// A store beside a tree with one source and one header.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(&folder.path().join("cache"));
        let scene = Self { folder, store };
        fs::create_dir_all(scene.tree()).unwrap();
        scene.write("a.c", "#include \"a.h\"\n");
        scene.write("a.h", "int a;\n");
        scene
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.tree().join(name), text).unwrap();
    }

    pub(crate) fn digests(&self) -> FileDigests {
        FileDigests::new(&self.tree())
    }

    pub(crate) fn inputs(&self) -> Vec<Input> {
        let mut digests = self.digests();
        let names = ["a.c", "a.h"];
        names
            .map(|name| Input {
                path: name.to_owned(),
                digest: digests.digest(name).map(str::to_owned),
            })
            .to_vec()
    }

    pub(crate) fn insert(&self, recipe: &Key) -> Hit {
        let inputs = self.inputs();
        self.store
            .insert(TARGET, NAME, recipe, inputs, LIBRARY)
            .unwrap()
    }

    pub(crate) fn find(&self, recipe: &Key) -> Option<Hit> {
        self.store
            .find(TARGET, NAME, recipe, &mut self.digests())
            .unwrap()
    }

    pub(crate) fn recall(&self) -> Option<Hit> {
        self.store.recall(TARGET, NAME, &key("question")).unwrap()
    }

    pub(crate) fn remember(&self, hit: &Hit) {
        self.store
            .remember(TARGET, NAME, &key("question"), TREE, hit)
            .unwrap();
    }
}

pub(crate) fn key(text: &str) -> Key {
    KeyBuilder::new("test").with(text).key()
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub(crate) fn file_ending(scene: &Scene, suffix: &str) -> PathBuf {
    let found = files(scene.store.root());
    let mut found = found
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(suffix));
    found.next().unwrap()
}

/// Writes to a file of the store, which is read-only for others than root.
pub(crate) fn overwrite(path: &Path, content: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, content).unwrap();
}
