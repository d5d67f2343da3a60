//! The content of images as files, from which every kernel maps its own copy.
//!
//! What a kernel does not write to is thereby in memory once, however many kernels there are. What
//! code is to know of the process is written into the file. The files belong to the process, as the
//! images do, and stay.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::ptr;

use parking_lot::Mutex;

use super::{Image, LoadError};
use crate::host;
use crate::host::write_signals;
use crate::instance::lwp;

/// By the address of the image.
static FILES: Mutex<Vec<(&'static Image, File)>> = Mutex::new(Vec::new());

/// The file with the content of `image`, made when it is asked for first.
pub(super) fn of(image: &'static Image) -> Result<RawFd, LoadError> {
    let mut files = FILES.lock();
    if let Some((_, file)) = files.iter().find(|(known, _)| ptr::eq(*known, image)) {
        return Ok(file.as_raw_fd());
    }
    let distance = distance(image)?;
    let file = in_memory(image, distance)
        .or_else(|_| on_disk(image, distance))
        .map_err(LoadError::host("make a file of the image"))?;
    let descriptor = file.as_raw_fd();
    files.push((image, file));
    Ok(descriptor)
}

/// How far behind the thread pointer the current lwp is, if the image's code has to know.
fn distance(image: &Image) -> Result<i32, LoadError> {
    if image.lwp_in_code.is_empty() {
        return Ok(0);
    }
    let distance = lwp::distance().and_then(|distance| distance.try_into().ok());
    distance.ok_or(LoadError::ThreadLocals)
}

/// Writes what kernels map.
fn write(file: &mut File, image: &Image, distance: i32) -> io::Result<()> {
    write_signals::without(|| {
        file.write_all(image.content)?;
        for &place in image.lwp_in_code {
            file.write_all_at(&distance.to_ne_bytes(), place.into())?;
        }
        Ok(())
    })
}

/// A file in memory that nobody can change any more.
fn in_memory(image: &Image, distance: i32) -> io::Result<File> {
    let mut file = host::file_in_memory()?;
    write(&mut file, image, distance)?;
    host::seal(&file)?;
    Ok(file)
}

/// A temporary file without a name.
fn on_disk(image: &Image, distance: i32) -> io::Result<File> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name = format!("rumpkernel-{:016x}", u64::from_ne_bytes(random));
    let path = std::env::temp_dir().join(name);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o700)
        .open(&path)?;
    fs::remove_file(&path)?;
    write(&mut file, image, distance)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileExt, MetadataExt};

    use super::on_disk;
    use crate::instance::image::Image;

    #[test]
    fn a_temporary_file_has_the_content_and_no_name() {
        let image = Image {
            content: b"content, and code",
            lwp_in_code: &[13],
            ..Image::NONE
        };
        let file = on_disk(&image, -2).unwrap();
        assert_eq!(file.metadata().unwrap().nlink(), 0);
        let mut content = [0; 18];
        file.read_at(&mut content, 0).unwrap();
        let [text @ .., a, b, c, d, end] = content;
        assert_eq!((&text, end), (b"content, and ", 0));
        assert_eq!(i32::from_ne_bytes([a, b, c, d]), -2);
    }
}
