//! The images that operations on disks need, made at run time.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::operations::{Row, Volume};

/// The size of the file that is read, in MiB: many times what a kernel may cache.
const FILE_SIZE: usize = 256;
/// What kernels that use an image may allocate, `RUMP_MEMLIMIT`.
pub(crate) const MEMORY: &str = "16m";

const FFS: &str =
    "makefs -t ffs -B le -s 300m -f 100 -o version=2,bsize=16384,fsize=2048 ffs files";
const EXT2: &str = "mke2fs -q -t ext2 -b 4096 -I 128 -d files ext2 300m";
const EMPTY: &str = "makefs -t ffs -B le -s 16m -f 6000 -o version=2 empty none";

/// A folder of images, which is removed at the end.
pub(crate) struct Images {
    folder: tempfile::TempDir,
}

impl Images {
    /// Makes those that the rows need, in a folder below `parent`.
    pub(crate) fn make(parent: Option<&Path>, rows: &[Row]) -> Result<Self, String> {
        let folder = match parent {
            Some(parent) => tempfile::tempdir_in(parent),
            None => tempfile::tempdir(),
        };
        let folder = folder.map_err(|error| format!("a folder for images: {error}"))?;
        let is_used = |volume| rows.iter().any(|row| row.volume == volume);
        let commands = [
            (Volume::Ffs, FFS),
            (Volume::Ext2, EXT2),
            (Volume::Empty, EMPTY),
        ];
        let commands = commands.into_iter().filter(|&(volume, _)| is_used(volume));
        fill(folder.path()).map_err(|error| format!("what images hold: {error}"))?;
        for (_, command) in commands {
            run(command, folder.path())?;
        }
        fs::remove_dir_all(folder.path().join("files"))
            .map_err(|error| format!("what images hold: {error}"))?;
        Ok(Self { folder })
    }

    /// The kernel's name of a file system, and its image, all of which is in the host's page cache.
    pub(crate) fn get(&self, volume: Volume) -> Result<Option<(&'static str, PathBuf)>, String> {
        let path = |name: &str| self.folder.path().join(name);
        let warmed = |path: PathBuf| match read_all(&path) {
            Ok(()) => Ok(path),
            Err(error) => Err(format!("{}: {error}", path.display())),
        };
        Ok(match volume {
            Volume::None => None,
            Volume::Ffs => Some(("ffs", warmed(path("ffs"))?)),
            Volume::Ext2 => Some(("ext2fs", warmed(path("ext2"))?)),
            Volume::Empty => {
                let copy = path("copy");
                copy_durably(&path("empty"), &copy).map_err(|error| error.to_string())?;
                Some(("ffs", copy))
            }
        })
    }
}

/// Makes the folders that go into images: one with a file without holes, and one with nothing.
fn fill(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder.join("none"))?;
    fs::create_dir(folder.join("files"))?;
    let mut file = File::create(folder.join("files/file"))?;
    let text: Vec<u8> = (0..1 << 20).map(|at| (at % 251) as u8 + 1).collect();
    (0..FILE_SIZE).try_for_each(|_| file.write_all(&text))
}

/// Copies an image such that what is measured has nothing of it to write.
fn copy_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

/// Reads an image, of which the host may have dropped parts since it was made.
fn read_all(image: &Path) -> io::Result<()> {
    let mut image = File::open(image)?;
    let mut buffer = vec![0; 1 << 20];
    while image.read(&mut buffer)? > 0 {}
    Ok(())
}

fn run(command: &str, folder: &Path) -> Result<(), String> {
    let mut words = command.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(folder);
    let output = command
        .output()
        .map_err(|error| format!("{command:?} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}
