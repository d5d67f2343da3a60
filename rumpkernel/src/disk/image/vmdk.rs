//! VMware's images in one file ("Virtual Disk Format", 5.0): sparse ones, and those for streams,
//! which are compressed.

use std::io;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use parking_lot::Mutex;

use super::blocks::{Blocks, Place};
use super::container::{Container, invalid, unsupported};

const SECTOR: u64 = 512;
pub(super) const MAGIC: &[u8; 4] = b"KDMV";
/// The header says so when the directory's place is in a footer, which is written last.
const AT_THE_END: u64 = u64::MAX;
/// Descriptors that VMware writes have 20 sectors at most.
const LONGEST_DESCRIPTOR: u64 = 1 << 20;

/// With common sizes these are 128 TiB.
const MOST_TABLES: u64 = 1 << 22;

const IS_COMPRESSED: u32 = 1 << 16;
/// An entry of 1 says that the grain is zeros.
const HAS_ZERO_GRAINS: u32 = 1 << 2;
const HAS_SECOND_DIRECTORY: u32 = 1 << 1;

/// An image, and the disk in it.
#[derive(Debug)]
pub(super) struct Vmdk {
    container: Container,
    header: Header,
    /// Where the next grain begins in the file.
    end: Mutex<u64>,
}

#[derive(Debug)]
struct Header {
    flags: u32,
    /// Of the disk, in bytes.
    size: u64,
    /// A grain's size in bytes.
    grain: u64,
    /// Entries of a grain table.
    entries: u64,
    /// Where the directory of grain tables is, and the second one.
    directory: u64,
    second: Option<u64>,
}

fn number32(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn number64(bytes: &[u8], at: usize) -> u64 {
    u64::from(number32(bytes, at)) | u64::from(number32(bytes, at + 4)) << 32
}

/// A place that is told in sectors, in bytes.
fn bytes_of(sectors: u64) -> io::Result<u64> {
    let bytes = sectors.checked_mul(SECTOR);
    // Of places in files, so that sums of two do not overflow.
    let bytes = bytes.filter(|bytes| *bytes < 1 << 62);
    bytes.ok_or_else(|| invalid(format!("{sectors} sectors are more than a file can have")))
}

impl Header {
    fn read(container: &Container) -> io::Result<Self> {
        let mut header: [u8; SECTOR as usize] = container.bytes(0)?;
        check_descriptor(container, &header)?;
        if number64(&header, 56) == AT_THE_END {
            // Behind the footer is one more sector, the end of the stream.
            let footer = container.length().checked_sub(2 * SECTOR);
            let footer = footer.ok_or_else(|| invalid("the file ends before its footer"))?;
            header = container.bytes(footer)?;
            if !header.starts_with(MAGIC) {
                return Err(invalid(
                    "the footer has no magic number: the image is cut short",
                ));
            }
        }
        let (version, flags) = (number32(&header, 4), number32(&header, 8));
        if !(1..=3).contains(&version) {
            return Err(unsupported(format!(
                "version {version}: 1 to 3 can be read"
            )));
        }
        let (size, grain) = (bytes_of(number64(&header, 12))?, number64(&header, 20));
        if !grain.is_power_of_two() || !(8..=1 << 16).contains(&grain) {
            let expected = "a power of two from 8 to 65536 was expected";
            return Err(invalid(format!("grains of {grain} sectors: {expected}")));
        }
        let entries = u64::from(number32(&header, 44));
        if !(1..=1 << 16).contains(&entries) {
            let expected = "1 to 65536 were expected";
            return Err(invalid(format!("tables of {entries} grains: {expected}")));
        }
        if size.div_ceil(grain * SECTOR * entries) > MOST_TABLES {
            return Err(invalid(format!("more than {MOST_TABLES} tables of grains")));
        }
        let compression = u16::from_le_bytes([header[77], header[78]]);
        if flags & IS_COMPRESSED != 0 && compression != 1 {
            return Err(unsupported(format!(
                "the unknown compression {compression}"
            )));
        }
        let second = match flags & HAS_SECOND_DIRECTORY {
            0 => None,
            _ => Some(bytes_of(number64(&header, 48))?),
        };
        Ok(Self {
            flags,
            size,
            grain: grain * SECTOR,
            entries,
            directory: bytes_of(number64(&header, 56))?,
            second,
        })
    }

    fn is_compressed(&self) -> bool {
        self.flags & IS_COMPRESSED != 0
    }

    /// Where a grain's entry is in the table that a directory leads to, if there is that table.
    fn entry(&self, container: &Container, directory: u64, number: u64) -> io::Result<Option<u64>> {
        let place = directory + 4 * (number / self.entries);
        let table = u32::from_le_bytes(container.bytes(place)?);
        let place = u64::from(table) * SECTOR + 4 * (number % self.entries);
        Ok((table != 0).then_some(place))
    }
}

/// Refuses an image that is not whole without another file.
fn check_descriptor(container: &Container, header: &[u8]) -> io::Result<()> {
    let start = bytes_of(number64(header, 28))?;
    let length = bytes_of(number64(header, 36))?;
    if start == 0 || length == 0 {
        return Ok(());
    }
    let mut text = vec![0; length.min(LONGEST_DESCRIPTOR) as usize];
    container.read(&mut text, start)?;
    let text = String::from_utf8_lossy(&text);
    let mut extents = 0;
    for line in text.trim_end_matches('\0').lines() {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let value = value.trim().trim_matches('"');
        match key.trim() {
            "parentCID" if !value.eq_ignore_ascii_case("ffffffff") => {
                return Err(unsupported(
                    "it holds only the changes to another image: merge them with its own tools",
                ));
            }
            "createType" if !matches!(value, "monolithicSparse" | "streamOptimized") => {
                let expected = "monolithicSparse or streamOptimized was expected";
                return Err(unsupported(format!(
                    "an image of type {value:?}: {expected}"
                )));
            }
            line if line.starts_with("RW ") || line.starts_with("RDONLY ") => extents += 1,
            _ => {}
        }
    }
    match extents {
        0 | 1 => Ok(()),
        _ => Err(unsupported(format!("a disk in {extents} files"))),
    }
}

impl Vmdk {
    pub(super) fn open(container: Container) -> io::Result<Self> {
        let header = Header::read(&container)?;
        let end = match container.is_writable() {
            true if header.is_compressed() => {
                return Err(unsupported(
                    "a compressed image cannot be written: open it with Access::ReadOnly",
                ));
            }
            true => find_end(&container, &header)?,
            false => 0,
        };
        Ok(Self {
            container,
            header,
            end: Mutex::new(end),
        })
    }

    /// What the table says of a grain; 0 is nowhere.
    fn find(&self, number: u64) -> io::Result<u32> {
        let Self {
            container, header, ..
        } = self;
        let Some(entry) = header.entry(container, header.directory, number)? else {
            return Ok(0);
        };
        let sector = u32::from_le_bytes(container.bytes(entry)?);
        Ok(match sector {
            1 if header.flags & HAS_ZERO_GRAINS != 0 => 0,
            sector => sector,
        })
    }

    /// The bytes of a compressed grain.
    fn unpack(&self, start: u64) -> io::Result<Vec<u8>> {
        let grain = self.header.grain;
        // The grain's place on the disk, and the length of what follows.
        let head: [u8; 12] = self.container.bytes(start)?;
        let length = u64::from(number32(&head, 8));
        // What cannot be compressed is a little longer.
        if length > grain + grain / 8 + 64 {
            let expected = format!("a compressed grain of {grain} bytes");
            return Err(invalid(format!("{length} bytes for {expected}")));
        }
        let mut packed = vec![0; length as usize];
        self.container.read(&mut packed, start + 12)?;
        let bytes = decompress_to_vec_zlib_with_limit(&packed, grain as usize);
        bytes.map_err(|error| invalid(format!("the compressed grain at {start}: {error}")))
    }
}

/// Behind everything that is there or is said to be there: a grain that the host lost must not
/// become two.
fn find_end(container: &Container, header: &Header) -> io::Result<u64> {
    let mut end = container.length().next_multiple_of(SECTOR);
    let grains = header.size.div_ceil(header.grain);
    let mut table = vec![0; 4 * header.entries as usize];
    let mut number = 0;
    while number < grains {
        if let Some(start) = header.entry(container, header.directory, number)? {
            container.read(&mut table, start)?;
            for entry in table.chunks_exact(4) {
                let start = u64::from(number32(entry, 0)) * SECTOR;
                if start > 0 {
                    end = end.max(start + header.grain);
                }
            }
        }
        number += header.entries;
    }
    Ok(end)
}

impl Blocks for Vmdk {
    fn container(&self) -> &Container {
        &self.container
    }

    fn size(&self) -> u64 {
        self.header.size
    }

    fn block(&self) -> u64 {
        self.header.grain
    }

    fn place(&self, number: u64) -> io::Result<Place> {
        match u64::from(self.find(number)?) * SECTOR {
            0 => Ok(Place::Nowhere),
            start if self.header.is_compressed() => Ok(Place::Packed(self.unpack(start)?)),
            start => Ok(Place::At(start)),
        }
    }

    fn claim(&self, number: u64) -> io::Result<u64> {
        let Self {
            container, header, ..
        } = self;
        let mut end = self.end.lock();
        // Another thread may have claimed it.
        let found = self.find(number)?;
        if found > 1 {
            return Ok(u64::from(found) * SECTOR);
        }
        let start = *end;
        let Ok(sector) = u32::try_from(start / SECTOR) else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        let directories = [header.second, Some(header.directory)];
        let mut entries = Vec::with_capacity(2);
        for directory in directories.into_iter().flatten() {
            let entry = header.entry(container, directory, number)?;
            entries.push(entry.ok_or_else(|| unsupported("there is no table for the grain"))?);
        }
        // Behind the end of the file there are zeros.
        let behind = start + header.grain;
        container.file().set_len(behind)?;
        for entry in entries {
            container.write(&sector.to_le_bytes(), entry)?;
        }
        *end = behind;
        Ok(start)
    }
}
