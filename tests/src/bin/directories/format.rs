//! The file systems: how each is made, mounted and checked, and what it can hold.

use std::fs;
use std::path::Path;
use std::process::Command;

use rumpkernel::mount::{Ext2, Ffs, FileSystem, Lfs, Mount, MountOptions, Msdos, Tmpfs, Udf};
use rumpkernel::{Error, Kernel};
use rumpkernel_tests::Limits;

/// One file system with one choice of its parameters.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    kind: Kind,
    has_log: bool,
    pub(crate) limits: Limits,
    make: Make,
    /// The program that checks it without changing it.
    check: Option<&'static str>,
}

#[derive(PartialEq)]
enum Kind {
    Ext2,
    Fat,
    Ffs,
    Lfs,
    Tmpfs,
    Udf,
}

/// How an image of a file system is made.
enum Make {
    /// By a program, with its arguments; `IMAGE` stands for the image, `EMPTY` for an empty folder.
    Command(&'static str),
    /// By a function that returns its bytes.
    Function(fn() -> Vec<u8>),
}

const E2FSCK: Option<&str> = Some("e2fsck -fn IMAGE");
const FSCK_FAT: Option<&str> = Some("fsck.fat -n IMAGE");

const FAT: Limits = Limits {
    hard_links: false,
    ..Limits::UNIX
};

/// FFS by default: no program here checks one, so a second kernel does.
const fn ffs(name: &'static str, make: &'static str) -> Format {
    Format {
        name,
        kind: Kind::Ffs,
        has_log: false,
        limits: Limits::UNIX,
        make: Make::Command(make),
        check: None,
    }
}

const fn logged(name: &'static str, make: &'static str) -> Format {
    Format {
        has_log: true,
        ..ffs(name, make)
    }
}

const fn ext2(name: &'static str, make: &'static str) -> Format {
    Format {
        kind: Kind::Ext2,
        check: E2FSCK,
        ..ffs(name, make)
    }
}

const fn fat(name: &'static str, make: &'static str) -> Format {
    Format {
        kind: Kind::Fat,
        limits: FAT,
        check: FSCK_FAT,
        ..ffs(name, make)
    }
}

pub(crate) const FORMATS: &[Format] = &[
    ffs(
        "ffs1-2k",
        "makefs -t ffs -B le -s 32m -f 2000 -o version=1,bsize=4096,fsize=512 IMAGE EMPTY",
    ),
    ffs(
        "ffs1",
        "makefs -t ffs -B le -s 32m -f 2000 -o version=1 IMAGE EMPTY",
    ),
    ffs(
        "ffs1-be",
        "makefs -t ffs -B be -s 32m -f 2000 -o version=1 IMAGE EMPTY",
    ),
    ffs(
        "ffs2-4k",
        "makefs -t ffs -B le -s 32m -f 2000 -o version=2,bsize=4096,fsize=512 IMAGE EMPTY",
    ),
    ffs(
        "ffs2",
        "makefs -t ffs -B le -s 32m -f 2000 -o version=2,bsize=16384,fsize=2048 IMAGE EMPTY",
    ),
    ffs(
        "ffs2-be",
        "makefs -t ffs -B be -s 32m -f 2000 -o version=2,bsize=32768,fsize=4096 IMAGE EMPTY",
    ),
    logged(
        "ffs1-log",
        "makefs -t ffs -B le -s 64m -f 2000 -o version=1 IMAGE EMPTY",
    ),
    logged(
        "ffs2-log",
        "makefs -t ffs -B le -s 64m -f 2000 -o version=2 IMAGE EMPTY",
    ),
    ext2("ext2-1k", "mke2fs -q -t ext2 -b 1024 -I 128 IMAGE 32m"),
    ext2("ext2-2k", "mke2fs -q -t ext2 -b 2048 -I 128 IMAGE 32m"),
    ext2("ext2-4k", "mke2fs -q -t ext2 -b 4096 -I 256 IMAGE 32m"),
    fat("fat12", "mkfs.fat -C -F 12 -s 8 IMAGE 16000"),
    fat("fat16", "mkfs.fat -C -F 16 -s 4 IMAGE 32000"),
    fat("fat32", "mkfs.fat -C -F 32 -s 1 IMAGE 64000"),
    Format {
        kind: Kind::Udf,
        check: None,
        ..ffs(
            "udf",
            "mkudffs --new-file --blocksize=512 --media-type=hd IMAGE 65536",
        )
    },
    Format {
        kind: Kind::Lfs,
        make: Make::Function(rumpkernel_examples::lfs),
        ..ffs("lfs", "")
    },
    Format {
        kind: Kind::Tmpfs,
        ..ffs("tmpfs", "touch IMAGE")
    },
];

impl Format {
    /// Whether nothing is left of it once it is unmounted.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.kind == Kind::Tmpfs
    }

    /// Makes an image of it; an error says why that cannot be done here.
    pub(crate) fn make(&self, image: &Path) -> Result<(), String> {
        match self.make {
            Make::Command(command) => {
                let empty = image.with_extension("empty");
                fs::create_dir(&empty).map_err(|error| error.to_string())?;
                run(command, image, &empty)
            }
            Make::Function(bytes) => fs::write(image, bytes()).map_err(|error| error.to_string()),
        }
    }

    fn of(&self, image: &Path) -> Box<dyn FileSystem> {
        match self.kind {
            Kind::Ext2 => Box::new(Ext2::image(image)),
            Kind::Fat => Box::new(Msdos::image(image)),
            Kind::Ffs => Box::new(Ffs::image(image)),
            Kind::Lfs => Box::new(Lfs::image(image)),
            Kind::Tmpfs => Box::new(Tmpfs::new()),
            Kind::Udf => Box::new(Udf::image(image)),
        }
    }

    /// Mounts an image of it on the directory `path`.
    pub(crate) fn mount(&self, kernel: &Kernel, image: &Path, path: &str) -> Result<Mount, Error> {
        let options = match self.has_log {
            true => MountOptions::new().log(),
            false => MountOptions::new(),
        };
        kernel.mount_with(self.of(image), path, options)
    }

    /// Has it checked, where there is a program that does.
    pub(crate) fn check(&self, image: &Path) -> Result<(), String> {
        self.check.map_or(Ok(()), |check| run(check, image, image))
    }
}

fn run(command: &str, image: &Path, empty: &Path) -> Result<(), String> {
    let mut words = command.split(' ').map(|word| match word {
        "IMAGE" => image.as_os_str(),
        "EMPTY" => empty.as_os_str(),
        word => word.as_ref(),
    });
    let program = words.next().unwrap_or_default();
    let output = Command::new(program).args(words).output();
    let output = output.map_err(|error| format!("{command}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(());
    }
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Err(format!("{command}: {}\n{stdout}{stderr}", output.status))
}
