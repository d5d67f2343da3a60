//! What was written is read again, in files of many sizes, through read-ahead.

use rumpkernel::fs;
use rumpuser_posix::Fault;

use super::format::{
    self, AT, EXT2_1K, EXT2_4K, FAT_LARGE, FAT_SMALL, FFS1, FFS1_OF_FREEBSD, FFS2_LARGE,
    FFS2_OF_FREEBSD, FFS2_SMALL, Format, UDF_512, UDF_2048,
};
use crate::world::{self, Folder};

crate::tests![; drivers:
    a_file_on_fat_is_cut_where_it_cannot_be_read,
    a_file_on_udf_in_many_pieces_grows,
    files_on_ext2_are_read_again,
    files_on_fat_are_read_again,
    files_on_ffs_are_read_again,
    files_on_udf_are_read_again,
    files_on_udf_in_larger_sectors_are_read_again,
];

/// Around a page, a block, and the 64 KiB that read-ahead goes in.
const SIZES: [usize; 14] = [
    1, 4095, 4096, 4097, 16_383, 65_535, 65_536, 65_537, 131_072, 196_609, 262_143, 300_000,
    524_289, 700_000,
];

fn files_are_read_again(formats: &[Format]) {
    let kernel = format::boot(world::booting());
    for format in formats {
        let folder = Folder::new();
        let image = format.make(&folder);
        let volume = format.mount(&kernel, &image);
        let path = format!("{AT}/file");
        for (round, size) in SIZES.into_iter().chain([300_000; 20]).enumerate() {
            let contents: Vec<u8> = (0..size).map(|at| (at / 511 + round) as u8).collect();
            fs::write(&kernel, &path, &contents).unwrap();
            let read = fs::read(&kernel, &path).unwrap();
            assert!(read == contents, "{format:?}, {size} bytes");
        }
        volume.unmount().unwrap();
    }
}

fn files_on_ext2_are_read_again() {
    files_are_read_again(&[EXT2_1K, EXT2_4K]);
}

fn files_on_fat_are_read_again() {
    files_are_read_again(&[FAT_SMALL, FAT_LARGE]);
}

fn files_on_ffs_are_read_again() {
    files_are_read_again(&[
        FFS1,
        FFS2_SMALL,
        FFS2_LARGE,
        FFS1_OF_FREEBSD,
        FFS2_OF_FREEBSD,
    ]);
}

fn files_on_udf_are_read_again() {
    files_are_read_again(&[UDF_512]);
}

fn files_on_udf_in_larger_sectors_are_read_again() {
    files_are_read_again(&[UDF_2048]);
}

fn a_file_on_fat_is_cut_where_it_cannot_be_read() {
    let folder = Folder::new();
    let image = FAT_SMALL.make(&folder);
    let kernel = format::boot(world::booting());
    let volume = FAT_SMALL.mount(&kernel, &image);
    let path = format!("{AT}/file");
    fs::write(&kernel, &path, [7; 30_000]).unwrap();
    volume.unmount().unwrap();
    let volume = FAT_SMALL.mount(&kernel, &image);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&kernel, &path)
        .unwrap();
    // The page with the new end is read, to be zeroed behind it.
    kernel.faults().arm(Fault::Read, 0, u64::MAX);
    let _either = file.set_len(10_001);
    kernel.faults().disarm();
    drop(file);
    let read = fs::read(&kernel, &path).unwrap();
    assert!(read.starts_with(&[7; 10_001]), "{}", read.len());
    volume.unmount().unwrap();
}

fn a_file_on_udf_in_many_pieces_grows() {
    /// A page is written as a whole, and the next one is a hole.
    const PAGE: usize = 4096;
    /// A file's own block describes some forty pieces; the others are described elsewhere.
    const PIECES: usize = 100;
    let folder = Folder::new();
    let image = UDF_512.make(&folder);
    let kernel = format::boot(world::booting());
    let path = format!("{AT}/file");
    let mut expected = Vec::new();
    let volume = UDF_512.mount(&kernel, &image);
    let file = fs::File::create(&kernel, &path).unwrap();
    for piece in 0..PIECES {
        let at = 2 * piece * PAGE;
        expected.resize(at, 0);
        expected.extend([piece as u8; PAGE]);
        file.write_all_at(&expected[at..], at as u64).unwrap();
    }
    drop(file);
    volume.unmount().unwrap();
    for pages in [1, 30] {
        // A hole at the end is a piece more.
        let volume = UDF_512.mount(&kernel, &image);
        expected.resize(expected.len() + pages * PAGE, 0);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(&kernel, &path)
            .unwrap();
        file.set_len(expected.len() as u64).unwrap();
        drop(file);
        volume.unmount().unwrap();
        let volume = UDF_512.mount(&kernel, &image);
        assert!(fs::read(&kernel, &path).unwrap() == expected);
        volume.unmount().unwrap();
    }
}
