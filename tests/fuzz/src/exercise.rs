//! An image in a kernel of its own: mounted, read, written, unmounted.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rumpkernel::mount::Ffs;
use rumpkernel::{Error, ErrorKind, Kernel, fs};
use tempfile::NamedTempFile;

/// After this a kernel counts as hanging: it is killed. What is done to it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// A damaged directory can have more entries than there is time for.
const ENTRIES: usize = 200;

/// How it went.
#[derive(Debug)]
pub enum Outcome {
    /// The kernel refused the image, or reported errors in it, or saw nothing.
    Survived,
    /// The kernel died.
    Died(Error),
    /// The kernel had to be killed, because it did not come back.
    Hung(Error),
}

/// A place for images. Each thread has its own.
#[derive(Debug)]
pub struct Bench {
    file: NamedTempFile,
}

impl Bench {
    /// A place in the folder for temporary files.
    ///
    /// # Errors
    ///
    /// Those of creating a file there.
    pub fn new() -> io::Result<Self> {
        NamedTempFile::new().map(|file| Self { file })
    }

    /// Boots a kernel, mounts the image and uses it.
    ///
    /// # Errors
    ///
    /// The host has no room for the image, or none for another kernel.
    pub fn exercise(&mut self, image: &[u8]) -> io::Result<Outcome> {
        let file: &mut File = self.file.as_file_mut();
        file.rewind()?;
        file.write_all(image)?;
        file.set_len(image.len() as u64)?;

        let kernel = Kernel::builder().quiet().boot()?;
        let (done, waits) = channel::<()>();
        let watched = kernel.clone();
        let used = thread::scope(|scope| {
            scope.spawn(move || {
                if waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    watched.kill();
                }
            });
            let used = used(&kernel, self.file.path());
            drop(done);
            used
        });
        Ok(match used {
            Ok(()) => Outcome::Survived,
            Err(error) => match error.kind() {
                ErrorKind::Panicked { .. } | ErrorKind::Crashed { .. } => Outcome::Died(error),
                ErrorKind::Killed { .. } => Outcome::Hung(error),
                _ => Outcome::Survived,
            },
        })
    }
}

/// Everything that is done with a file system, until the kernel dies.
fn used(kernel: &Kernel, image: &Path) -> Result<(), Error> {
    fs::create_dir(kernel, "/mnt")?;
    let mount = kernel.mount(Ffs::image(image), "/mnt")?;
    let mut folders = vec![PathBuf::from("/mnt")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in lived(fs::read_dir(kernel, &folder))?.into_iter().flatten() {
            let Some(entry) = lived(entry)? else { break };
            seen += 1;
            if seen > ENTRIES {
                break;
            }
            let path = entry.path();
            let Some(metadata) = lived(fs::symlink_metadata(kernel, &path))? else {
                continue;
            };
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() && metadata.len() < 1 << 20 {
                lived(fs::read(kernel, &path))?;
            }
        }
    }
    lived(fs::create_dir(kernel, "/mnt/new"))?;
    lived(fs::write(kernel, "/mnt/new/file", vec![1; 100_000]))?;
    lived(fs::rename(kernel, "/mnt/new/file", "/mnt/hello.txt"))?;
    lived(fs::remove_file(kernel, "/mnt/docs/why.txt"))?;
    lived(fs::remove_dir_all(kernel, "/mnt/docs"))?;
    mount.unmount()?;
    kernel.shutdown()
}

/// An error of the file system is as good as a result; only the kernel's death ends it all.
fn lived<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.errno().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}
