//! Tables that are made and changed.

use std::borrow::Cow;
use std::cell::Cell;
use std::io;
use std::sync::Mutex;

use super::super::{
    Bsd, Edit, NewPartition, PartitionError, PartitionType, Partitions, Problem, Scheme,
};
use super::{FFS, SIZE, addresses, change_header, empty, gpt, label, mbr, nested};
use crate::disk::{Access, Disk, MemoryDisk, Shared};

const LINUX: PartitionType = PartitionType::MBR_LINUX;

/// What is refused, and why.
fn refused<T: std::fmt::Debug>(result: Result<T, PartitionError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, PartitionError::Refused { .. }), "{error}");
    error.to_string()
}

#[test]
fn what_is_made_is_read() {
    let disk = mbr();
    let partitions = Partitions::read(&disk).unwrap();
    let expected = ["MBR1", "MBR2", "MBR3", "MBR5", "MBR6", "MBR7"];
    assert_eq!(addresses(&partitions), expected);
    let one = partitions.find("1").unwrap();
    assert_eq!((one.offset(), one.size()), (4096, 64 << 10));
    assert!(one.is_active() && !partitions.find("2").unwrap().is_active());

    let disk = gpt();
    let partitions = Partitions::read(&disk).unwrap();
    let root = partitions.find("røøt").unwrap();
    assert_eq!((root.number(), root.is_active()), (3, true));
    assert!(root.end() <= SIZE as u64 - 33 * 512);

    let disk = nested();
    let partitions = Partitions::read(&disk).unwrap();
    let expected = ["MBR2/a", "MBR2/c", "MBR2/d", "MBR2/e"];
    assert_eq!(addresses(&partitions)[2..6], expected);
    for partition in partitions.iter() {
        assert_eq!(partition.problems(), [], "{}", partition.address());
    }
    let whole = Partitions::read(&label()).unwrap();
    assert_eq!(whole.find("d").unwrap().size(), SIZE as u64);
}

#[test]
fn a_table_is_changed_and_keeps_the_rest() {
    let disk = gpt();
    let before = Partitions::read(&disk).unwrap();
    let mut edit = Edit::open(&disk).unwrap();
    edit.delete(1).unwrap();
    edit.set_name(3, "new").unwrap();
    edit.set_type(3, PartitionType::GPT_LINUX).unwrap();
    edit.write(&disk).unwrap();
    let after = Partitions::read(&disk).unwrap();
    assert_eq!(after.tables()[0].problems(), []);
    assert_eq!(after.tables()[0].id(), before.tables()[0].id());
    assert_eq!(addresses(&after), ["GPT3"]);
    let (old, new) = (before.find("3").unwrap(), after.find("new").unwrap());
    assert_eq!(new.kind(), &PartitionType::GPT_LINUX);
    assert_eq!((new.offset(), new.end()), (old.offset(), old.end()));
    assert!(new.is_active());
}

#[test]
fn both_tables_of_a_gpt_are_mended_by_a_change() {
    for at in [512 + 20, SIZE as u64 - 512 + 20] {
        let disk = gpt();
        disk.write(&[0xff], at).unwrap();
        Edit::open(&disk).unwrap().write(&disk).unwrap();
        let partitions = Partitions::read(&disk).unwrap();
        assert_eq!(partitions.tables()[0].problems(), []);
        assert_eq!(addresses(&partitions), ["GPT1", "GPT3"]);
    }
}

#[test]
fn logical_partitions_are_added_and_deleted_anywhere() {
    let disk = mbr();
    let places = |disk: &MemoryDisk| -> Vec<(u32, u64)> {
        let partitions = Partitions::read(disk).unwrap();
        assert_eq!(partitions.tables()[0].problems(), []);
        let logical = partitions.iter().filter(|p| p.number() > 4);
        logical.map(|p| (p.number(), p.offset())).collect()
    };
    let before = places(&disk);
    for gone in [5, 6, 7] {
        let disk = MemoryDisk::new(disk.to_vec());
        let mut edit = Edit::open(&disk).unwrap();
        edit.set_alignment(4096).unwrap();
        edit.delete(gone).unwrap();
        edit.write(&disk).unwrap();
        let rest = before.iter().filter(|(number, _)| *number != gone);
        let rest: Vec<u64> = rest.map(|(_, place)| *place).collect();
        let left: Vec<u64> = places(&disk).iter().map(|(_, place)| *place).collect();
        assert_eq!(left, rest);
        let again = NewPartition::new(LINUX).size(64 << 10).logical();
        assert_eq!(edit.add(again).unwrap(), gone);
        edit.write(&disk).unwrap();
        assert_eq!(places(&disk), before);
    }
}

#[test]
fn a_new_kind_of_table_takes_the_place_of_the_old_one() {
    let schemes = [Scheme::Mbr, Scheme::Gpt, Scheme::Bsd(Bsd::NetBsd)];
    for make in [mbr, gpt, label] {
        for scheme in schemes {
            let disk = make();
            Edit::create(&disk, scheme).unwrap().write(&disk).unwrap();
            let partitions = Partitions::read(&disk).unwrap();
            let found: Vec<Scheme> = partitions.tables().iter().map(|t| t.scheme()).collect();
            assert_eq!(found, [scheme]);
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let disk = mbr();
    let before = disk.to_vec();
    let mut edit = Edit::open(&disk).unwrap();
    let linux = || NewPartition::new(LINUX);
    assert!(refused(edit.add(linux().size(1 << 20))).contains("no room"));
    assert!(refused(edit.add(linux().start(4096).size(512))).contains("no room"));
    assert!(refused(edit.add(linux().start(100))).contains("multiple"));
    assert!(refused(edit.add(linux().size(0))).contains("no bytes"));
    assert!(refused(edit.add(linux().number(2))).contains("taken"));
    assert!(refused(edit.add(linux().number(5))).contains("1 to 4"));
    assert!(refused(edit.add(linux().name("x"))).contains("GPT"));
    assert!(refused(edit.add(NewPartition::new(FFS))).contains("no type"));
    assert!(refused(edit.delete(3)).contains("logical"));
    assert!(refused(edit.set_type(3, LINUX)).contains("extended"));
    assert!(matches!(
        edit.delete(9),
        Err(PartitionError::NotFound { .. })
    ));
    assert!(refused(edit.write(&MemoryDisk::zeroed(2 * SIZE))).contains("is for a disk of"));
    let read_only = Shared::new(disk.clone());
    let range = read_only.range(0..SIZE as u64, Access::ReadOnly).unwrap();
    assert!(refused(edit.write(&range)).contains("read-only"));
    assert!(disk.to_vec() == before);

    let mut edit = Edit::open(&gpt()).unwrap();
    assert!(refused(edit.set_name(1, &"x".repeat(37))).contains("36"));
    for size in [0, 512, 16 << 10] {
        let tiny = MemoryDisk::zeroed(size);
        refused(Edit::create(&tiny, Scheme::Gpt));
    }
}

/// A disk that has only the first writes.
struct Dying<'a> {
    memory: &'a MemoryDisk,
    left: Mutex<Cell<usize>>,
}

impl Disk for Dying<'_> {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.memory.read(buffer, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let left = self.left.lock().unwrap();
        match left.get().checked_sub(1) {
            Some(less) => left.set(less),
            None => return Err(io::Error::other("no power")),
        }
        self.memory.write(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    fn name(&self) -> Cow<'_, str> {
        "a dying disk".into()
    }
}

/// After each number of writes, what is on the disk is the old or the new table.
fn dies_anywhere(make: fn() -> MemoryDisk, change: impl Fn(&mut Edit)) {
    let list = |disk: &MemoryDisk| -> Vec<(String, u64)> {
        let partitions = Partitions::read(disk).unwrap();
        for problem in partitions.tables()[0].problems() {
            let is_mended = matches!(
                problem,
                Problem::PrimaryBad { .. } | Problem::BackupBad { .. } | Problem::BackupDiffers
            );
            assert!(is_mended, "{problem}");
        }
        let all = partitions.iter();
        all.map(|p| (p.address().to_owned(), p.offset())).collect()
    };
    let original = make();
    let old = list(&original);
    let mut edit = Edit::open(&original).unwrap();
    edit.set_alignment(4096).unwrap();
    change(&mut edit);
    let done = MemoryDisk::new(original.to_vec());
    edit.write(&done).unwrap();
    let new = list(&done);
    assert_ne!(old, new);
    for count in 0.. {
        let memory = MemoryDisk::new(original.to_vec());
        let left = Mutex::new(Cell::new(count));
        let dying = Dying {
            memory: &memory,
            left,
        };
        let result = edit.write(&dying);
        let found = list(&memory);
        assert!(found == old || found == new, "{count}: {found:?}");
        if result.is_ok() {
            assert_eq!(found, new);
            return;
        }
    }
}

#[test]
fn a_loss_of_power_leaves_the_old_or_the_new_table() {
    dies_anywhere(gpt, |edit| {
        edit.delete(1).unwrap();
        let linux = NewPartition::new(PartitionType::GPT_LINUX);
        edit.add(linux.number(2)).unwrap();
    });
    dies_anywhere(mbr, |edit| edit.delete(6).unwrap());
    dies_anywhere(mbr, |edit| {
        let linux = NewPartition::new(LINUX).size(64 << 10);
        edit.add(linux.logical()).unwrap();
    });
    dies_anywhere(label, |edit| edit.delete(2).unwrap());
}

/// A header that is good leads to entries where a partition is: they would be written there.
#[test]
fn a_table_that_lies_in_a_partition_is_not_written() {
    for header in [512, SIZE - 512] {
        let mut bytes = gpt().to_vec();
        bytes.copy_within(1024..1024 + (16 << 10), 100 * 512);
        let place = 100_u64.to_le_bytes();
        change_header(&mut bytes, header, &[(72, &place)]);
        let disk = MemoryDisk::new(bytes);
        assert_eq!(
            addresses(&Partitions::read(&disk).unwrap()),
            ["GPT1", "GPT3"]
        );
        let error = Edit::open(&disk).unwrap_err();
        assert!(matches!(error, PartitionError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_gpt_has_the_sectors_of_its_disk() {
    /// A disk with sectors of 4096 bytes.
    struct Large(MemoryDisk);
    impl Disk for Large {
        fn size(&self) -> u64 {
            self.0.size()
        }
        fn block_size(&self) -> u32 {
            4096
        }
        fn access(&self) -> Access {
            Access::ReadWrite
        }
        fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            assert!(offset.is_multiple_of(4096) && buffer.len().is_multiple_of(4096));
            self.0.read(buffer, offset)
        }
        fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            assert!(offset.is_multiple_of(4096) && bytes.len().is_multiple_of(4096));
            self.0.write(bytes, offset)
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
        fn name(&self) -> Cow<'_, str> {
            "a disk with large sectors".into()
        }
    }
    for scheme in [Scheme::Gpt, Scheme::Mbr, Scheme::Bsd(Bsd::NetBsd)] {
        let disk = Large(MemoryDisk::zeroed(SIZE));
        let mut edit = Edit::create(&disk, scheme).unwrap();
        edit.set_alignment(4096).unwrap();
        let kind = match scheme {
            Scheme::Gpt => PartitionType::GPT_EFI,
            Scheme::Mbr => LINUX,
            _ => FFS,
        };
        edit.add(NewPartition::new(kind).size(64 << 10)).unwrap();
        edit.write(&disk).unwrap();
        let partitions = Partitions::read(&disk).unwrap();
        let table = &partitions.tables()[0];
        assert_eq!((table.sector_size(), table.problems()), (4096, &[][..]));
        assert_eq!(partitions.find("1").unwrap().size(), 64 << 10);
    }
    let disk = Large(gpt());
    let partitions = Partitions::read(&disk).unwrap();
    assert_eq!(partitions.tables()[0].sector_size(), 512);
    assert_eq!(addresses(&partitions), ["GPT1", "GPT3"]);
}

#[test]
fn an_empty_table_of_a_disk_uses_the_default_alignment() {
    let disk = MemoryDisk::zeroed(8 << 20);
    let mut edit = Edit::create(&disk, Scheme::Mbr).unwrap();
    edit.add(NewPartition::new(LINUX).size(100)).unwrap();
    edit.add(NewPartition::new(LINUX)).unwrap();
    edit.write(&disk).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    let place = |address| {
        let found = partitions.find(address).unwrap();
        (found.offset(), found.size())
    };
    assert_eq!(place("1"), (1 << 20, 512));
    assert_eq!(place("2"), (2 << 20, 6 << 20));
    let mut edit = empty(&disk, Scheme::Mbr);
    assert!(refused(edit.set_alignment(100)).contains("512"));
}
