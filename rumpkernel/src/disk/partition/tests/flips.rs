//! Ten thousand damaged variants of each kind of table: what is read is within the disk, and
//! nothing panics, hangs, or takes memory without bounds.

use std::borrow::Cow;
use std::io;

use super::super::crc32::crc32;
use super::super::{Edit, NewPartition, Partitions, Scheme};
use super::{apple, change_header, gpt, label, mbr, nested};
use crate::disk::{Access, Disk, MemoryDisk};

const VARIANTS: u32 = 10_000;
/// The longest read of a table.
const MOST_READ: usize = 5 << 20;

/// A disk with some bytes changed, and zeros behind them, which forgets what is written.
struct Damaged<'a> {
    bytes: &'a [u8],
    size: u64,
    changes: Vec<(usize, Vec<u8>)>,
}

impl Disk for Damaged<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        assert!(buffer.len() <= MOST_READ, "a read of {}", buffer.len());
        assert!(offset + buffer.len() as u64 <= self.size, "at {offset}");
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        buffer.fill(0);
        let found = self.bytes.get(offset..).unwrap_or_default();
        let length = found.len().min(buffer.len());
        buffer[..length].copy_from_slice(&found[..length]);
        for (at, bytes) in &self.changes {
            for (at, byte) in (*at..).zip(bytes) {
                if let Some(place) = at.checked_sub(offset).and_then(|at| buffer.get_mut(at)) {
                    *place = *byte;
                }
            }
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        assert!(offset + bytes.len() as u64 <= self.size());
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    fn name(&self) -> Cow<'_, str> {
        "a damaged disk".into()
    }
}

/// Numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Changes what is on a disk.
fn change(disk: &dyn Disk) {
    if let Ok(mut edit) = Edit::open(disk) {
        let _ = edit.free();
        let kinds = [
            super::PartitionType::MBR_LINUX,
            super::PartitionType::GPT_EFI,
            super::FFS,
        ];
        for kind in kinds {
            let _ = edit.add(NewPartition::new(kind.clone()).size(1024));
            let _ = edit.add(NewPartition::new(kind).size(1024).logical());
        }
        let _ = edit.delete(1);
        let _ = edit.write(disk);
    }
}

/// Reads and finds what is on a disk. Returns whether there was a table.
fn try_all(disk: &dyn Disk) -> bool {
    let Ok(partitions) = Partitions::read(disk) else {
        return false;
    };
    for partition in partitions.iter() {
        let found = partitions.find(partition.address()).unwrap();
        assert_eq!(found, partition);
        if partition.problems().is_empty() {
            assert!(partition.end() <= disk.size(), "{partition:?}");
        }
        if partition.nested().is_some() {
            let _ = Edit::open_label(disk, partition).map(|edit| edit.write(disk));
        }
    }
    true
}

/// Damages these parts of a disk, and has `mend` make good what else nothing would come through.
fn damage(bytes: &[u8], parts: &[std::ops::Range<usize>], mend: impl Fn(&mut Damaged<'_>)) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for variant in 0..VARIANTS {
        let mut changes = Vec::new();
        for _ in 0..=dice.below(3) {
            let part = &parts[dice.below(parts.len())];
            let at = part.start + dice.below(part.len());
            let length = [1, 1, 2, 4, 8][dice.below(5)];
            let change = match dice.below(4) {
                0 => vec![0xff; length],
                1 => vec![0; length],
                2 => (0..length).map(|_| dice.below(256) as u8).collect(),
                _ => vec![bytes[at] ^ 1 << dice.below(8)],
            };
            changes.push((at, change));
        }
        let mut disk = Damaged {
            bytes,
            size: bytes.len() as u64,
            changes,
        };
        mend(&mut disk);
        read += u32::from(try_all(&disk));
        // Takes longer than all else.
        if variant % 4 == 0 {
            change(&disk);
        }
    }
    assert!(read > VARIANTS / 4, "{read} had a table");
}

#[test]
fn mbr_with_logical_partitions() {
    let bytes = mbr().to_vec();
    let partitions = Partitions::read(&MemoryDisk::new(bytes.clone())).unwrap();
    let start = |address: &str| partitions.find(address).unwrap().offset() as usize;
    // The records of the chain lie before the partitions, but for the first.
    let records = [0, start("3"), start("6") - 512, start("7") - 512];
    let parts = records.map(|record| record + 446..record + 512);
    damage(&bytes, &parts, |_| {});
}

#[test]
fn label_on_a_disk() {
    let part = 512 + 4..512 + 420;
    damage(&label().to_vec(), std::slice::from_ref(&part), |_| {});
}

#[test]
fn label_in_a_partition() {
    let disk = nested();
    let start = Partitions::read(&disk).unwrap().find("2").unwrap().offset() as usize;
    let parts = [446..512, start + 512..start + 512 + 420];
    damage(&disk.to_vec(), &parts, |_| {});
}

#[test]
fn apple_map() {
    damage(
        &apple(512),
        &[0..16, 512..648, 1024..1160, 1536..1672],
        |_| {},
    );
}

/// A table of four entries, which takes less time to sum.
fn small_gpt() -> Vec<u8> {
    let mut bytes = gpt().to_vec();
    let entries = crc32(&bytes[1024..1024 + 512]).to_le_bytes();
    let count = 4_u32.to_le_bytes();
    for header in [512, bytes.len() - 512] {
        change_header(&mut bytes, header, &[(80, &count), (88, &entries)]);
    }
    bytes
}

#[test]
fn gpt_with_wrong_checksums() {
    let bytes = small_gpt();
    let end = bytes.len();
    let parts = [446..512, 512..604, 1024..1536, end - 512..end - 420];
    damage(&bytes, &parts, |_| {});
}

#[test]
fn gpt_with_right_checksums() {
    let bytes = small_gpt();
    // The first header's numbers, and the entries.
    let parts = [512 + 8..512 + 88, 1024..1536];
    damage(&bytes, &parts, |disk| {
        let mut entries = [0; 512];
        disk.read(&mut entries, 1024).unwrap();
        let sum = crc32(&entries).to_le_bytes();
        disk.changes.push((512 + 88, sum.to_vec()));
        let mut header = [0; 512];
        disk.read(&mut header, 512).unwrap();
        header[16..20].fill(0);
        let length = u32::from_le_bytes(header[12..16].try_into().unwrap()) as usize;
        let sum = crc32(&header[..length.clamp(92, 512)]).to_le_bytes();
        disk.changes.push((512 + 16, sum.to_vec()));
    });
}

#[test]
fn any_bytes_are_no_panic() {
    let mut dice = Dice(7);
    for _ in 0..1000 {
        let bytes: Vec<u8> = (0..4096).map(|_| dice.below(256) as u8).collect();
        let mut bytes = bytes;
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        try_all(&MemoryDisk::new(bytes.clone()));
        change(&MemoryDisk::new(bytes.clone()));
        for scheme in [Scheme::Mbr, Scheme::Gpt] {
            let _ = Edit::create(&MemoryDisk::new(bytes.clone()), scheme);
        }
    }
}

/// What a table claims costs no more on a disk that is large enough for it.
#[test]
fn counts_of_a_large_disk_are_bounded() {
    for (count, size) in [
        (u32::MAX, 128),
        (u32::MAX, 1 << 31),
        (1 << 14, 4096),
        (1_u32 << 15, 128_u32),
    ] {
        let mut bytes = gpt().to_vec();
        let (count, size) = (count.to_le_bytes(), size.to_le_bytes());
        change_header(&mut bytes, 512, &[(80, &count), (84, &size)]);
        let disk = Damaged {
            bytes: &bytes,
            size: 1 << 50,
            changes: Vec::new(),
        };
        assert!(!try_all(&disk));
        change(&disk);
    }
}
