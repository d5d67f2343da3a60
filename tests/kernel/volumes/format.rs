//! Empty file systems.

use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel::mount::{
    Ext2, Ffs, FileSystem, Lfs, Mount, MountOptions, Msdos, SysvBfs, Udf, V7fs,
};
use rumpkernel::{Builder, Kernel, fs};

use super::made;
use crate::world::{self, Folder};

/// Where file systems are mounted.
pub(super) const AT: &str = "/volume";

/// An empty file system, and how it is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    kind: Kind,
    maker: Maker,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Ext2,
    Fat,
    Ffs,
    Lfs,
    Sysvbfs,
    Udf,
    V7fs,
}

#[derive(Debug, Clone, Copy)]
enum Maker {
    /// A program with its arguments, in front of the image's path, for an image of so many MiB.
    Program(&'static str, &'static [&'static str], u64),
    /// makefs, with its options for FFS.
    Makefs(&'static str),
    /// A function of this program.
    Function(fn() -> Vec<u8>),
}

const fn format(kind: Kind, maker: Maker) -> Format {
    Format { kind, maker }
}

/// Blocks below the page size are those that the page cache holds several of in a page.
pub(super) const FFS1: Format = format(Kind::Ffs, Maker::Makefs("version=1,bsize=8192,fsize=1024"));
pub(super) const FFS2_SMALL: Format =
    format(Kind::Ffs, Maker::Makefs("version=2,bsize=4096,fsize=512"));
pub(super) const FFS2_LARGE: Format =
    format(Kind::Ffs, Maker::Makefs("version=2,bsize=16384,fsize=2048"));
/// As FreeBSD makes them: with large blocks, and several groups on a small disk.
pub(super) const FFS1_OF_FREEBSD: Format = format(
    Kind::Ffs,
    Maker::Makefs("version=1,bsize=32768,fsize=4096,maxbpcg=300"),
);
pub(super) const FFS2_OF_FREEBSD: Format = format(
    Kind::Ffs,
    Maker::Makefs("version=2,bsize=32768,fsize=4096,maxbpcg=300"),
);
pub(super) const EXT2_1K: Format = ext2(&["-q", "-F", "-t", "ext2", "-b", "1024"]);
pub(super) const EXT2_2K: Format = ext2(&["-q", "-F", "-t", "ext2", "-b", "2048"]);
pub(super) const EXT2_4K: Format = ext2(&["-q", "-F", "-t", "ext2", "-b", "4096"]);
pub(super) const FAT_SMALL: Format = fat(&["-F", "16", "-s", "1"], 8);
pub(super) const FAT_LARGE: Format = fat(&["-F", "16", "-s", "32"], 80);
pub(super) const UDF_512: Format = format(Kind::Udf, udf(&["-b", "512", "--media-type=hd"]));
pub(super) const UDF_2048: Format = format(Kind::Udf, udf(&["-b", "2048", "--media-type=hd"]));
pub(super) const V7FS: Format = format(Kind::V7fs, Maker::Function(made::v7fs));
pub(super) const LFS: Format = format(Kind::Lfs, Maker::Function(rumpkernel_examples::lfs));
pub(super) const SYSVBFS: Format = format(Kind::Sysvbfs, Maker::Function(made::sysvbfs));

const fn ext2(arguments: &'static [&'static str]) -> Format {
    format(Kind::Ext2, Maker::Program("mke2fs", arguments, 8))
}

const fn fat(arguments: &'static [&'static str], size: u64) -> Format {
    format(Kind::Fat, Maker::Program("mkfs.fat", arguments, size))
}

const fn udf(arguments: &'static [&'static str]) -> Maker {
    Maker::Program("mkudffs", arguments, 16)
}

impl Format {
    /// Makes an image in a folder.
    pub(super) fn make(&self, folder: &Folder) -> PathBuf {
        let image = folder.path().join("volume");
        match self.maker {
            Maker::Program(program, arguments, size) => {
                let file = std::fs::File::create(&image).unwrap();
                file.set_len(size << 20).unwrap();
                run(Command::new(program).args(arguments).arg(&image));
            }
            Maker::Makefs(options) => {
                let tree = folder.path().join("tree");
                std::fs::create_dir(&tree).unwrap();
                let mut makefs = Command::new("makefs");
                makefs.args(["-t", "ffs", "-s", "16m", "-f", "2000", "-o", options]);
                run(makefs.args([&image, &tree]));
            }
            Maker::Function(make) => std::fs::write(&image, make()).unwrap(),
        }
        image
    }

    fn of(&self, image: &Path) -> Box<dyn FileSystem> {
        match self.kind {
            Kind::Ext2 => Box::new(Ext2::image(image)),
            Kind::Fat => Box::new(Msdos::image(image)),
            Kind::Ffs => Box::new(Ffs::image(image)),
            Kind::Lfs => Box::new(Lfs::image(image)),
            Kind::Sysvbfs => Box::new(SysvBfs::image(image)),
            Kind::Udf => Box::new(Udf::image(image)),
            Kind::V7fs => Box::new(V7fs::image(image)),
        }
    }

    pub(super) fn mount(&self, kernel: &Kernel, image: &Path) -> Mount {
        self.mount_with(kernel, image, MountOptions::new())
    }

    pub(super) fn mount_with(&self, kernel: &Kernel, image: &Path, options: MountOptions) -> Mount {
        kernel.mount_with(self.of(image), AT, options).unwrap()
    }
}

/// A kernel that can mount these file systems. One for all of a test: the linked kernel can be
/// booted once.
pub(super) fn boot(builder: Builder) -> Kernel {
    let kernel = world::boot_with(builder).unwrap();
    fs::create_dir(&kernel, AT).unwrap();
    kernel
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// Why a test of this module cannot run: its file systems are in its name.
pub(crate) fn obstacle(name: &str) -> Option<&'static str> {
    let missing = |program| Command::new(program).arg("-h").output().is_err();
    let is_about = |what: &str| name.starts_with("volumes::") && name.contains(what);
    if is_about("ext2") && missing("mke2fs") {
        Some("mke2fs is not installed (package e2fsprogs)")
    } else if is_about("fat") && missing("mkfs.fat") {
        Some("mkfs.fat is not installed (package dosfstools)")
    } else if is_about("udf") && missing("mkudffs") {
        Some("mkudffs is not installed (package udftools)")
    } else if is_about("ffs") && missing("makefs") {
        Some("makefs is not installed (package makefs)")
    } else {
        None
    }
}
