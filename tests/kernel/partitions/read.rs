//! Tables of other programs, beside what those say.

use std::path::Path;

use rumpkernel::disk::partition::{Bsd, Problem, Scheme};
use rumpkernel::disk::{Access, HostDisk, Partitions};

use super::{MIB, by_sfdisk, by_us, image, run};
use crate::world::Folder;

crate::tests![;
    loaded: mbr_of_sfdisk,
        gpt_of_sgdisk,
        gpt_of_sgdisk_with_bad_headers,
        gpt_for_large_sectors,
        gpt_with_an_mbr_beside,
        apple_map_of_parted,
        apple_map_of_genisoimage,
        label_of_parted,
        label_of_fdisk,
];

fn read(image: &Path) -> Partitions {
    Partitions::read(&HostDisk::open(image, Access::ReadOnly).unwrap()).unwrap()
}

fn mbr_of_sfdisk() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    let script = "label: dos\n\
        1 : start=2048, size=20480, type=a9, bootable\n\
        2 : start=22528, size=20480, type=c\n\
        4 : start=43008, type=f\n\
        5 : size=10240, type=83\n\
        6 : size=10240, type=82\n\
        7 : type=7\n";
    run("sfdisk -q", &path, script);
    let partitions = read(&path);
    assert_eq!(partitions.tables().len(), 1);
    assert_eq!(partitions.tables()[0].problems(), []);
    assert_eq!(by_us(&partitions), by_sfdisk(&path));
    let addresses: Vec<&str> = partitions.iter().map(|p| p.address()).collect();
    let expected = ["MBR1", "MBR2", "MBR4", "MBR5", "MBR6", "MBR7"];
    assert_eq!(addresses, expected);
}

/// A GPT with two partitions, 1 and 3.
fn gpt(folder: &Folder) -> std::path::PathBuf {
    let path = image(folder, 64 * MIB);
    run("sgdisk -n 1:2048:+10M -t 1:8300 -c 1:root", &path, "");
    run(
        "sgdisk -n 3:0:+5M -t 3:a902 -c 3:Übung -A 3:set:2",
        &path,
        "",
    );
    path
}

fn gpt_of_sgdisk() {
    let folder = Folder::new();
    let path = gpt(&folder);
    let partitions = read(&path);
    assert_eq!(partitions.tables()[0].problems(), []);
    let mut expected = by_sfdisk(&path);
    // sfdisk writes letters of others byte by byte.
    assert_eq!(expected[1].name.as_deref(), Some(r"\xc3\x9cbung"));
    expected[1].name = Some("Übung".to_owned());
    assert_eq!(by_us(&partitions), expected);
    let found = partitions.find("Übung").unwrap();
    assert_eq!(found.address(), "GPT3");
    assert_eq!(found.kind().name(), Some("NetBSD FFS"));
}

fn gpt_of_sgdisk_with_bad_headers() {
    use std::os::unix::fs::FileExt as _;
    let folder = Folder::new();
    let path = gpt(&folder);
    let whole = by_us(&read(&path));
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.write_all_at(&[0xff; 100], 512).unwrap();
    let partitions = read(&path);
    let problems = partitions.tables()[0].problems();
    assert!(
        matches!(problems, [Problem::PrimaryBad { .. }]),
        "{problems:?}"
    );
    assert_eq!(by_us(&partitions), whole);
    file.write_all_at(&[0xff; 4], 64 * MIB - 512 + 60).unwrap();
    let disk = HostDisk::open(&path, Access::ReadOnly).unwrap();
    let error = Partitions::read(&disk).unwrap_err().to_string();
    assert!(
        error.contains("GPT") && error.contains("damaged"),
        "{error}"
    );
}

fn gpt_for_large_sectors() {
    let folder = Folder::new();
    let path = image(&folder, 256 * MIB);
    run("fdisk -b 4096", &path, "g\nn\n1\n\n+20M\nn\n2\n\n\nw\n");
    let partitions = read(&path);
    let expected = Problem::OtherSectorSize {
        table: 4096,
        disk: 512,
    };
    assert_eq!(partitions.tables()[0].problems(), [expected]);
    let one = partitions.find("1").unwrap();
    assert_eq!((one.offset(), one.size()), (MIB, 20 * MIB));
    assert_eq!(partitions.find("2").unwrap().offset(), 21 * MIB);
}

/// As computers need it that start from an MBR.
fn gpt_with_an_mbr_beside() {
    let folder = Folder::new();
    let path = gpt(&folder);
    run("sgdisk -h 3", &path, "");
    let partitions = read(&path);
    let schemes = partitions.tables().iter().map(|table| table.scheme());
    assert!(schemes.eq([Scheme::Gpt, Scheme::Mbr]));
    let in_gpt = partitions.find("3").unwrap();
    assert_eq!(in_gpt.address(), "GPT3");
    let mut of_mbr = partitions.tables()[1].partitions().iter();
    let in_mbr = of_mbr.find(|partition| partition.offset() == in_gpt.offset());
    let in_mbr = in_mbr.unwrap();
    assert_eq!(in_mbr.problems(), []);
    assert_eq!(partitions.find(in_mbr.address()).unwrap(), in_mbr);
}

/// Number, first and last byte of each partition, as parted says.
fn by_parted(path: &Path) -> Vec<(u32, u64, u64)> {
    let said = run("parted -sm IMAGE unit B print", path, "");
    let line = |line: &str| {
        let mut fields = line.split(':');
        let number = fields.next()?.parse().ok()?;
        let mut bytes = || fields.next()?.strip_suffix('B')?.parse().ok();
        Some((number, bytes()?, bytes()?))
    };
    said.lines().filter_map(line).collect()
}

fn places(partitions: &Partitions) -> Vec<(u32, u64, u64)> {
    let all = partitions.tables()[0].partitions().iter();
    all.map(|p| (p.number(), p.offset(), p.end() - 1)).collect()
}

fn apple_map_of_parted() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    run(
        "parted -s IMAGE mklabel mac mkpart hfs 1MiB 20MiB mkpart hfs 20MiB 40MiB name 2 One",
        &path,
        "",
    );
    let partitions = read(&path);
    assert_eq!(partitions.tables()[0].scheme(), Scheme::Apple);
    assert_eq!(partitions.tables()[0].problems(), []);
    let mut expected = by_parted(&path);
    // What is free has no number there.
    expected.retain(|(number, ..)| *number <= 3);
    let mut found = places(&partitions);
    found.retain(|(number, ..)| *number <= 3);
    assert_eq!(found, expected);
    assert_eq!(partitions.find("One").unwrap().offset(), MIB);
}

/// On a CD, beside the signature of an MBR.
fn apple_map_of_genisoimage() {
    let folder = Folder::new();
    let tree = folder.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    std::fs::write(tree.join("file"), "on both file systems").unwrap();
    let path = folder.path().join("disk.iso");
    let tree = tree.display();
    run(
        &format!("genisoimage -quiet -hfs -part -o IMAGE {tree}"),
        &path,
        "",
    );
    let partitions = read(&path);
    assert_eq!(partitions.tables().len(), 1);
    let hfs = partitions.find("CDROM").unwrap();
    assert_eq!(hfs.kind().to_string(), "Apple_HFS");
    assert_eq!(hfs.problems(), []);
    // The volume has its signature in its third block.
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes[hfs.offset() as usize + 1024..][..2], *b"BD");
}

/// In sector 0, at byte 64.
fn label_of_parted() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    run(
        "parted -s IMAGE mklabel bsd mkpart ext2 1MiB 20MiB mkpart 20MiB 40MiB",
        &path,
        "",
    );
    let partitions = read(&path);
    assert_eq!(partitions.tables()[0].scheme(), Scheme::Bsd(Bsd::NetBsd));
    assert_eq!(places(&partitions), by_parted(&path));
    assert_eq!(partitions.find("b").unwrap().offset(), 20 * MIB);
}

/// In an MBR's partition of FreeBSD.
fn label_of_fdisk() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    run("fdisk", &path, "o\nn\np\n1\n2048\n\nt\na5\nw\n");
    run("fdisk", &path, "b\ny\nn\na\n4096\n+10M\nn\ne\n40960\n\nw\n");
    let partitions = read(&path);
    let nested = partitions.find("1").unwrap().nested().unwrap();
    assert_eq!(nested.scheme(), Scheme::Bsd(Bsd::FreeBsd));
    assert_eq!(nested.problems(), []);
    assert_eq!(partitions.find("MBR1/a").unwrap().offset(), 4096 * 512);
    let e = partitions.find("e").unwrap();
    assert_eq!((e.offset(), e.end()), (40960 * 512, 64 * MIB));
}
