//! File systems that lie in partitions.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rumpkernel::disk::partition::{Edit, NewPartition, PartitionError, PartitionType};
use rumpkernel::disk::{Access, HostDisk, Partitions, Shared};
use rumpkernel::mount::{Ext2, Ffs, FileSystem, Mount, Msdos, Ntfs};
use rumpkernel::{Errno, Error, Kernel, fs};

use super::{MIB, image, run, shared_images};
use crate::world::{self, Folder};

crate::tests![;
    drivers: file_systems_lie_in_partitions_of_an_mbr,
        file_systems_lie_in_partitions_of_a_gpt;
    campaigns: ntfs_of_windows, ntfs_with_clusters_of_2_mib
];

fn kernel() -> Kernel {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    kernel
}

/// A file system of another program's, in a file: with the file `hello`, but for FAT.
fn made(folder: &Folder, kind: &str) -> PathBuf {
    let tree = folder.path().join("tree");
    std::fs::create_dir_all(&tree).unwrap();
    std::fs::write(tree.join("hello"), kind).unwrap();
    let path = folder.path().join(kind);
    File::create(&path).unwrap().set_len(8 * MIB).unwrap();
    let tree = tree.display();
    match kind {
        "ext2" => run(&format!("mke2fs -q -F -t ext2 -d {tree}"), &path, ""),
        "ffs" => run(&format!("makefs -t ffs -s 8m IMAGE {tree}"), &path, ""),
        _ => run("mkfs.fat", &path, ""),
    };
    path
}

/// Copies a file to a place in another.
fn put(file: &Path, image: &Path, at: u64) {
    let image = File::options().write(true).open(image).unwrap();
    image
        .write_all_at(&std::fs::read(file).unwrap(), at)
        .unwrap();
}

/// Writes in a partition, reads it again, and what was there.
fn use_it(kernel: &Kernel, shared: &Shared, address: &str, kind: &str) {
    for round in 0..2 {
        let part = shared.partition(address, Access::ReadWrite).unwrap();
        let file_system: Box<dyn FileSystem> = match kind {
            "ext2" => Box::new(Ext2::on(part)),
            "ffs" => Box::new(Ffs::on(part)),
            _ => Box::new(Msdos::on(part)),
        };
        let mount = kernel.mount(file_system, "/mnt").unwrap();
        if kind != "fat" {
            let hello = fs::read_to_string(kernel, "/mnt/hello").unwrap();
            assert_eq!(hello, kind, "{address}");
        }
        match round {
            0 => fs::write(kernel, "/mnt/new", [7; 100_000]).unwrap(),
            _ => assert!(fs::read(kernel, "/mnt/new").unwrap() == [7; 100_000]),
        }
        // Nobody else can write it, and the table cannot be written meanwhile.
        let refused = shared.partition(address, Access::ReadOnly).unwrap_err();
        assert!(
            matches!(refused, PartitionError::Overlap { .. }),
            "{refused}"
        );
        mount.unmount().unwrap();
    }
}

fn file_systems_lie_in_partitions_of_an_mbr() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    let script = "label: dos\nstart=2048, size=16384, type=c\nsize=32768, type=a9\ntype=f\n\
        size=16384, type=83\nsize=16384, type=83\n";
    run("sfdisk -q", &path, script);
    let disk = HostDisk::open(&path, Access::ReadWrite).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    let mut label = Edit::create_label(&disk, partitions.find("2").unwrap()).unwrap();
    let ffs = NewPartition::new(PartitionType::BSD_FFS).size(8 * MIB);
    assert_eq!(label.add(ffs.number(5)).unwrap(), 5);
    label.write(&disk).unwrap();

    let places = [("1", "fat"), ("MBR2/e", "ffs"), ("5", "ext2"), ("6", "fat")];
    let partitions = Partitions::read(&disk).unwrap();
    drop(disk);
    for (address, kind) in places {
        let partition = partitions.find(address).unwrap();
        assert_eq!(partition.size(), 8 * MIB);
        put(&made(&folder, kind), &path, partition.offset());
    }
    let kernel = kernel();
    let shared = Shared::new(HostDisk::open(&path, Access::ReadWrite).unwrap());
    for (address, kind) in places {
        use_it(&kernel, &shared, address, kind);
    }
    drop(shared);
    // The table is what it was, and so are file systems to their own checkers.
    let disk = HostDisk::open(&path, Access::ReadOnly).unwrap();
    assert_eq!(Partitions::read(&disk).unwrap(), partitions);
    let at = partitions.find("5").unwrap().offset();
    let mut bytes = vec![0; 8 << 20];
    File::open(&path)
        .unwrap()
        .read_exact_at(&mut bytes, at)
        .unwrap();
    run("e2fsck -f -n", &folder.file("ext2.img", &bytes), "");
}

fn file_systems_lie_in_partitions_of_a_gpt() {
    let folder = Folder::new();
    let path = image(&folder, 64 * MIB);
    run("sgdisk -n 1:0:+8M -t 1:ef00 -c 1:EFI", &path, "");
    run("sgdisk -n 2:0:+8M -t 2:a902 -c 2:netbsd", &path, "");
    run("sgdisk -n 4:0:+8M -t 4:8300 -c 4:linux", &path, "");
    let places = [("EFI", "fat"), ("netbsd", "ffs"), ("GPT4", "ext2")];
    let disk = HostDisk::open(&path, Access::ReadOnly).unwrap();
    let partitions = Partitions::read(&disk).unwrap();
    drop(disk);
    for (address, kind) in places {
        let at = partitions.find(address).unwrap().offset();
        put(&made(&folder, kind), &path, at);
    }
    let kernel = kernel();
    let shared = Shared::new(HostDisk::open(&path, Access::ReadWrite).unwrap());
    for (address, kind) in places {
        use_it(&kernel, &shared, address, kind);
    }
    let said = run("sgdisk -v", &path, "");
    assert!(said.contains("No problems found"), "{said}");
}

/// Unpacks an image of a gigabyte, nearly all zeros, which take no room.
fn unpack(packed: &Path, to: &Path) {
    let mut child = Command::new("gzip")
        .arg("-dc")
        .arg(packed)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let file = File::create(to).unwrap();
    let mut unpacked = child.stdout.take().unwrap();
    let (mut buffer, zeros) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut at = 0;
    loop {
        let count = unpacked.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        if buffer[..count] != zeros[..count] {
            file.write_all_at(&buffer[..count], at).unwrap();
        }
        at += count as u64;
    }
    file.set_len(at).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Unpacks an image of Windows in a folder, and mounts its only partition.
fn mount_ntfs(folder: &Folder, kernel: &Kernel, name: &str) -> Result<Mount, Error> {
    let path = folder.path().join("disk.img");
    unpack(&shared_images().unwrap().join(name), &path);
    let shared = Shared::new(HostDisk::open(&path, Access::ReadOnly).unwrap());
    let partitions = Partitions::read(shared.disk()).unwrap();
    assert_eq!(partitions.iter().count(), 1);
    let partition = partitions.find("1").unwrap();
    assert_eq!(partition.kind(), &PartitionType::MBR_NTFS);
    assert_eq!((partition.offset(), partition.problems()), (65536, &[][..]));
    let part = partition.open(&shared, Access::ReadOnly).unwrap();
    kernel.mount(Ntfs::on(part), "/mnt")
}

fn ntfs_of_windows() {
    let (folder, kernel) = (Folder::new(), kernel());
    let mount = mount_ntfs(&folder, &kernel, "ntfs-si-vs-fn.mbr.gz").unwrap();
    assert!(fs::exists(&kernel, "/mnt/test/test.txt").unwrap());
    mount.unmount().unwrap();
}

/// More than the driver's buffers hold.
fn ntfs_with_clusters_of_2_mib() {
    let (folder, kernel) = (Folder::new(), kernel());
    let refused = mount_ntfs(&folder, &kernel, "ntfs-2m.mbr.gz").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::INVAL), "{refused}");
}
