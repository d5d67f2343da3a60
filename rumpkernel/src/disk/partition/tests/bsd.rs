//! Disklabels of other systems and machines, and Apple maps, made by hand.

use super::super::bsd::{CHECKSUM, PARTITIONS, checksum};
use super::super::sectors::Endian;
use super::super::{Bsd, Partitions, Problem, Scheme};
use super::{SIZE, addresses, apple, label, mbr, nested};
use crate::disk::{Disk, MemoryDisk};

/// Size and offset of partitions in sectors, and their types.
type Entries<'a> = &'a [(u64, u64, u8)];

/// A label whose numbers have this order; 48 bits for sizes and offsets with a version of 1.
fn by_hand(endian: Endian, version: u16, entries: Entries<'_>) -> Vec<u8> {
    let mut bytes = vec![0; PARTITIONS + 16 * entries.len()];
    let mut put = |at: usize, value: u64, length: usize| {
        let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
        bytes[at..at + length].copy_from_slice(match endian {
            Endian::Little => &little[..length],
            Endian::Big => &big[8 - length..],
        });
    };
    put(0, 0x8256_4557, 4);
    put(40, 512, 4);
    put(114, version.into(), 2);
    put(132, 0x8256_4557, 4);
    put(CHECKSUM + 2, entries.len() as u64, 2);
    for (index, (size, offset, kind)) in entries.iter().enumerate() {
        let at = PARTITIONS + 16 * index;
        put(at, size & 0xffff_ffff, 4);
        put(at + 4, offset & 0xffff_ffff, 4);
        if version == 1 {
            put(at + 8, offset >> 32, 2);
            put(at + 10, size >> 32, 2);
        }
        put(at + 12, u64::from(*kind), 1);
    }
    let sum = checksum(&bytes, endian);
    let mut put = |at: usize, value: u16| {
        bytes[at..at + 2].copy_from_slice(&match endian {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        });
    };
    put(CHECKSUM, sum);
    bytes
}

/// The places of all partitions, in sectors.
fn places(partitions: &Partitions) -> Vec<(&str, u64, u64)> {
    let all = partitions.iter();
    all.map(|p| (p.address(), p.offset() / 512, p.size() / 512))
        .collect()
}

#[test]
fn labels_of_both_orders_are_found_in_all_their_places() {
    let entries = [(100, 16, 7), (50, 116, 1), (2048, 0, 0)];
    for endian in [Endian::Little, Endian::Big] {
        for at in [0, 64, 128, 512] {
            let disk = MemoryDisk::zeroed(SIZE);
            disk.write(&by_hand(endian, 0, &entries), at).unwrap();
            let partitions = Partitions::read(&disk).unwrap();
            let expected = [("a", 16, 100), ("b", 116, 50), ("c", 0, 2048)];
            assert_eq!(places(&partitions), expected, "{endian:?} at {at}");
            assert_eq!(partitions.tables()[0].problems(), []);
            assert_eq!(partitions.find("b").unwrap().number(), 2);
        }
    }
}

#[test]
fn as_many_as_22_partitions_are_read() {
    let entries: Vec<(u64, u64, u8)> = (0..22).map(|n| (10, 20 + 10 * n, 7)).collect();
    let disk = MemoryDisk::zeroed(SIZE);
    let bytes = by_hand(Endian::Little, 0, &entries);
    disk.write(&bytes, 512).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    assert_eq!(partitions.iter().count(), 22);
    assert_eq!(partitions.find("v").unwrap().offset(), 230 * 512);
    // More than there are letters for is no label.
    let mut bytes = bytes;
    bytes[CHECKSUM + 2] = 60;
    disk.write(&bytes, 512).unwrap();
    assert!(Partitions::read(&disk).is_err());
}

/// A disk with an MBR of one partition, at sector 64, whose label is this.
fn slice(kind: u8, label: &[u8]) -> MemoryDisk {
    let disk = MemoryDisk::zeroed(SIZE);
    let mut record = [0; 512];
    record[446..462].copy_from_slice(&[0, 0, 0, 0, kind, 0, 0, 0, 64, 0, 0, 0, 0, 4, 0, 0]);
    record[510..].copy_from_slice(&[0x55, 0xaa]);
    disk.write(&record, 0).unwrap();
    disk.write(label, 65 * 512).unwrap();
    disk
}

#[test]
fn offsets_count_from_where_each_system_counts() {
    let absolute = [(100, 80, 7), (0, 0, 0), (1024, 64, 0)];
    let relative = [(100, 16, 7), (0, 0, 0), (1024, 0, 0)];
    let expected = [
        ("MBR1", 64, 1024),
        ("MBR1/a", 80, 100),
        ("MBR1/c", 64, 1024),
    ];
    let cases = [
        (0xa9, absolute, Bsd::NetBsd),
        (0xa6, absolute, Bsd::OpenBsd),
        (0xa5, absolute, Bsd::FreeBsd),
        (0xa5, relative, Bsd::FreeBsd),
    ];
    for (kind, entries, system) in cases {
        let disk = slice(kind, &by_hand(Endian::Little, 0, &entries));
        let partitions = Partitions::read(&disk).unwrap();
        assert_eq!(places(&partitions), expected, "{system:?}");
        let nested = partitions.find("1").unwrap().nested().unwrap();
        assert_eq!(nested.scheme(), Scheme::Bsd(system));
        for partition in partitions.iter() {
            assert_eq!(partition.problems(), [], "{}", partition.address());
        }
    }
    // Other types of partitions have no label.
    let disk = slice(0x83, &by_hand(Endian::Little, 0, &absolute));
    assert_eq!(addresses(&Partitions::read(&disk).unwrap()), ["MBR1"]);
}

#[test]
fn a_label_of_openbsd_has_48_bits() {
    let large = 3 << 32;
    let entries = [(100, 80, 7), (large, large, 1), (64, 64, 0)];
    let disk = slice(0xa6, &by_hand(Endian::Little, 1, &entries));
    let partitions = Partitions::read(&disk).unwrap();
    let b = partitions.find("MBR1/b").unwrap();
    assert_eq!((b.offset(), b.size()), (large * 512, large * 512));
    let beyond = |problem: &Problem| matches!(problem, Problem::BeyondEnd { .. });
    assert!(b.problems().iter().any(beyond));
    assert_eq!(partitions.find("a").unwrap().problems(), []);
}

#[test]
fn a_wrong_checksum_is_told() {
    let disk = label();
    disk.write(&[1], 512 + 20).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    assert_eq!(partitions.tables()[0].problems(), [Problem::BadChecksum]);
    assert_eq!(addresses(&partitions), ["a", "b", "c", "d"]);
}

#[test]
fn a_letter_is_found_in_the_one_label_there_is() {
    let disk = nested();
    let partitions = Partitions::read(&disk).unwrap();
    let e = partitions.find("MBR2/e").unwrap();
    for address in ["e", "2/e", "mbr2/E", "2/5", "MBR2/bsd5"] {
        match address {
            "mbr2/E" => assert!(partitions.find(address).is_err()),
            _ => assert_eq!(partitions.find(address).unwrap(), e, "{address}"),
        }
    }
    for address in ["", "/", "2/", "/e", "MBR2/e/a"] {
        assert!(partitions.find(address).is_err(), "{address}");
    }
    let error = partitions.find("9").unwrap_err().to_string();
    assert!(error.contains("MBR5, MBR6, MBR7"), "{error}");
}

#[test]
fn an_apple_map_counts_in_the_blocks_of_the_driver_descriptor() {
    for unit in [512, 2048] {
        let disk = MemoryDisk::new(apple(unit));
        let partitions = Partitions::read(&disk).unwrap();
        assert_eq!(partitions.tables()[0].sector_size(), unit as u64);
        let found = partitions.find("Mac OS").unwrap();
        assert_eq!((found.number(), found.is_active()), (2, true));
        assert_eq!(found.kind().to_string(), "Apple_HFS");
        let place = (found.offset(), found.size());
        assert_eq!(place, (16 * unit as u64, 64 * unit as u64));
        assert_eq!(partitions.find("APM2").unwrap(), found);
    }
    // A descriptor for the drive, and a map for disks.
    let mut hybrid = apple(512);
    hybrid[2..4].copy_from_slice(&2048_u16.to_be_bytes());
    let partitions = Partitions::read(&MemoryDisk::new(hybrid)).unwrap();
    assert_eq!(partitions.find("2").unwrap().offset(), 16 * 512);
}

#[test]
fn an_image_with_several_tables_has_all() {
    let disk = MemoryDisk::new(apple(2048));
    let record = mbr().to_vec();
    disk.write(&record[446..512], 446).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    let schemes = partitions.tables().iter().map(super::super::Table::scheme);
    assert!(schemes.eq([Scheme::Mbr, Scheme::Apple]));
    assert_eq!(partitions.find("2").unwrap().address(), "MBR2");
    assert_eq!(partitions.find("APM2").unwrap().address(), "APM2");
}
