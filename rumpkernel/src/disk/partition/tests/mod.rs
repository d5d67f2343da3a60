//! Tables that are made here, read, damaged and changed. What other programs make and read is in
//! tests/kernel/partitions.

mod bsd;
mod damage;
mod edits;
mod flips;

use super::crc32::crc32;
use super::{Edit, NewPartition, PartitionType, Partitions, Scheme};
use crate::disk::MemoryDisk;

const SIZE: usize = 1 << 20;
const FFS: PartitionType = PartitionType::BSD_FFS;

/// An empty table in which partitions begin at multiples of 4 KiB.
fn empty(disk: &MemoryDisk, scheme: Scheme) -> Edit {
    let mut edit = Edit::create(disk, scheme).unwrap();
    edit.set_alignment(4096).unwrap();
    edit
}

/// An MBR with two partitions and three logical ones.
fn mbr() -> MemoryDisk {
    let disk = MemoryDisk::zeroed(SIZE);
    let mut edit = empty(&disk, Scheme::Mbr);
    let linux = || NewPartition::new(PartitionType::MBR_LINUX).size(64 << 10);
    edit.add(linux().active(true)).unwrap();
    edit.add(NewPartition::new(PartitionType::MBR_NETBSD).size(256 << 10))
        .unwrap();
    edit.add(NewPartition::new(PartitionType::MBR_EXTENDED))
        .unwrap();
    for _ in 0..3 {
        edit.add(linux().logical()).unwrap();
    }
    edit.write(&disk).unwrap();
    disk
}

/// The same with a disklabel in the second partition.
fn nested() -> MemoryDisk {
    let disk = mbr();
    let partitions = Partitions::read(&disk).unwrap();
    let mut edit = Edit::create_label(&disk, partitions.find("2").unwrap()).unwrap();
    edit.set_alignment(4096).unwrap();
    edit.add(NewPartition::new(FFS).size(64 << 10)).unwrap();
    edit.add(NewPartition::new(FFS).number(5)).unwrap();
    edit.write(&disk).unwrap();
    disk
}

fn gpt() -> MemoryDisk {
    let disk = MemoryDisk::zeroed(SIZE);
    let mut edit = empty(&disk, Scheme::Gpt);
    let efi = NewPartition::new(PartitionType::GPT_EFI).size(64 << 10);
    edit.add(efi.name("EFI")).unwrap();
    let root = NewPartition::new(PartitionType::GPT_NETBSD_FFS);
    edit.add(root.name("røøt").number(3).active(true)).unwrap();
    edit.write(&disk).unwrap();
    disk
}

fn label() -> MemoryDisk {
    let disk = MemoryDisk::zeroed(SIZE);
    let mut edit = empty(&disk, Scheme::Bsd(super::Bsd::NetBsd));
    edit.add(NewPartition::new(FFS).size(64 << 10)).unwrap();
    edit.add(NewPartition::new(PartitionType::BSD_SWAP).size(64 << 10))
        .unwrap();
    edit.write(&disk).unwrap();
    disk
}

/// An Apple map of blocks of this size: itself, a file system, what is free.
fn apple(unit: usize) -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    bytes[..2].copy_from_slice(b"ER");
    bytes[2..4].copy_from_slice(&(unit as u16).to_be_bytes());
    let entries = [
        ("Apple", "Apple_partition_map", 1, 3),
        ("Mac OS", "Apple_HFS", 16, 64),
        ("Extra", "Apple_Free", 80, 20),
    ];
    for (index, (name, kind, start, count)) in entries.into_iter().enumerate() {
        let entry = &mut bytes[(index + 1) * unit..][..512];
        entry[..2].copy_from_slice(b"PM");
        for (at, word) in [(4, 3), (8, start), (12, count), (88, 0x8_u32)] {
            entry[at..at + 4].copy_from_slice(&word.to_be_bytes());
        }
        entry[16..][..name.len()].copy_from_slice(name.as_bytes());
        entry[48..][..kind.len()].copy_from_slice(kind.as_bytes());
    }
    bytes
}

/// Changes bytes of a GPT's header, and makes its checksum right.
fn change_header(bytes: &mut [u8], header: usize, changes: &[(usize, &[u8])]) {
    let header = &mut bytes[header..][..92];
    for (at, change) in changes {
        header[*at..][..change.len()].copy_from_slice(change);
    }
    header[16..20].fill(0);
    let sum = crc32(header).to_le_bytes();
    header[16..20].copy_from_slice(&sum);
}

/// The addresses of all partitions.
fn addresses(partitions: &Partitions) -> Vec<&str> {
    partitions.iter().map(super::Partition::address).collect()
}
