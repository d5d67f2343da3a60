//! QEMU's images, by the crate imago.
//!
//! An image can name other files: one that it keeps changes to, and one that has its data. Whoever
//! made the image chose these names, so that they are never followed.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use imago::{DenyImplicitOpenGate, DynStorage, FormatAccess, FormatDriverBuilder};

use super::super::{Access, Disk};
use super::below::Below;
use super::block_on::block_on;
use super::container::{Container, invalid, unsupported};

pub(super) const MAGIC: &[u8; 4] = b"QFI\xfb";
/// The longest name of another image, by the format's specification.
const LONGEST_NAME: u32 = 1023;
/// Of the features that one has to know: the data are in another file.
const HAS_DATA_ELSEWHERE: u64 = 1 << 2;

/// What imago reads and writes: files, and disks of ours.
type Anything = Box<dyn DynStorage>;

/// An image, and the disk in it.
pub(super) struct Qcow2 {
    image: FormatAccess<Anything>,
    /// Has the lock.
    container: Container,
    size: u64,
}

impl Qcow2 {
    /// Opens an image, over the disk that it keeps changes to, if it does.
    pub(super) fn open(container: Container, below: Option<Box<dyn Disk>>) -> io::Result<Self> {
        check_features(&container)?;
        let is_writable = container.is_writable();
        if is_writable {
            check_counts(&container)?;
        }
        let file = imago::file::File::try_from(container.file().try_clone()?)?;
        let open = || {
            let file: Anything = Box::new(file);
            let mut image = imago::qcow2::Qcow2::<Anything>::builder(file).write(is_writable);
            if let Some(below) = below {
                let below: Anything = Box::new(Below::new(below));
                let raw = imago::raw::Raw::builder(below);
                let raw = block_on(raw.open(DenyImplicitOpenGate::default()))?;
                image = image.backing(Some(FormatAccess::new(raw)));
            }
            let image = block_on(image.open(DenyImplicitOpenGate::default()))?;
            io::Result::Ok(FormatAccess::new(image))
        };
        // Images are hostile, and this one is to be an error at worst.
        let image = catch_unwind(AssertUnwindSafe(open));
        let image = image.unwrap_or_else(|_| Err(invalid("imago panicked while it opened it")))?;
        let size = image.size();
        Ok(Self {
            image,
            container,
            size,
        })
    }
}

fn check_features(container: &Container) -> io::Result<()> {
    let header: [u8; 80] = container.bytes(0)?;
    let (version, features) = (be32(&header[4..]), be64(&header[72..]));
    if version >= 3 && features & HAS_DATA_ELSEWHERE != 0 {
        return Err(unsupported(
            "its data are in another file, which is not opened",
        ));
    }
    Ok(())
}

/// Refuses to write an image whose table of reference counts has holes. Imago fills them by calling
/// itself once for each, for which no stack is large enough; QEMU leaves none.
fn check_counts(container: &Container) -> io::Result<()> {
    const ENTRY: u64 = 8;
    /// As QEMU has it: 8 MiB.
    const MOST_ENTRIES: u64 = 1 << 20;
    let header: [u8; 104] = container.bytes(0)?;
    let (version, cluster_bits) = (be32(&header[4..]), be32(&header[20..]));
    // Counts of 16 bits, but for what newer images say.
    let count_bits = if version >= 3 { be32(&header[96..]) } else { 4 };
    if !(9..=21).contains(&cluster_bits) || count_bits > 6 {
        let found =
            format!("clusters of 2^{cluster_bits} bytes with counts of 2^{count_bits} bits");
        return Err(invalid(format!(
            "{found}: 2^9 to 2^21 with up to 2^6 were expected"
        )));
    }
    let table = be64(&header[48..]);
    let entries = (u64::from(be32(&header[56..])) << cluster_bits) / ENTRY;
    if entries > MOST_ENTRIES {
        let expected = format!("at most {MOST_ENTRIES} were expected");
        return Err(invalid(format!(
            "a table of {entries} reference counts: {expected}"
        )));
    }
    // How many bytes of the file one entry stands for.
    let covered = 1 << (2 * cluster_bits + 3 - count_bits);
    let needed = container.length().div_ceil(covered);
    let mut piece = [0; 4096];
    let mut last = None;
    for first in (0..entries).step_by(piece.len() / ENTRY as usize) {
        let count = (entries - first).min(piece.len() as u64 / ENTRY);
        let now = &mut piece[..(count * ENTRY) as usize];
        let place = table.saturating_add(first * ENTRY);
        container.read(now, place)?;
        for (entry, number) in now.chunks_exact(ENTRY as usize).zip(first..) {
            let follows = last.map_or(0, |last: u64| last + 1) == number;
            match be64(entry) {
                0 if number < needed => return Err(hole(number)),
                0 => {}
                _ if !follows => return Err(hole(number)),
                _ => last = Some(number),
            }
        }
    }
    match entries < needed {
        true => Err(hole(entries)),
        false => Ok(()),
    }
}

fn hole(number: u64) -> io::Error {
    invalid(format!(
        "the table of reference counts has a hole at its entry {number}: run qemu-img check -r all"
    ))
}

/// The name of the image that this one keeps changes to, if it does.
pub(super) fn named(container: &Container) -> io::Result<Option<String>> {
    let header: [u8; 20] = container.bytes(0)?;
    let (place, length) = (be64(&header[8..]), be32(&header[16..]));
    if place == 0 {
        return Ok(None);
    }
    if length > LONGEST_NAME {
        let expected = format!("at most {LONGEST_NAME} were expected");
        return Err(invalid(format!("a name of {length} bytes: {expected}")));
    }
    let mut name = vec![0; length as usize];
    container.read(&mut name, place)?;
    Ok(Some(String::from_utf8_lossy(&name).into_owned()))
}

fn be32(bytes: &[u8]) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[..4]);
    u32::from_be_bytes(word)
}

fn be64(bytes: &[u8]) -> u64 {
    u64::from(be32(bytes)) << 32 | u64::from(be32(&bytes[4..]))
}

impl Disk for Qcow2 {
    fn size(&self) -> u64 {
        self.size
    }

    fn access(&self) -> Access {
        self.container.disk().access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            // Imago would give zeros.
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!(
                    "{} bytes at {offset} of a disk of {}",
                    buffer.len(),
                    self.size
                ),
            ));
        }
        block_on(self.image.read(buffer, offset))
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        block_on(self.image.write(bytes, offset))
    }

    fn flush(&self) -> io::Result<()> {
        block_on(async {
            self.image.flush().await?;
            self.image.sync().await
        })
    }

    fn name(&self) -> Cow<'_, str> {
        self.container.disk().name()
    }
}

impl Drop for Qcow2 {
    fn drop(&mut self) {
        if self.container.is_writable() {
            // Tables are in memory until they are written. Who wants to know how that goes flushes.
            let _ = catch_unwind(AssertUnwindSafe(|| block_on(self.image.flush())));
        }
    }
}

impl fmt::Debug for Qcow2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Qcow2")
            .field("container", &self.container)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
