//! What kinds of file systems are mounted with: defaults, and options that do what their
//! documentation says. Images are made, and where it can be read again, by other systems' tools.

pub(crate) mod cd9660;
pub(crate) mod defaults;
pub(crate) mod detected;
pub(crate) mod ext2;
pub(crate) mod fdesc;
pub(crate) mod ffs;
pub(crate) mod msdos;
pub(crate) mod nilfs;
pub(crate) mod ntfs;
pub(crate) mod null;
pub(crate) mod options;
pub(crate) mod own;
pub(crate) mod ptyfs;
pub(crate) mod udf;
pub(crate) mod umap;
pub(crate) mod v7fs;

use rumpkernel::mount::{FileSystem, MountOptions};
use rumpkernel::{Errno, Kernel, fs};

use crate::world::{self, Folder};

/// A kernel with the directory /mnt.
fn boot() -> Kernel {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    kernel
}

/// What `tree` holds, but for the directory.
fn contents() -> [(&'static str, Vec<u8>); 4] {
    let long = (0..100_000_u32).map(|byte| (byte % 251) as u8).collect();
    [
        ("hello.txt", b"hello, world\n".to_vec()),
        ("a name that is long.text", long),
        ("ünïcöde names.txt", b"a name in UTF-8\n".to_vec()),
        ("folder/inner", b"in a directory\n".to_vec()),
    ]
}

/// A directory of the host for the tools that make images, which lies in the folder.
fn tree() -> (Folder, String) {
    let folder = Folder::new();
    let root = folder.path().join("tree");
    std::fs::create_dir_all(root.join("folder")).unwrap();
    for (name, bytes) in contents() {
        std::fs::write(root.join(name), bytes).unwrap();
    }
    let root = root.display().to_string();
    (folder, root)
}

/// Looks for all of the tree at a path.
fn has_tree(kernel: &Kernel, at: &str) {
    let mut names = world::names(kernel, at);
    names.retain(|name| name != "lost+found");
    assert_eq!(
        names,
        [
            "a name that is long.text",
            "folder",
            "hello.txt",
            "ünïcöde names.txt"
        ]
    );
    assert_eq!(
        world::names(kernel, &format!("{at}/folder")),
        ["inner"],
        "{at}"
    );
    has_files(kernel, at);
}

/// Looks for the files of the tree at a path.
fn has_files(kernel: &Kernel, at: &str) {
    for (name, bytes) in contents() {
        let read = fs::read(kernel, format!("{at}/{name}")).unwrap();
        assert!(read == bytes, "{name}: {} bytes", read.len());
    }
}

/// Asking for a driver that cannot write to write is an error that says what to do.
fn refuses_to_write(kernel: &Kernel, file_system: impl FileSystem) {
    let options = MountOptions::new().read_write();
    let error = kernel.mount_with(file_system, "/mnt", options).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS), "{error}");
    assert!(error.to_string().contains("read_write"), "{error}");
}
