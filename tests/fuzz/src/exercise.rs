//! An image in a kernel of its own: mounted, read, written, unmounted.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rumpkernel::{Error, ErrorKind, Kernel, fs};
use tempfile::NamedTempFile;

use crate::format::Access;
use crate::{Format, Image};

/// After this a kernel counts as hanging: it is killed. What is done to it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// A damaged directory can have more entries than there is time for.
const ENTRIES: usize = 200;
/// What a kernel may take: a damaged image can ask for all that there is.
const MEMORY: u64 = 128 << 20;

/// How it went.
#[derive(Debug)]
pub enum Outcome {
    /// The kernel mounted the image, and reported errors in it or saw nothing.
    Mounted,
    /// The kernel refused the image.
    Refused(Error),
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

    /// Boots a kernel, mounts the image and uses it. A format that the kernel cannot write is
    /// only read.
    ///
    /// # Errors
    ///
    /// The host has no room for the image, or none for another kernel.
    pub fn exercise(
        &mut self,
        format: Format,
        image: &Image,
        access: Access,
    ) -> io::Result<Outcome> {
        image.write(self.file.as_file_mut())?;
        let kernel = Kernel::builder().quiet().memory_limit(MEMORY).boot()?;
        let (done, waits) = channel::<()>();
        let watched = kernel.clone();
        let used = thread::scope(|scope| {
            scope.spawn(move || {
                if waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    watched.kill();
                }
            });
            let used = self.mount_and_use(&kernel, format, access);
            drop(done);
            used
        });
        Ok(match used {
            Ok(outcome) => outcome,
            Err(error) => match error.kind() {
                ErrorKind::Panicked { .. } | ErrorKind::Crashed { .. } => Outcome::Died(error),
                ErrorKind::Killed { .. } => Outcome::Hung(error),
                _ => Outcome::Mounted,
            },
        })
    }

    fn mount_and_use(
        &self,
        kernel: &Kernel,
        format: Format,
        access: Access,
    ) -> Result<Outcome, Error> {
        fs::create_dir(kernel, "/mnt")?;
        let access = if format.is_writable() {
            access
        } else {
            Access::Read
        };
        let mount = match format.mount(kernel, self.file.path(), "/mnt", access) {
            Ok(mount) => mount,
            Err(error) if error.errno().is_some() => {
                // A refused mount may have left something behind.
                kernel.shutdown()?;
                return Ok(Outcome::Refused(error));
            }
            Err(error) => return Err(error),
        };
        read(kernel)?;
        if access == Access::Write {
            write(kernel)?;
        }
        lived(mount.unmount().map_err(Error::from))?;
        lived(kernel.shutdown())?;
        Ok(Outcome::Mounted)
    }
}

/// Lists all directories and reads all files.
fn read(kernel: &Kernel) -> Result<(), Error> {
    lived(fs::usage(kernel, "/mnt"))?;
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
    Ok(())
}

fn write(kernel: &Kernel) -> Result<(), Error> {
    lived(fs::create_dir(kernel, "/mnt/new"))?;
    lived(fs::write(kernel, "/mnt/new/file", vec![1; 100_000]))?;
    lived(fs::rename(kernel, "/mnt/new/file", "/mnt/hello.txt"))?;
    lived(fs::write(kernel, "/mnt/small", [1; 700]))?;
    lived(fs::remove_file(kernel, "/mnt/docs/why.txt"))?;
    lived(fs::remove_dir_all(kernel, "/mnt/docs"))?;
    lived(kernel.sync())?;
    Ok(())
}

/// An error of the file system is as good as a result; only the kernel's death ends it all.
fn lived<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.errno().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}
