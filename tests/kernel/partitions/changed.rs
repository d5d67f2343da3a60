//! Tables that are made and changed here, checked and read by other programs.

use std::path::Path;

use rumpkernel::disk::partition::{Bsd, Edit, NewPartition, PartitionType, Scheme};
use rumpkernel::disk::{Access, Disk as _, HostDisk, MemoryDisk, Partitions};

use super::{MIB, by_sfdisk, by_us, image, run};
use crate::world::Folder;

crate::tests![;
    loaded: mbr_is_good_to_sfdisk,
        gpt_is_good_to_sgdisk,
        tables_of_others_are_changed,
        labels_are_good_to_partx,
];

fn open(path: &Path) -> HostDisk {
    HostDisk::open(path, Access::ReadWrite).unwrap()
}

/// What is read here of an image, which may be open for writing.
fn read(path: &Path) -> Partitions {
    Partitions::read(&MemoryDisk::new(std::fs::read(path).unwrap())).unwrap()
}

/// What sfdisk reads is what is read here, and it finds nothing wrong, which its text tells and its
/// exit status does not.
fn agrees(path: &Path) {
    let said = run("sfdisk --verify", path, "");
    assert!(said.contains("No errors detected"), "{said}");
    let partitions = read(path);
    assert_eq!(partitions.tables()[0].problems(), []);
    let mut ours = by_us(&partitions);
    for seen in &mut ours {
        seen.name = seen.name.take().filter(|name| name.is_ascii());
    }
    let mut theirs = by_sfdisk(path);
    for seen in &mut theirs {
        seen.name = seen.name.take().filter(|name| !name.contains('\\'));
    }
    assert_eq!(ours, theirs);
}

fn sgdisk_agrees(path: &Path) {
    let said = run("sgdisk -v", path, "");
    assert!(said.contains("No problems found"), "{said}");
    agrees(path);
}

fn mbr_is_good_to_sfdisk() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    let disk = open(&path);
    let mut edit = Edit::create(&disk, Scheme::Mbr).unwrap();
    let linux = || NewPartition::new(PartitionType::MBR_LINUX).size(4 * MIB);
    let fat = NewPartition::new(PartitionType::MBR_FAT32).size(8 * MIB);
    edit.add(fat.active(true)).unwrap();
    edit.add(NewPartition::new(PartitionType::MBR_EXTENDED))
        .unwrap();
    for number in 5..10 {
        assert_eq!(edit.add(linux().logical()).unwrap(), number);
    }
    edit.write(&disk).unwrap();
    agrees(&path);
    for gone in [5, 7] {
        edit.delete(gone).unwrap();
        edit.write(&disk).unwrap();
        agrees(&path);
    }
    edit.set_type(5, PartitionType::MBR_NTFS).unwrap();
    edit.add(linux().logical()).unwrap();
    edit.delete(1).unwrap();
    edit.write(&disk).unwrap();
    agrees(&path);
    assert_eq!(by_sfdisk(&path).len(), 5);
}

fn gpt_is_good_to_sgdisk() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    let disk = open(&path);
    let mut edit = Edit::create(&disk, Scheme::Gpt).unwrap();
    let efi = NewPartition::new(PartitionType::GPT_EFI).size(8 * MIB);
    edit.add(efi.name("EFI")).unwrap();
    let linux = NewPartition::new(PartitionType::GPT_LINUX).size(8 * MIB);
    edit.add(linux.name("ünï").active(true).number(7)).unwrap();
    edit.write(&disk).unwrap();
    sgdisk_agrees(&path);
    assert!(run("sgdisk -i 7", &path, "").contains("ünï"));
    // After a bad header has been mended, too.
    disk.write(&[0xff; 512], 512).unwrap();
    let mut edit = Edit::open(&disk).unwrap();
    edit.set_type(7, PartitionType::GPT_NETBSD_FFS).unwrap();
    edit.set_name(1, "system").unwrap();
    edit.add(NewPartition::new(PartitionType::GPT_LINUX))
        .unwrap();
    edit.write(&disk).unwrap();
    sgdisk_agrees(&path);
    // It takes the place of an MBR, and the other way round.
    Edit::create(&disk, Scheme::Mbr)
        .unwrap()
        .write(&disk)
        .unwrap();
    agrees(&path);
    assert_eq!(by_sfdisk(&path), []);
}

fn tables_of_others_are_changed() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    run("sgdisk -n 1:2048:+10M -c 1:root -n 2:0:+5M", &path, "");
    let change = || {
        let disk = open(&path);
        let mut edit = Edit::open(&disk).unwrap();
        edit.delete(1).unwrap();
        edit.write(&disk).unwrap();
    };
    change();
    sgdisk_agrees(&path);
    assert_eq!(by_sfdisk(&path).len(), 1);

    let script = "label: dos\nstart=2048, size=2048, type=83\nsize=8192, type=c\ntype=5\n\
        size=4096, type=83\nsize=4096, type=82\nsize=4096, type=83\n";
    run("sfdisk -q --wipe always", &path, script);
    change();
    agrees(&path);
    let disk = open(&path);
    let mut edit = Edit::open(&disk).unwrap();
    for _ in 0..2 {
        edit.delete(5).unwrap();
    }
    edit.write(&disk).unwrap();
    agrees(&path);
    let left: Vec<String> = by_sfdisk(&path).into_iter().map(|seen| seen.kind).collect();
    assert_eq!(left, ["c", "5", "83"]);
}

/// The first sector and the number of sectors of each partition, as libblkid sees them.
fn by_partx(path: &Path) -> Vec<(u64, u64)> {
    let said = run("partx --show --noheadings --output START,SECTORS", path, "");
    let pair = |line: &str| {
        let mut words = line.split_whitespace().map(|word| word.parse().unwrap());
        (words.next().unwrap(), words.next().unwrap())
    };
    said.lines().map(pair).collect()
}

fn labels_are_good_to_partx() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    let disk = open(&path);
    let ffs = || NewPartition::new(PartitionType::BSD_FFS);
    let mut edit = Edit::create(&disk, Scheme::Bsd(Bsd::NetBsd)).unwrap();
    edit.add(ffs().size(4 * MIB)).unwrap();
    edit.add(NewPartition::new(PartitionType::BSD_SWAP).size(2 * MIB))
        .unwrap();
    edit.write(&disk).unwrap();
    assert_eq!(by_partx(&path), [(2048, 8192), (10240, 4096)]);
    agrees_with_label(&path);
    let mut edit = Edit::open(&disk).unwrap();
    edit.delete(2).unwrap();
    assert_eq!(edit.add(ffs().size(MIB).number(8)).unwrap(), 8);
    edit.write(&disk).unwrap();
    assert_eq!(by_partx(&path), [(2048, 8192), (10240, 2048)]);
    agrees_with_label(&path);

    // In a partition of an MBR.
    let mut edit = Edit::create(&disk, Scheme::Mbr).unwrap();
    edit.add(NewPartition::new(PartitionType::MBR_NETBSD))
        .unwrap();
    edit.write(&disk).unwrap();
    assert_eq!(by_partx(&path), [(2048, 129_024)]);
    let partitions = Partitions::read(&disk).unwrap();
    let within = partitions.find("1").unwrap();
    let mut label = Edit::create_label(&disk, within).unwrap();
    label.add(ffs().size(4 * MIB)).unwrap();
    label.write(&disk).unwrap();
    assert_eq!(by_partx(&path), [(2048, 129_024), (4096, 8192)]);
    let partitions = Partitions::read(&disk).unwrap();
    let mut label = Edit::open_label(&disk, partitions.find("1").unwrap()).unwrap();
    assert_eq!(label.add(ffs()).unwrap(), 2);
    label.write(&disk).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    let b = partitions.find("MBR1/b").unwrap();
    let expected = (b.offset() / 512, b.size() / 512);
    assert_eq!(by_partx(&path)[2], expected);
}

/// sfdisk reads the same label.
fn agrees_with_label(path: &Path) {
    let partitions = read(path);
    assert_eq!(by_us(&partitions), by_sfdisk(path));
}
