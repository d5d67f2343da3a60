//! Whole files at once.

use std::io;
use std::path::Path;

use rumpkernel_sys as sys;

use super::{File, OpenOptions};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel};

const CHUNK: usize = 64 * 1024;

/// The contents of a file.
///
/// # Errors
///
/// Those of open(2) and read(2).
pub fn read(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    let file = File::open(kernel, path)?;
    let mut contents = Vec::new();
    loop {
        // The size that a damaged image claims is not trusted with an allocation.
        let filled = contents.len();
        contents.resize(filled + CHUNK, 0);
        let count = file
            .descriptor()
            .read(&mut contents[filled..])
            .during_at("read", file.path())?;
        contents.truncate(filled + count);
        if count == 0 {
            return Ok(contents);
        }
    }
}

/// The contents of a file as text.
///
/// # Errors
///
/// `EILSEQ` when it is not UTF-8; otherwise as for [`read`].
pub fn read_to_string(kernel: &Kernel, path: impl AsRef<Path>) -> Result<String, Error> {
    let at = path.as_ref();
    String::from_utf8(read(kernel, at)?)
        .map_err(|_| ErrorKind::Errno(Errno::ILSEQ))
        .during_at("read", at)
        .map_err(|error| error.hint("the file is not UTF-8: use fs::read"))
}

/// Writes a file, replacing one that exists.
///
/// # Errors
///
/// Those of open(2) and write(2).
pub fn write(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    contents: impl AsRef<[u8]>,
) -> Result<(), Error> {
    write_all(&File::create(kernel, path)?, contents.as_ref())
}

/// Copies a file within the kernel, with its permissions; returns its size. Between host and
/// kernel [`std::io::copy`] does it.
///
/// The copy of a file with holes has them, too: blocks of zeros in a file that takes less room than
/// its size are not written. (NetBSD does not tell where holes are: `SEEK_HOLE` is known on zfs
/// only.) Holes need a file system that has them: FFS, ext2, LFS. Tmpfs has them and does not tell.
///
/// # Errors
///
/// Those of open(2), read(2) and write(2).
pub fn copy(kernel: &Kernel, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<u64, Error> {
    let source = File::open(kernel, from)?;
    let metadata = source.metadata()?;
    let permissions = metadata.permissions();
    let target = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(permissions.mode())
        .open(kernel, to)?;
    target.set_permissions(permissions)?;
    let has_holes = metadata.is_file() && metadata.blocks().saturating_mul(512) < metadata.len();
    let block = match has_holes {
        true => usize::try_from(metadata.blksize()).map_or(CHUNK, |size| size.clamp(512, CHUNK)),
        false => CHUNK,
    };
    let mut buffer = vec![0; CHUNK];
    let mut copied = 0;
    let mut ends_in_hole = false;
    loop {
        let count = source
            .descriptor()
            .read(&mut buffer)
            .during_at("read", source.path())?;
        if count == 0 {
            break;
        }
        for part in buffer[..count].chunks(block) {
            ends_in_hole = has_holes && part.iter().all(|byte| *byte == 0);
            match ends_in_hole {
                true => target
                    .descriptor()
                    .lseek(part.len() as i64, sys::SEEK_CUR)
                    .map(drop)
                    .during_at("lseek", target.path())?,
                false => write_all(&target, part)?,
            }
            copied += part.len() as u64;
        }
    }
    if ends_in_hole {
        target.set_len(copied)?;
    }
    Ok(copied)
}

fn write_all(file: &File, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        match file
            .descriptor()
            .write(bytes)
            .during_at("write", file.path())?
        {
            0 => {
                let stuck = ErrorKind::Host(io::ErrorKind::WriteZero.into());
                return Err(stuck).during_at("write", file.path());
            }
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}
