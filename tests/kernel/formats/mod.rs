//! Formats that other systems made: good images are read, bad ones are errors.

pub(crate) mod dm;
pub(crate) mod fat;
pub(crate) mod nilfs;
pub(crate) mod ntfs;
pub(crate) mod times;
pub(crate) mod udf;
pub(crate) mod used_inodes;
pub(crate) mod v7fs;

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rumpkernel::mount::Mount;
use rumpkernel::{Error, Kernel, fs};
use rumpkernel_fuzz::{Access, Format};

use crate::world::{self, Folder};

/// Where programs that make file systems lie, besides the user's own paths.
const PLACES: &str = ":/usr/sbin:/sbin";

/// Why a test of these cannot run on this machine. Where `CI` is set it runs, and fails.
pub(crate) fn obstacle(name: &str) -> Option<&'static str> {
    const EXT2: (&str, &str) = (
        "mke2fs",
        "mke2fs and debugfs are missing: install e2fsprogs",
    );
    const FAT: (&str, &str) = (
        "mkfs.fat",
        "mkfs.fat and fsck.fat are missing: install dosfstools",
    );
    const ISO: (&str, &str) = ("genisoimage", "genisoimage is missing: install genisoimage");
    const MTOOLS: (&str, &str) = ("mcopy", "mcopy and mdir are missing: install mtools");
    const NILFS: (&str, &str) = ("mkfs.nilfs2", "mkfs.nilfs2 is missing: install nilfs-tools");
    const NTFS: (&str, &str) = ("mkntfs", "mkntfs and ntfscp are missing: install ntfs-3g");
    const UDF: (&str, &str) = ("mkudffs", "mkudffs is missing: install udftools");
    let needs: &[(&str, &[(&str, &str)])] = &[
        ("formats::fat::", &[FAT]),
        ("formats::nilfs::", &[NILFS]),
        ("formats::ntfs::", &[NTFS]),
        ("formats::times::ext2", &[EXT2]),
        ("formats::times::fat", &[FAT, MTOOLS]),
        ("formats::times::udf", &[UDF]),
        ("formats::udf::", &[UDF]),
        ("formats::used_inodes::ext2", &[EXT2]),
        ("mounting::cd9660::", &[ISO]),
        ("mounting::defaults::cd9660", &[ISO]),
        ("mounting::defaults::ext2", &[EXT2]),
        ("mounting::defaults::fat", &[FAT]),
        ("mounting::defaults::nilfs", &[NILFS]),
        ("mounting::defaults::ntfs", &[NTFS]),
        ("mounting::defaults::udf", &[UDF]),
        ("mounting::detected::", &[EXT2]),
        ("mounting::ext2::", &[EXT2]),
        ("mounting::msdos::", &[FAT, MTOOLS]),
        ("mounting::nilfs::", &[NILFS]),
        ("mounting::ntfs::", &[NTFS]),
        ("mounting::udf::", &[UDF]),
        ("sectors::nilfs", &[NILFS]),
        ("sectors::udf", &[UDF]),
    ];
    let (_, tools) = needs.iter().find(|(test, _)| name.starts_with(test))?;
    let paths = std::env::var("PATH").unwrap_or_default() + PLACES;
    let is_there = |tool: &str| std::env::split_paths(&paths).any(|path| path.join(tool).is_file());
    let missing = tools.iter().find(|(tool, _)| !is_there(tool))?;
    std::env::var_os("CI").is_none().then_some(missing.1)
}

/// Runs a command, of which the word IMAGE is the image, and returns what it says.
pub(crate) fn run(command: &str, image: &std::path::Path) -> String {
    let image = image.display().to_string();
    let words: Vec<&str> = command
        .split(' ')
        .map(|word| if word == "IMAGE" { &image } else { word })
        .collect();
    let output = Command::new(words[0])
        .args(&words[1..])
        .env("PATH", std::env::var("PATH").unwrap_or_default() + PLACES)
        // For names in UTF-8.
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command}: {error}"));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    said
}

/// An image in a folder of its own.
pub(crate) struct Made {
    _folder: Folder,
    pub(crate) path: PathBuf,
}

impl Made {
    /// A file of this length, on which a command makes a file system.
    pub(crate) fn by(command: &str, length: u64) -> Self {
        let folder = Folder::new();
        let path = folder.path().join("image");
        File::create(&path).unwrap().set_len(length).unwrap();
        run(command, &path);
        Self {
            _folder: folder,
            path,
        }
    }

    /// An image of a format that a function of the tests makes.
    pub(crate) fn sample(format: Format) -> Self {
        let folder = Folder::new();
        let path = folder.path().join("image");
        let image = rumpkernel_fuzz::sample(format).unwrap();
        image.write(&mut File::create(&path).unwrap()).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }

    /// Bytes of the image.
    pub(crate) fn bytes<const N: usize>(&self, at: u64) -> [u8; N] {
        use std::os::unix::fs::FileExt as _;
        let mut bytes = [0; N];
        let file = File::open(&self.path).unwrap();
        file.read_exact_at(&mut bytes, at).unwrap();
        bytes
    }

    /// Writes bytes over the image's.
    pub(crate) fn patch(&self, at: u64, bytes: &[u8]) {
        use std::os::unix::fs::FileExt as _;
        let file = File::options().write(true).open(&self.path).unwrap();
        file.write_all_at(bytes, at).unwrap();
    }

    /// Boots a kernel and mounts the image at /mnt.
    fn mount(&self, format: Format, access: Access) -> Result<Mounted, Error> {
        let kernel = world::boot();
        fs::create_dir(&kernel, "/mnt").unwrap();
        let mount = format.mount(&kernel, &self.path, "/mnt", access)?;
        Ok(Mounted { kernel, mount })
    }

    /// The number of the error with which the kernel refuses the image, and goes on.
    fn refused(&self, format: Format, access: Access) -> Option<rumpkernel::Errno> {
        let kernel = world::boot();
        fs::create_dir(&kernel, "/mnt").unwrap();
        let error = format
            .mount(&kernel, &self.path, "/mnt", access)
            .unwrap_err();
        assert!(kernel.is_alive(), "{error}");
        kernel.shutdown().unwrap();
        error.errno()
    }
}

/// A kernel with an image at /mnt.
struct Mounted {
    kernel: Kernel,
    mount: Mount,
}

impl Mounted {
    /// The names in a directory, in order.
    fn names(&self, path: &str) -> Vec<String> {
        world::names(&self.kernel, path)
    }

    /// Unmounts, gives the image back, and ends the kernel.
    fn leave(self) {
        self.mount.unmount().unwrap();
        self.kernel.shutdown().unwrap();
    }
}
