//! Hyper-V's images ([MS-VHDX]), fixed and dynamic, for reading.
//!
//! An image whose log holds changes that were not made is refused: what is in it is not whole.

use std::io;

use super::blocks::{Blocks, Place};
use super::container::{Container, invalid, unsupported};

pub(super) const MAGIC: &[u8; 8] = b"vhdxfile";
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const HEADERS: [u64; 2] = [64 * KIB, 128 * KIB];
const REGIONS: [u64; 2] = [192 * KIB, 256 * KIB];
/// Regions and metadata that one has to know are marked so.
const IS_REQUIRED: u32 = 1;
/// What a table of regions or metadata can hold.
const MOST_ENTRIES: u32 = 2047;
/// By the specification, 64 TiB.
const LARGEST: u64 = 64 << 40;

/// GUIDs, as they lie in the file.
const BLOCKS: [u8; 16] = guid(0x2dc2_7766, 0xf623, 0x4200, 0x9d64_115e_9bfd_4a08);
const METADATA: [u8; 16] = guid(0x8b7c_a206, 0x4790, 0x4b9a, 0xb8fe_575f_050f_886e);
const PARAMETERS: [u8; 16] = guid(0xcaa1_6737, 0xfa36, 0x4d43, 0xb3b6_33f0_aa44_e76b);
const DISK_SIZE: [u8; 16] = guid(0x2fa5_4224, 0xcd1b, 0x4876, 0xb211_5dbe_d83b_f4b8);
const SECTOR_SIZE: [u8; 16] = guid(0x8141_bf1d, 0xa96f, 0x4709, 0xba47_f233_a8fa_ab5f);

const fn guid(first: u32, second: u16, third: u16, rest: u64) -> [u8; 16] {
    let (a, b, c, d) = (
        first.to_le_bytes(),
        second.to_le_bytes(),
        third.to_le_bytes(),
        rest.to_be_bytes(),
    );
    [
        a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6],
        d[7],
    ]
}

/// An image, and the disk in it.
#[derive(Debug)]
pub(super) struct Vhdx {
    container: Container,
    /// Of the disk, in bytes.
    size: u64,
    /// A block's size in bytes.
    block: u64,
    /// A sector's size in bytes.
    sector: u32,
    /// Where the table of blocks is in the file, and how long.
    table: Region,
    /// After so many blocks the table has an entry about something else.
    chunk: u64,
}

/// A part of the file, in bytes.
#[derive(Clone, Copy, Debug)]
struct Region {
    start: u64,
    length: u64,
}

fn number32(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn number64(bytes: &[u8], at: usize) -> u64 {
    u64::from(number32(bytes, at)) | u64::from(number32(bytes, at + 4)) << 32
}

/// CRC-32C, of bytes in which the checksum itself, at byte 4, counts as zeros.
fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for (place, byte) in bytes.iter().enumerate() {
        let byte = if (4..8).contains(&place) { 0 } else { *byte };
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !sum
}

fn is_whole(bytes: &[u8], signature: &[u8; 4]) -> bool {
    bytes.starts_with(signature) && number32(bytes, 4) == checksum(bytes)
}

/// Refuses an image whose newer header names a log.
fn check_log(container: &Container) -> io::Result<()> {
    let mut newest: Option<(u64, bool)> = None;
    for place in HEADERS {
        let header: [u8; 4096] = container.bytes(place)?;
        if !is_whole(&header, b"head") {
            continue;
        }
        let has_log = header[48..64] != [0; 16];
        let number = number64(&header, 8);
        if newest.is_none_or(|(other, _)| number > other) {
            newest = Some((number, has_log));
        }
    }
    match newest {
        Some((_, false)) => Ok(()),
        Some((_, true)) => Err(unsupported(
            "its log has changes that were not made: open it once with the program that wrote it, \
             or run qemu-img check -r all",
        )),
        None => Err(invalid("there is no header with a right checksum")),
    }
}

/// Finds the table of blocks and the metadata.
fn regions(container: &Container) -> io::Result<(Region, Region)> {
    for place in REGIONS {
        let mut table = vec![0; 64 * KIB as usize];
        container.read(&mut table, place)?;
        if !is_whole(&table, b"regi") {
            continue;
        }
        let count = number32(&table, 8).min(MOST_ENTRIES) as usize;
        let (mut blocks, mut metadata) = (None, None);
        for entry in table[16..].chunks_exact(32).take(count) {
            let region = Region {
                start: number64(entry, 16),
                length: u64::from(number32(entry, 24)),
            };
            let end = region.start.checked_add(region.length);
            if end.is_none_or(|end| end > container.length()) {
                return Err(invalid("a region goes on behind the end of the file"));
            }
            match &entry[..16] {
                guid if *guid == BLOCKS => blocks = Some(region),
                guid if *guid == METADATA => metadata = Some(region),
                _ if number32(entry, 28) & IS_REQUIRED != 0 => {
                    return Err(unsupported("it has a region of an unknown kind"));
                }
                _ => {}
            }
        }
        let found = blocks.zip(metadata);
        return found.ok_or_else(|| invalid("the table of blocks or the metadata is missing"));
    }
    Err(invalid(
        "there is no table of regions with a right checksum",
    ))
}

/// The disk's size, a block's, and a sector's, in bytes.
fn metadata(container: &Container, region: Region) -> io::Result<(u64, u64, u32)> {
    let mut table = vec![0; 64 * KIB as usize];
    container.read(&mut table, region.start)?;
    if !table.starts_with(b"metadata") {
        return Err(invalid("the metadata have no magic number"));
    }
    let count = u16::from_le_bytes([table[10], table[11]]);
    let count = u32::from(count).min(MOST_ENTRIES) as usize;
    let (mut size, mut parameters, mut sector) = (None, None, None);
    for entry in table[32..].chunks_exact(32).take(count) {
        let place = region.start + u64::from(number32(entry, 16));
        match &entry[..16] {
            guid if *guid == DISK_SIZE => size = Some(u64::from_le_bytes(container.bytes(place)?)),
            guid if *guid == PARAMETERS => parameters = Some(container.bytes::<8>(place)?),
            guid if *guid == SECTOR_SIZE => {
                sector = Some(u32::from_le_bytes(container.bytes(place)?));
            }
            _ => {}
        }
    }
    let (Some(size), Some(parameters), Some(sector)) = (size, parameters, sector) else {
        return Err(invalid(
            "the size of the disk, its blocks or its sectors is missing",
        ));
    };
    if number32(&parameters, 4) & 2 != 0 {
        return Err(unsupported(
            "it holds only the changes to another image: merge them with its own tools",
        ));
    }
    Ok((size, u64::from(number32(&parameters, 0)), sector))
}

impl Vhdx {
    pub(super) fn open(container: Container) -> io::Result<Self> {
        if container.is_writable() {
            return Err(unsupported(
                "images of this format cannot be written: open it with Access::ReadOnly",
            ));
        }
        if container.bytes::<8>(0)? != *MAGIC {
            return Err(invalid("there is no magic number"));
        }
        check_log(&container)?;
        let (table, region) = regions(&container)?;
        let (size, block, sector) = metadata(&container, region)?;
        if !matches!(sector, 512 | 4096) || !block.is_power_of_two() {
            let found = format!("blocks of {block} bytes and sectors of {sector}");
            return Err(invalid(format!(
                "{found}: 1 to 256 MiB, and 512 or 4096, were expected"
            )));
        }
        if !(MIB..=256 * MIB).contains(&block) || size > LARGEST {
            return Err(invalid(format!(
                "a disk of {size} bytes in blocks of {block}"
            )));
        }
        let chunk = (u64::from(sector) << 23) / block;
        let image = Self {
            container,
            size,
            block,
            sector,
            table,
            chunk,
        };
        match size.checked_sub(1).map(|last| image.entry(last / block)) {
            Some(entry) if entry + 8 > table.length => Err(invalid(format!(
                "a table of {} bytes for a disk of {size}",
                table.length
            ))),
            _ => Ok(image),
        }
    }

    /// Where a block's entry is in the table, in bytes.
    fn entry(&self, number: u64) -> u64 {
        8 * (number + number / self.chunk)
    }
}

impl Blocks for Vhdx {
    fn container(&self) -> &Container {
        &self.container
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn block(&self) -> u64 {
        self.block
    }

    fn sector(&self) -> u32 {
        self.sector
    }

    fn place(&self, number: u64) -> io::Result<Place> {
        /// The state of a block that is there. One that is there in part belongs to changes.
        const IS_THERE: u64 = 6;
        let place = self.table.start + self.entry(number);
        let entry = u64::from_le_bytes(self.container.bytes(place)?);
        match entry & 7 {
            // Never written, of no matter, zeros, and unmapped.
            0..=3 => Ok(Place::Nowhere),
            IS_THERE => Ok(Place::At(entry >> 20 << 20)),
            state => Err(invalid(format!(
                "block {number} is in the unknown state {state}"
            ))),
        }
    }

    fn claim(&self, _: u64) -> io::Result<u64> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}
