//! Nothing of the program's memory gets into an image: neither what nobody has initialized, nor
//! addresses.
//!
//! Memory that kernels get and give back is filled with a pattern, and so is the stack that they
//! are called on. After random operations neither the pattern nor an address of the process is in
//! the image.

use std::mem::MaybeUninit;
use std::ops::Range;

use rumpkernel::mount::MountOptions;
use rumpkernel::{Error, Kernel, fs};

use super::format::{
    self, AT, EXT2_1K, EXT2_4K, FAT_SMALL, FFS1, FFS2_LARGE, FFS2_SMALL, Format, LFS, SYSVBFS,
    UDF_512, UDF_2048, V7FS,
};
use super::random::Random;
use crate::world::{self, Folder};

crate::tests![; drivers:
    nothing_leaks_to_ext2,
    nothing_leaks_to_fat,
    nothing_leaks_to_ffs,
    nothing_leaks_to_lfs,
    nothing_leaks_to_the_log_of_ffs,
    nothing_leaks_to_sysvbfs,
    nothing_leaks_to_udf,
    nothing_leaks_to_udf_in_larger_sectors,
    nothing_leaks_to_v7fs,
];

/// No byte of a name or of a file's contents.
const FILL: u8 = 0xa5;
/// More in a row is no chance.
const RUN: usize = 4;
const STEPS: u32 = 200;
/// How deep the stack is filled below a call.
const STACK: usize = 24 << 10;

/// Leaves the pattern on the stack that the next call uses.
#[inline(never)]
fn fill_stack() {
    let mut frame = MaybeUninit::<[u8; STACK]>::uninit();
    // SAFETY: the frame has that length.
    unsafe { frame.as_mut_ptr().cast::<u8>().write_bytes(FILL, STACK) };
    std::hint::black_box(&mut frame);
}

/// What was made, in directories that stay.
struct Tree<'a> {
    kernel: &'a Kernel,
    dice: Random,
    longest_name: u64,
    files: Vec<String>,
    directories: Vec<String>,
}

impl Tree<'_> {
    fn any(&mut self) -> Option<usize> {
        let count = self.files.len() as u64;
        (count > 0).then(|| self.dice.below(count) as usize)
    }

    /// A new path. Names of every length, and often the longest.
    fn path(&mut self) -> String {
        let dice = &mut self.dice;
        let length = match dice.below(3) {
            0 => self.longest_name,
            1 => 1 + dice.below(12),
            _ => 1 + dice.below(self.longest_name),
        };
        let name: String = (0..length)
            .map(|_| char::from(b'a' + dice.below(26) as u8))
            .collect();
        let directory = dice.below(self.directories.len() as u64) as usize;
        format!("{}/{name}", self.directories[directory])
    }

    /// Does one thing of many; file systems refuse some of them.
    fn step(&mut self) -> Result<(), Error> {
        let (kernel, path) = (self.kernel, self.path());
        let (kind, length) = (self.dice.below(9), self.dice.below(40_000));
        let any = self.any();
        fill_stack();
        match (kind, any) {
            (0 | 1, _) => {
                fs::write(kernel, &path, vec![b'a'; length as usize])?;
                self.files.push(path);
            }
            (2, _) => {
                fs::create_dir(kernel, &path)?;
                self.directories.push(path);
            }
            (3, _) => {
                fs::symlink(kernel, "t".repeat(1 + length as usize % 900), &path)?;
                self.files.push(path);
            }
            (4, Some(file)) => {
                fs::hard_link(kernel, &self.files[file], &path)?;
                self.files.push(path);
            }
            (5, Some(file)) => {
                fs::rename(kernel, &self.files[file], &path)?;
                self.files[file] = path;
            }
            (6, Some(file)) => fs::remove_file(kernel, self.files.swap_remove(file))?,
            (7, Some(file)) => {
                let file = fs::OpenOptions::new()
                    .write(true)
                    .open(kernel, &self.files[file])?;
                // There may be no room.
                let _written = file.write_at(&[b'b'; 3000], 4 * length);
            }
            (8, Some(file)) => {
                let file = fs::OpenOptions::new()
                    .write(true)
                    .open(kernel, &self.files[file])?;
                file.set_len(length)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The mappings of this process, in the order of their addresses.
fn mappings() -> Vec<Range<usize>> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = |line: &str| {
        let (start, end) = line.split_once(' ')?.0.split_once('-')?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        Some(number(start)?..number(end)?)
    };
    maps.lines().filter_map(range).collect()
}

/// What is in an image that was not, and is of the program's memory.
fn leak(before: &[u8], after: &[u8], mappings: &[Range<usize>]) -> Option<String> {
    const SECTOR: usize = 512;
    const WORD: usize = size_of::<usize>();
    let is_mapped = |address: usize| {
        let begun = mappings.partition_point(|mapping| mapping.start <= address);
        mappings[..begun]
            .last()
            .is_some_and(|mapping| mapping.contains(&address))
    };
    let is_leak = |at: usize| {
        let Some(word) = after[at..].first_chunk::<WORD>() else {
            return false;
        };
        let address = usize::from_ne_bytes(*word);
        // What fits into 32 bits is an address by chance.
        let is_address = u32::try_from(address).is_err() && is_mapped(address);
        (word[..RUN] == [FILL; RUN] || is_address) && before.get(at..at + WORD) != Some(word)
    };
    let changed = (0..after.len()).step_by(SECTOR).filter(|&sector| {
        let end = (sector + SECTOR).min(after.len());
        before.get(sector..end) != Some(&after[sector..end])
    });
    let mut leaks = changed
        .flat_map(|sector| sector..sector + SECTOR)
        .filter(|&at| at < after.len() && is_leak(at));
    let at = leaks.next()?;
    let near = &after[at.saturating_sub(16)..(at + 32).min(after.len())];
    let more = leaks.count();
    Some(format!("at {at:#x} in {near:02x?}, and {more} more"))
}

fn nothing_leaks(formats: &[Format], longest_name: u64, options: MountOptions) {
    let kernel = format::boot(world::booting().fill_memory(FILL));
    for format in formats {
        let folder = Folder::new();
        let image = format.make(&folder);
        let before = std::fs::read(&image).unwrap();
        let volume = format.mount_with(&kernel, &image, options);
        let mut tree = Tree {
            kernel: &kernel,
            dice: Random::seeded(5),
            longest_name,
            files: Vec::new(),
            directories: vec![AT.to_owned()],
        };
        let made = (0..STEPS).filter(|_| tree.step().is_ok()).count();
        assert!(
            made > STEPS as usize / 3,
            "{format:?}: {made} of {STEPS} were done"
        );
        let mappings = mappings();
        volume.unmount().unwrap();
        let leak = leak(&before, &std::fs::read(&image).unwrap(), &mappings);
        assert_eq!(leak, None, "{format:?}");
    }
}

fn nothing_leaks_to_ext2() {
    nothing_leaks(&[EXT2_1K, EXT2_4K], 255, MountOptions::new());
}

fn nothing_leaks_to_fat() {
    nothing_leaks(&[FAT_SMALL], 255, MountOptions::new());
}

fn nothing_leaks_to_ffs() {
    nothing_leaks(&[FFS1, FFS2_SMALL], 255, MountOptions::new());
}

fn nothing_leaks_to_lfs() {
    nothing_leaks(&[LFS], 255, MountOptions::new());
}

fn nothing_leaks_to_the_log_of_ffs() {
    nothing_leaks(&[FFS2_LARGE], 255, MountOptions::new().log());
}

fn nothing_leaks_to_sysvbfs() {
    nothing_leaks(&[SYSVBFS], 14, MountOptions::new());
}

fn nothing_leaks_to_udf() {
    nothing_leaks(&[UDF_512], 254, MountOptions::new());
}

fn nothing_leaks_to_udf_in_larger_sectors() {
    nothing_leaks(&[UDF_2048], 254, MountOptions::new());
}

fn nothing_leaks_to_v7fs() {
    nothing_leaks(&[V7FS], 14, MountOptions::new());
}
