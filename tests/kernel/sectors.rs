//! Disks with sectors of several sizes in one kernel, many disks, and very large ones.

use std::fs::File;

use rumpkernel::disk::{Access, BlockSize, Disk, HostDisk, MemoryDisk};
use rumpkernel::mount::{Ffs, Nilfs, Udf};
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_sys as sys;
use rumpuser_posix::AttachedDisk;

use crate::formats::{Made, run};
use crate::world::{self, Folder};

crate::tests![
    a_disk_decides_about_its_sectors,
    a_disk_of_impossible_sectors_is_refused,
    an_empty_disk_is_refused,
    twenty_file_systems_are_mounted_together,
    what_is_no_whole_sector_is_not_read;
    drivers:
    nilfs_fills_a_disk_beyond_32_bits,
    udf_volumes_of_several_block_sizes_are_mounted_together,
    udf_that_is_told_a_wrong_block_size_is_an_error;
    loaded:
    there_is_room_for_256_disks,
    a_place_beyond_32_bits_is_read_and_written,
];

/// Registers a disk as a raw device, unless the kernel says why not.
fn register(kernel: &Kernel, node: &str, disk: &AttachedDisk) -> i32 {
    let node = std::ffi::CString::new(node).unwrap();
    let (node, host, size) = (node.as_ptr(), disk.host_path().as_ptr(), disk.size());
    // SAFETY: the strings live as long as the call.
    let code = unsafe {
        kernel.enter(move |k| (k.etfs_register_withsize)(node, host, sys::RUMP_ETFS_CHR, 0, size))
    };
    code.unwrap()
}

fn open(kernel: &Kernel, node: &str) -> fs::File {
    let options = fs::OpenOptions::new().read(true).write(true).clone();
    options.open(kernel, node).unwrap()
}

/// The disk as the raw device /dev/raw.
fn raw(disk: impl Disk + 'static) -> (Kernel, AttachedDisk, fs::File) {
    let kernel = world::boot();
    let disk = kernel.attach_disk(disk).unwrap();
    assert_eq!(register(&kernel, "/dev/raw", &disk), 0);
    let raw = open(&kernel, "/dev/raw");
    (kernel, disk, raw)
}

fn a_disk_decides_about_its_sectors() {
    let kernel = world::boot();
    for (number, size) in [512, 4096, 65_536, 1024, 512].into_iter().enumerate() {
        let disk = BlockSize::new(MemoryDisk::zeroed(1 << 20), size);
        let disk = kernel.attach_disk(disk).unwrap();
        let node = format!("/dev/raw{number}");
        assert_eq!(register(&kernel, &node, &disk), 0);
        let raw = open(&kernel, &node);
        let size = size as usize;
        raw.read_exact_at(&mut vec![0; size], 3 * size as u64)
            .unwrap();
        if size > 512 {
            let half = raw.read_at(&mut vec![0; size / 2], 0).unwrap_err();
            assert_eq!(half.errno(), Some(Errno::INVAL), "{half}");
            let between = raw.read_at(&mut vec![0; size], size as u64 / 2);
            let between = between.unwrap_err();
            assert_eq!(between.errno(), Some(Errno::INVAL), "{between}");
        }
        // The device stays, because the kernel forgets who has it open.
        std::mem::forget(disk);
    }
}

fn a_disk_of_impossible_sectors_is_refused() {
    let kernel = world::boot();
    for size in [0, 1, 256, 513, 1000, 128 << 10, 1 << 31] {
        let disk = BlockSize::new(MemoryDisk::zeroed(1 << 20), size);
        let error = kernel.attach_disk(disk).unwrap_err();
        assert!(error.to_string().contains("attach"), "{error}");
        let ErrorKind::Host(error) = error.kind() else {
            panic!("{error}");
        };
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
}

fn an_empty_disk_is_refused() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let folder = Folder::new();
    let image = folder.file("empty", b"");
    for file_system in [Ffs::image(image), Ffs::on(MemoryDisk::zeroed(0))] {
        let error = kernel.mount(file_system, "/mnt").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::INVAL), "{error}");
    }
}

/// A disk that ends within a sector: with what is left of it nothing can be done.
fn what_is_no_whole_sector_is_not_read() {
    let bytes = vec![7; 5 * 2048 + 512];
    let (_kernel, _disk, raw) = raw(BlockSize::new(MemoryDisk::new(bytes), 2048));
    let mut sector = [0; 2048];
    raw.read_exact_at(&mut sector, 4 * 2048).unwrap();
    assert_eq!(sector, [7; 2048]);
    let error = raw.read_at(&mut sector, 5 * 2048).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
    let error = raw.write_at(&sector, 5 * 2048).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
}

fn there_is_room_for_256_disks() {
    let kernel = world::boot();
    let attach = |number: usize| {
        let size = if number.is_multiple_of(2) { 512 } else { 2048 };
        let disk = MemoryDisk::new(vec![number as u8; size]);
        let disk = kernel.attach_disk(BlockSize::new(disk, size as u32));
        let disk = disk.unwrap();
        let code = register(&kernel, &format!("/dev/raw{number}"), &disk);
        (disk, code)
    };
    let disks: Vec<_> = (0..256).map(attach).collect();
    assert!(disks.iter().all(|(_, code)| *code == 0));
    for number in 0..256_usize {
        let raw = open(&kernel, &format!("/dev/raw{number}"));
        let mut sector = vec![0; if number.is_multiple_of(2) { 512 } else { 2048 }];
        raw.read_exact_at(&mut sector, 0).unwrap();
        assert!(sector.iter().all(|byte| *byte == number as u8), "{number}");
    }
    let (_disk, code) = attach(256);
    assert_eq!(Errno::from_raw(code), Errno::BUSY);
    assert_eq!(kernel.sync().err().map(|error| error.to_string()), None);
}

fn twenty_file_systems_are_mounted_together() {
    let kernel = world::boot();
    let folder = Folder::new();
    let bytes = std::fs::read(folder.unpack(FFS2_LE)).unwrap();
    let mounts: Vec<_> = (0..20)
        .map(|number| {
            let at = format!("/mnt{number}");
            fs::create_dir(&kernel, &at).unwrap();
            let disk = MemoryDisk::new(bytes.clone());
            let mount = kernel.mount(Ffs::on(disk), &at).unwrap();
            fs::write(&kernel, format!("{at}/number"), [number; 3000]).unwrap();
            mount
        })
        .collect();
    for (number, mount) in mounts.into_iter().enumerate() {
        let read = fs::read(&kernel, format!("/mnt{number}/number")).unwrap();
        assert_eq!(read, [number as u8; 3000]);
        mount.unmount().unwrap();
    }
}

/// Of a file without contents, so that the disk is as large as wanted.
fn sparse(folder: &Folder, size: u64) -> std::path::PathBuf {
    let path = folder.path().join("sparse");
    File::create(&path).unwrap().set_len(size).unwrap();
    path
}

fn a_place_beyond_32_bits_is_read_and_written() {
    const SIZE: u64 = (3 << 40) + 512;
    let folder = Folder::new();
    let path = sparse(&folder, SIZE);
    let disk = HostDisk::open(&path, Access::ReadWrite).unwrap();
    let (_kernel, _disk, raw) = raw(disk);
    for place in [(2 << 40) - 512, 2 << 40, (2 << 40) + 512, SIZE - 512] {
        raw.write_all_at(&[9; 512], place).unwrap();
        let mut sector = [0; 512];
        raw.read_exact_at(&mut sector, place).unwrap();
        assert_eq!(sector, [9; 512]);
    }
    // What went elsewhere would be here.
    let mut sector = [1; 512];
    raw.read_exact_at(&mut sector, 0).unwrap();
    assert_eq!(sector, [0; 512]);
    let error = raw.read_at(&mut sector, SIZE + 512).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
}

/// Its second superblock is at the disk's end, which it asks the disk for.
fn nilfs_fills_a_disk_beyond_32_bits() {
    let folder = Folder::new();
    let path = sparse(&folder, 3 << 40);
    run("mkfs.nilfs2 -q IMAGE", &path);
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let whole = kernel.mount(Nilfs::image(&path), "/mnt").unwrap();
    let blocks = fs::usage(&kernel, "/mnt").unwrap();
    assert!(blocks.total > 2 << 40, "{blocks:?}");
    whole.unmount().unwrap();
}

fn udf_volumes_of_several_block_sizes_are_mounted_together() {
    let kernel = world::boot();
    let sizes = [4096, 512, 2048, 1024];
    let made = sizes.map(|size| {
        let make = format!("mkudffs -b {size} --media-type=hd IMAGE");
        (Made::by(&make, 16 << 20), format!("/of{size}"))
    });
    let contents = |at: &str| at.repeat(20_000);
    let mounts = made.each_ref().map(|(made, at)| {
        fs::create_dir(&kernel, at).unwrap();
        let mount = kernel.mount(Udf::image(&made.path), at).unwrap();
        fs::write(&kernel, format!("{at}/file"), contents(at)).unwrap();
        mount
    });
    for mount in mounts {
        mount.unmount().unwrap();
    }
    // The size that was found can be told, too; and a disk is as good as an image.
    for ((made, at), size) in made.iter().zip(sizes) {
        let bytes = MemoryDisk::new(std::fs::read(&made.path).unwrap());
        let mount = kernel.mount(Udf::on(bytes).block_size(size), at).unwrap();
        let read = fs::read(&kernel, format!("{at}/file")).unwrap();
        assert!(read == contents(at).as_bytes(), "{at}");
        mount.unmount().unwrap();
    }
}

fn udf_that_is_told_a_wrong_block_size_is_an_error() {
    let made = Made::by("mkudffs -b 2048 --media-type=hd IMAGE", 8 << 20);
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    for size in [512, 4096, 7] {
        let wrong = Udf::image(&made.path).block_size(size);
        kernel.mount(wrong, "/mnt").unwrap_err();
    }
    let right = kernel.mount(Udf::image(&made.path), "/mnt").unwrap();
    right.unmount().unwrap();
}
