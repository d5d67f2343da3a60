//! Deleted bytes stay away: files shrink, grow, get holes, and are written to beyond their ends,
//! against a model that says zeros, in the kernel that did it and in what is on the disk.

use rumpkernel::{Errno, Kernel, fs};

use super::format::{
    self, AT, EXT2_1K, EXT2_2K, EXT2_4K, FAT_LARGE, FAT_SMALL, FFS1, FFS2_LARGE, FFS2_SMALL,
    Format, SYSVBFS, UDF_512, UDF_2048, V7FS,
};
use super::random::Random;
use crate::world::{self, Folder};

crate::tests![; drivers:
    ext2_files_are_what_was_written,
    fat_files_are_what_was_written,
    ffs_files_are_what_was_written,
    sysvbfs_files_are_what_was_written,
    udf_files_are_what_was_written,
    udf_files_in_larger_sectors_are_what_was_written,
    v7fs_files_are_what_was_written,
];

const FILES: usize = 3;
const STEPS: u32 = 250;
const LONGEST: u64 = 70_000;

/// The files, as they should be, and what was done to each.
#[derive(Debug, Default)]
struct Model {
    files: [Vec<u8>; FILES],
    history: [Vec<String>; FILES],
}

fn path(file: usize) -> String {
    format!("{AT}/file{file}")
}

impl Model {
    /// Does something to one of the files. A file system may have no room for it.
    fn step(&mut self, kernel: &Kernel, dice: &mut Random) {
        let file = dice.below(FILES as u64) as usize;
        let (contents, history) = (&mut self.files[file], &mut self.history[file]);
        let end = contents.len() as u64;
        // Near the end is where pages and blocks are partly used.
        let place = if dice.below(2) == 0 {
            dice.below(LONGEST)
        } else {
            (end + dice.below(5000)).saturating_sub(2500).min(LONGEST)
        };
        let opened = fs::OpenOptions::new()
            .write(true)
            .open(kernel, path(file))
            .unwrap();
        match dice.below(16) {
            0..=7 => {
                let most = [20, 3000, 20_000][dice.below(3) as usize];
                let bytes = vec![dice.below(255) as u8 + 1; 1 + dice.below(most) as usize];
                if let Err(full) = opened.write_all_at(&bytes, place) {
                    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull, "{full}");
                    return;
                }
                let (from, to) = (place as usize, place as usize + bytes.len());
                contents.resize(contents.len().max(to), 0);
                contents[from..to].copy_from_slice(&bytes);
                history.push(format!("write {from}..{to}"));
            }
            8..=12 => {
                if let Err(full) = opened.set_len(place) {
                    assert_eq!(full.errno(), Some(Errno::NOSPC), "{full}");
                    return;
                }
                contents.resize(place as usize, 0);
                history.push(format!("length {place}"));
            }
            13 => {
                let mut options = fs::OpenOptions::new();
                options
                    .write(true)
                    .truncate(true)
                    .open(kernel, path(file))
                    .unwrap();
                contents.clear();
                history.push("O_TRUNC".into());
            }
            14 => {
                opened.sync_all().unwrap();
                history.push("sync".into());
            }
            _ => {
                drop(opened);
                fs::remove_file(kernel, path(file)).unwrap();
                fs::write(kernel, path(file), "").unwrap();
                contents.clear();
                history.push("made again".into());
            }
        }
        if dice.below(3) == 0 {
            self.check(kernel, file);
        }
    }

    fn check(&self, kernel: &Kernel, file: usize) {
        let (read, expected) = (fs::read(kernel, path(file)).unwrap(), &self.files[file]);
        if read == *expected {
            return;
        }
        let differ = |at: &usize| read.get(*at) != expected.get(*at);
        let first = (0..expected.len().max(read.len())).find(differ).unwrap();
        panic!(
            "file {file} has {} bytes of {}, and {:?} at {first} in place of {:?} after {:?}",
            read.len(),
            expected.len(),
            read.get(first),
            expected.get(first),
            self.history[file]
                .iter()
                .rev()
                .take(6)
                .rev()
                .collect::<Vec<_>>()
        );
    }
}

fn files_are_what_was_written(formats: &[Format]) {
    let kernel = format::boot(world::booting());
    for (number, format) in formats.iter().enumerate() {
        println!("{format:?}");
        let folder = Folder::new();
        let image = format.make(&folder);
        let mut dice = Random::seeded(number as u64 + 1);
        let mut model = Model::default();
        let mut volume = format.mount(&kernel, &image);
        for file in 0..FILES {
            fs::write(&kernel, path(file), "").unwrap();
        }
        for step in 1..=STEPS {
            model.step(&kernel, &mut dice);
            if step % (STEPS / 4) == 0 {
                // Everything is read from the disk now.
                volume.unmount().unwrap();
                volume = format.mount(&kernel, &image);
                (0..FILES).for_each(|file| model.check(&kernel, file));
            }
        }
        volume.unmount().unwrap();
    }
}

fn ext2_files_are_what_was_written() {
    files_are_what_was_written(&[EXT2_1K, EXT2_2K, EXT2_4K]);
}

fn fat_files_are_what_was_written() {
    files_are_what_was_written(&[FAT_SMALL, FAT_LARGE]);
}

fn ffs_files_are_what_was_written() {
    files_are_what_was_written(&[FFS1, FFS2_SMALL, FFS2_LARGE]);
}

fn sysvbfs_files_are_what_was_written() {
    files_are_what_was_written(&[SYSVBFS]);
}

fn udf_files_are_what_was_written() {
    files_are_what_was_written(&[UDF_512]);
}

fn udf_files_in_larger_sectors_are_what_was_written() {
    files_are_what_was_written(&[UDF_2048]);
}

fn v7fs_files_are_what_was_written() {
    files_are_what_was_written(&[V7FS]);
}
