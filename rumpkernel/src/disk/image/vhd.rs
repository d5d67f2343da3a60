//! Images of Virtual PC and Hyper-V's first generation ("Virtual Hard Disk Image Format
//! Specification", 1.0), fixed and dynamic.

use std::io;

use parking_lot::Mutex;

use super::blocks::{Blocks, Place};
use super::container::{Container, invalid, unsupported};

const SECTOR: u64 = 512;
/// The magic numbers of the footer and of the dynamic header.
pub(super) const COOKIE: &[u8; 8] = b"conectix";
const SPARSE_COOKIE: &[u8; 8] = b"cxsparse";
/// What the table says of a block that is nowhere.
const NOWHERE: u32 = u32::MAX;
/// The unit in which a fixed image is read, in bytes.
const OF_FIXED: u64 = 2 << 20;

/// With common sizes these are 32 TiB.
const MOST_BLOCKS: u32 = 1 << 24;

const FIXED: u32 = 2;
const DYNAMIC: u32 = 3;
const DIFFERENCING: u32 = 4;

/// An image, and the disk in it.
#[derive(Debug)]
pub(super) struct Vhd {
    container: Container,
    /// Of the disk, in bytes.
    size: u64,
    /// None for an image that is the disk itself.
    table: Option<Table>,
    footer: [u8; SECTOR as usize],
}

/// Where a dynamic image's blocks are.
#[derive(Debug)]
struct Table {
    /// Where the table is in the file.
    start: u64,
    /// A block's size in bytes.
    block: u64,
    /// The bitmap before each block, in bytes.
    bitmap: u64,
    /// Where the next block begins. The footer is moved behind it.
    end: Mutex<u64>,
}

fn number32(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(word)
}

fn number64(bytes: &[u8], at: usize) -> u64 {
    u64::from(number32(bytes, at)) << 32 | u64::from(number32(bytes, at + 4))
}

/// Whether the checksum at a place is that of the other bytes.
fn is_whole(bytes: &[u8], checksum: usize) -> bool {
    let sum = |bytes: &[u8]| {
        let add = |sum: u32, byte: &u8| sum.wrapping_add(u32::from(*byte));
        bytes.iter().fold(0, add)
    };
    let other = sum(&bytes[..checksum]).wrapping_add(sum(&bytes[checksum + 4..]));
    number32(bytes, checksum) == !other
}

fn is_footer(footer: &[u8]) -> bool {
    footer.starts_with(COOKIE) && is_whole(footer, 64)
}

impl Vhd {
    pub(super) fn open(container: Container) -> io::Result<Self> {
        let end = container.length();
        let last = end.checked_sub(SECTOR).ok_or_else(|| {
            let found = format!("the file has {end} bytes");
            invalid(format!("a footer of 512 bytes was expected, and {found}"))
        })?;
        let mut footer = container.bytes(last)?;
        if !is_footer(&footer) {
            // A dynamic image that was not closed well has a copy at its beginning.
            footer = container.bytes(0)?;
            if !is_footer(&footer) || number32(&footer, 60) == FIXED {
                return Err(invalid("there is no footer with a right checksum"));
            }
        }
        let size = number64(&footer, 48) / SECTOR * SECTOR;
        let table = match number32(&footer, 60) {
            FIXED if size > last => {
                let found = format!("the file has {end}");
                return Err(invalid(format!("a disk of {size} bytes, and {found}")));
            }
            FIXED => None,
            DYNAMIC => Some(Table::open(&container, number64(&footer, 16), size)?),
            DIFFERENCING => {
                return Err(unsupported(
                    "it holds only the changes to another image: merge them with its own tools",
                ));
            }
            kind => return Err(invalid(format!("a disk of the unknown type {kind}"))),
        };
        Ok(Self {
            container,
            size,
            table,
            footer,
        })
    }
}

impl Table {
    fn open(container: &Container, header: u64, size: u64) -> io::Result<Self> {
        let header: [u8; 1024] = container.bytes(header)?;
        if !header.starts_with(SPARSE_COOKIE) || !is_whole(&header, 36) {
            return Err(invalid("there is no dynamic header with a right checksum"));
        }
        let (start, entries) = (number64(&header, 16), number32(&header, 28));
        let block = u64::from(number32(&header, 32));
        if !block.is_power_of_two() || block < SECTOR {
            let expected = "a power of two from 512 on was expected";
            return Err(invalid(format!("blocks of {block} bytes: {expected}")));
        }
        if entries > MOST_BLOCKS {
            return Err(invalid(format!(
                "a table of more than {MOST_BLOCKS} blocks"
            )));
        }
        if u64::from(entries) < size.div_ceil(block) {
            let found = format!("a table of {entries} blocks of {block} bytes");
            return Err(invalid(format!("{found} for a disk of {size} bytes")));
        }
        let length = 4 * u64::from(entries);
        let after = start.checked_add(length);
        if after.is_none_or(|after| after > container.length()) {
            return Err(invalid("the table goes on behind the end of the file"));
        }
        let table = Self {
            start,
            block,
            // A bit for each sector, in whole sectors.
            bitmap: (block / SECTOR).div_ceil(8).next_multiple_of(SECTOR),
            end: Mutex::new(0),
        };
        if container.is_writable() {
            *table.end.lock() = table.find_end(container, length)?;
        }
        Ok(table)
    }

    /// Behind everything that is there or is said to be there: a block that the host lost must not
    /// become two.
    fn find_end(&self, container: &Container, length: u64) -> io::Result<u64> {
        let footer = container.length().saturating_sub(SECTOR);
        let mut end = footer.next_multiple_of(SECTOR);
        let mut piece = [0; 4096];
        let mut place = 0;
        while place < length {
            let now = (length - place).min(4096) as usize;
            container.read(&mut piece[..now], self.start + place)?;
            for entry in piece[..now].chunks_exact(4) {
                let sector = number32(entry, 0);
                if sector != NOWHERE {
                    let block = u64::from(sector) * SECTOR;
                    end = end.max(block + self.bitmap + self.block);
                }
            }
            place += now as u64;
        }
        Ok(end)
    }

    fn find(&self, container: &Container, number: u64) -> io::Result<Option<u64>> {
        let entry = u32::from_be_bytes(container.bytes(self.start + 4 * number)?);
        Ok((entry != NOWHERE).then(|| u64::from(entry) * SECTOR + self.bitmap))
    }
}

impl Blocks for Vhd {
    fn container(&self) -> &Container {
        &self.container
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn block(&self) -> u64 {
        self.table.as_ref().map_or(OF_FIXED, |table| table.block)
    }

    fn place(&self, number: u64) -> io::Result<Place> {
        let Some(table) = &self.table else {
            return Ok(Place::At(number * OF_FIXED));
        };
        let found = table.find(&self.container, number)?;
        Ok(found.map_or(Place::Nowhere, Place::At))
    }

    fn claim(&self, number: u64) -> io::Result<u64> {
        let Some(table) = &self.table else {
            return Ok(number * OF_FIXED);
        };
        let mut end = table.end.lock();
        // Another thread may have claimed it.
        if let Some(start) = table.find(&self.container, number)? {
            return Ok(start);
        }
        let (block, data) = (*end, *end + table.bitmap);
        let sector = u32::try_from(block / SECTOR).ok();
        let Some(sector) = sector.filter(|sector| *sector != NOWHERE) else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        let behind = data + table.block;
        // The footer goes first: there is one at every moment, at the end or at the beginning.
        self.container.write(&self.footer, behind)?;
        // The old footer was where the block begins. All sectors of the block are in use.
        self.container
            .write(&vec![0xff; table.bitmap as usize], block)?;
        if block < self.container.length() {
            zero(&self.container, data, data.max(self.container.length()))?;
        }
        let entry = table.start + 4 * number;
        self.container.write(&sector.to_be_bytes(), entry)?;
        *end = behind;
        Ok(data)
    }
}

/// Writes zeros where something else may have been.
fn zero(container: &Container, start: u64, end: u64) -> io::Result<()> {
    let zeros = [0; 4096];
    let mut place = start;
    while place < end {
        let now = (end - place).min(4096);
        container.write(&zeros[..now as usize], place)?;
        place += now;
    }
    Ok(())
}
