//! Damaged tables: what is told.

use super::super::{PartitionError, Partitions, Problem};
use super::{SIZE, addresses, apple, gpt, mbr};
use crate::disk::{Access, Disk, MemoryDisk, Shared};

/// Changes bytes of a disk.
fn put(disk: &MemoryDisk, at: u64, bytes: &[u8]) {
    disk.write(bytes, at).unwrap();
}

fn problems(disk: &MemoryDisk) -> Vec<Problem> {
    Partitions::read(disk).unwrap().tables()[0]
        .problems()
        .to_vec()
}

#[test]
fn the_backup_of_a_gpt_is_used_and_said() {
    let whole = Partitions::read(&gpt()).unwrap();
    assert_eq!(whole.tables()[0].problems(), []);
    // The header, its length, its entries.
    for at in [512, 512 + 12, 512 + 56, 1024 + 40] {
        let disk = gpt();
        put(&disk, at, &[0xff]);
        let partitions = Partitions::read(&disk).unwrap();
        let [Problem::PrimaryBad { .. }] = partitions.tables()[0].problems() else {
            panic!("{:?}", partitions.tables()[0].problems());
        };
        assert_eq!(addresses(&partitions), addresses(&whole));
    }
}

#[test]
fn a_bad_backup_is_told_and_two_bad_tables_are_an_error() {
    let disk = gpt();
    put(&disk, SIZE as u64 - 512 + 60, &[0xff]);
    assert!(matches!(problems(&disk)[..], [Problem::BackupBad { .. }]));
    put(&disk, 512 + 60, &[0xff]);
    let error = Partitions::read(&disk).unwrap_err();
    assert!(matches!(error, PartitionError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("checksum"), "{error}");
}

#[test]
fn a_gpt_without_its_mbr_or_its_end_says_so() {
    let disk = gpt();
    put(&disk, 510, &[0, 0]);
    assert_eq!(problems(&disk), [Problem::NotProtected]);
    let mut longer = gpt().to_vec();
    longer.resize(SIZE + 4096, 0);
    let at = SIZE as u64 - 512;
    let expected = [Problem::BackupNotAtEnd { at }];
    assert_eq!(problems(&MemoryDisk::new(longer)), expected);
}

#[test]
fn a_cut_image_says_which_partitions_it_has() {
    let mut bytes = mbr().to_vec();
    bytes.truncate(400 << 10);
    let disk = MemoryDisk::new(bytes);
    let partitions = Partitions::read(&disk).unwrap();
    assert_eq!(partitions.find("2").unwrap().problems(), []);
    let [Problem::BeyondEnd { end, size }] = partitions.find("3").unwrap().problems() else {
        panic!("{partitions:?}");
    };
    assert_eq!((*end, *size), (SIZE as u64, 400 << 10));
    let shared = Shared::new(disk);
    let error = shared.partition("3", Access::ReadOnly).unwrap_err();
    assert!(matches!(error, PartitionError::Unusable { .. }), "{error}");
    let cut = partitions.tables()[0].problems();
    assert!(matches!(cut, [Problem::CutShort { .. }]), "{cut:?}");
}

#[test]
fn a_chain_that_loops_ends() {
    let disk = mbr();
    let start = Partitions::read(&disk).unwrap().find("3").unwrap().offset();
    // The first record's link leads to itself.
    put(&disk, start + 446 + 16 + 8, &[0; 4]);
    let at = start;
    assert_eq!(problems(&disk), [Problem::ChainLoops { at }]);
    let partitions = Partitions::read(&disk).unwrap();
    assert_eq!(addresses(&partitions), ["MBR1", "MBR2", "MBR3", "MBR5"]);
}

#[test]
fn overlaps_are_told_of_both() {
    let disk = mbr();
    // The second begins where the first does.
    let mut record = vec![0; 512];
    disk.read(&mut record, 0).unwrap();
    put(&disk, 446 + 16 + 8, &record[446 + 8..446 + 12]);
    let partitions = Partitions::read(&disk).unwrap();
    for (one, other) in [("1", "MBR2"), ("2", "MBR1")] {
        let expected = Problem::Overlaps {
            other: other.to_owned(),
        };
        assert_eq!(partitions.find(one).unwrap().problems(), [expected]);
    }
    assert_eq!(partitions.find("MBR6").unwrap().problems(), []);
}

#[test]
fn absurd_counts_are_bounded() {
    let mut bytes = apple(512);
    bytes[512 + 4..512 + 8].fill(0xff);
    let problems = problems(&MemoryDisk::new(bytes));
    let [
        Problem::TooMany { limit: 1024 },
        Problem::CutShort { at: 2048, .. },
    ] = problems[..]
    else {
        panic!("{problems:?}");
    };
}

#[test]
fn what_is_no_table_is_said_to_be_none() {
    let fat = {
        let mut bytes = vec![0; SIZE];
        bytes[..13].copy_from_slice(b"\xeb\x3c\x90mkfs.fat\0\x02");
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        bytes
    };
    for bytes in [vec![], vec![0; 100], vec![0; 512], vec![0; SIZE], fat] {
        let error = Partitions::read(&MemoryDisk::new(bytes)).unwrap_err();
        assert!(matches!(error, PartitionError::NoTable { .. }), "{error}");
    }
}
