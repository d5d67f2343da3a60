//! What tests start from: a booted kernel, images in a folder of the host.

use std::path::{Path, PathBuf};

use rumpkernel::mount::{Ffs, Mount, Tmpfs};
use rumpkernel::{Builder, Kernel, fs};
use rumpkernel_examples::Image;
use tempfile::TempDir;

/// To boot a kernel whose console goes to standard error, where a failing test shows it.
pub(crate) fn booting() -> Builder {
    Kernel::builder().console(|line| eprint!("{}", String::from_utf8_lossy(line)))
}

/// A kernel with the defaults.
pub(crate) fn boot() -> Kernel {
    booting().boot().unwrap()
}

/// A kernel with an empty tmpfs at /mnt.
pub(crate) fn with_tmpfs() -> (Kernel, Mount) {
    let kernel = boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    (kernel, mount)
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
    let folder = Folder::new();
    let path = folder.unpack(image);
    let kernel = boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Ffs::image(&path), "/mnt").unwrap();
    (kernel, folder, path, mount)
}

/// What `numbers.txt` in the images holds, see their README.
pub(crate) fn numbers() -> String {
    (1..=3000)
        .map(|number| format!("line {number:04} of a file that needs indirect blocks\n"))
        .collect()
}
