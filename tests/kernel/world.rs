//! What tests start from: a booted kernel, images in a folder of the host.

use std::path::{Path, PathBuf};

use rumpkernel::mount::{Ffs, Mount, Tmpfs};
use rumpkernel::{Builder, Error, Kernel, fs};
use rumpkernel_examples::Image;
use tempfile::TempDir;

use crate::{child, console};

/// To boot a kernel whose console a failing test shows.
pub(crate) fn booting() -> Builder {
    Kernel::builder().console(console::sink())
}

/// The kind of kernel that this test is run with: loaded, or linked into the program.
pub(crate) fn boot_with(builder: Builder) -> Result<Kernel, Error> {
    if child::uses_linked() {
        builder.boot_linked()
    } else {
        builder.boot()
    }
}

/// A kernel with the defaults.
pub(crate) fn boot() -> Kernel {
    boot_with(booting()).unwrap()
}

/// A kernel with an empty tmpfs at /mnt.
pub(crate) fn with_tmpfs() -> (Kernel, Mount) {
    let kernel = boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    (kernel, mount)
}

/// The names in a directory, in order.
pub(crate) fn names(kernel: &Kernel, path: &str) -> Vec<String> {
    let entries = fs::read_dir(kernel, path).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A folder on the host, gone when dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A copy of an image.
    pub(crate) fn unpack(&self, image: Image) -> PathBuf {
        let path = self.0.path().join(image.name());
        image.unpack(&path).unwrap();
        path
    }

    /// A file with these contents.
    pub(crate) fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }
}

/// A kernel with a copy of `image` at /mnt.
pub(crate) fn with_image(image: Image) -> (Kernel, Folder, PathBuf, Mount) {
    let kernel = boot();
    let (folder, path, mount) = mount_image(&kernel, image);
    (kernel, folder, path, mount)
}

/// Mounts a copy of `image` at /mnt.
pub(crate) fn mount_image(kernel: &Kernel, image: Image) -> (Folder, PathBuf, Mount) {
    let folder = Folder::new();
    let path = folder.unpack(image);
    fs::create_dir(kernel, "/mnt").unwrap();
    let mount = kernel.mount(Ffs::image(&path), "/mnt").unwrap();
    (folder, path, mount)
}

/// What `numbers.txt` in the images holds, see their README.
pub(crate) fn numbers() -> String {
    (1..=3000)
        .map(|number| format!("line {number:04} of a file that needs indirect blocks\n"))
        .collect()
}
