//! An image of each format, made by that format's own tool.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use rumpkernel::mount::ByteOrder;
use rumpkernel_examples as examples;

use crate::{Format, Image, handmade, seal};

/// Why there is no image of a format.
#[derive(Debug)]
pub enum NoSample {
    /// There is no free tool that makes one.
    NoTool,
    /// The tool is not installed: its Debian package.
    NotInstalled(&'static str),
    /// The tool failed.
    Failed(String),
    /// The host has no room for it.
    Host(io::Error),
}

impl std::fmt::Display for NoSample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTool => f.write_str("no tool here makes an image of it: name one with --image"),
            Self::NotInstalled(package) => write!(f, "install the package {package}"),
            Self::Failed(how) => f.write_str(how),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for NoSample {
    fn from(error: io::Error) -> Self {
        Self::Host(error)
    }
}

/// An undamaged image.
///
/// # Errors
///
/// The format's tool is missing, or fails.
pub fn sample(format: Format) -> Result<Image, NoSample> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("image");
    let packed = |image: examples::Image| Ok(Image::read(&*image.bytes()?)?);
    let made = |bytes: Vec<u8>| {
        let mut image = Image::read(&*bytes)?;
        seal::seal(format, &mut image, 0);
        Ok(image)
    };
    match format {
        Format::Cd9660 => {
            let tree = folder.path().join("tree");
            std::fs::create_dir(&tree)?;
            std::fs::write(tree.join("hello.txt"), "hello, world\n")?;
            let tree = tree.display().to_string();
            make(
                &path,
                None,
                "genisoimage",
                "genisoimage -quiet -R -J -o IMAGE",
                &[&tree],
            )
        }
        Format::Efs => made(handmade::efs()),
        Format::Ext2 => make(
            &path,
            Some(4 << 20),
            "e2fsprogs",
            "mke2fs -q -F -t ext2 -b 1024 IMAGE",
            &[],
        ),
        Format::Fat12 => make(
            &path,
            Some(1440 << 10),
            "dosfstools",
            "mkfs.fat -F 12 IMAGE",
            &[],
        ),
        Format::Fat16 => make(
            &path,
            Some(16 << 20),
            "dosfstools",
            "mkfs.fat -F 16 IMAGE",
            &[],
        ),
        Format::Fat32 => make(
            &path,
            Some(40 << 20),
            "dosfstools",
            "mkfs.fat -F 32 IMAGE",
            &[],
        ),
        Format::Ffs1Le => packed(examples::FFS1_LE),
        Format::Ffs1Be => packed(examples::FFS1_BE),
        Format::Ffs2Le => packed(examples::FFS2_LE),
        Format::Ffs2Be => packed(examples::FFS2_BE),
        Format::Hfs => Err(NoSample::NoTool),
        Format::Lfs => made(examples::lfs()),
        Format::Nilfs => make(
            &path,
            Some(160 << 20),
            "nilfs-tools",
            "mkfs.nilfs2 -q IMAGE",
            &[],
        ),
        Format::Ntfs => make(
            &path,
            Some(8 << 20),
            "ntfs-3g",
            "mkntfs -q -F -Q -s 512 -p 0 -H 0 -S 0 IMAGE",
            &[],
        ),
        Format::Sysvbfs => made(handmade::sysvbfs()),
        Format::Udf => make(
            &path,
            Some(4 << 20),
            "udftools",
            "mkudffs -b 512 IMAGE",
            &[],
        ),
        Format::V7fs => made(handmade::v7fs(ByteOrder::Little)),
    }
}

/// Runs a tool of a package on an image of this length, or on none yet.
fn make(
    path: &Path,
    length: Option<u64>,
    package: &'static str,
    command: &str,
    more: &[&str],
) -> Result<Image, NoSample> {
    if let Some(length) = length {
        File::create(path)?.set_len(length)?;
    }
    let image = path.display().to_string();
    let words = command.split(' ').map(|word| match word {
        "IMAGE" => image.as_str(),
        word => word,
    });
    let words: Vec<&str> = words.chain(more.iter().copied()).collect();
    // Tools to make file systems lie where only root's path leads.
    let paths = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let output = Command::new(words[0])
        .args(&words[1..])
        .env("PATH", paths)
        .stdin(Stdio::null())
        .output();
    match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(NoSample::NotInstalled(package))
        }
        Err(error) => Err(error.into()),
        Ok(output) if !output.status.success() => Err(NoSample::Failed(format!(
            "{}: {}",
            words.join(" "),
            String::from_utf8_lossy(&output.stderr)
        ))),
        Ok(_) => Ok(Image::read(File::open(path)?)?),
    }
}
