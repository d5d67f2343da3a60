//! An empty LFS. The one tool that makes them is NetBSD's own newfs_lfs, which other hosts lack.
//!
//! Version 2 with 32-bit addresses, little-endian, in fragments of 1 KiB: one partial segment in
//! segment 0, behind the superblock, holds the root directory, the inode file and both their
//! inodes.

const FRAGMENT: u32 = 1024;
const BLOCK: u32 = 8192;
const FRAGMENTS_A_BLOCK: u32 = BLOCK / FRAGMENT;
/// The size of a segment, in fragments.
const SEGMENT: u32 = 128;
const SEGMENTS: u32 = 160;
/// Superblocks lie at the beginning of each so many segments, up to ten of them.
const BETWEEN_SUPERBLOCKS: u32 = SEGMENTS / SUPERBLOCKS;
const SUPERBLOCKS: u32 = 10;
/// The size of a superblock with its padding, and that of a disk label's, in fragments.
const PADDING: u32 = 8;
/// Segments that the cleaner needs, and that are not counted as free.
const MIN_FREE: u32 = 20;
const RESERVED: u32 = 15;

/// Where the parts of the first partial segment are, in fragments.
const SUMMARY: u32 = 2 * PADDING;
const ROOT: u32 = SUMMARY + 1;
const INODE_FILE: u32 = ROOT + 1;
/// The cleaner's information, the table of segments, the table of inodes.
const INODE_FILE_BLOCKS: u32 = 3;
const INODES: u32 = INODE_FILE + INODE_FILE_BLOCKS * FRAGMENTS_A_BLOCK;
const END: u32 = INODES + 1;

const INODE_FILE_NUMBER: u32 = 1;
const ROOT_NUMBER: u32 = 2;
const FIRST_FREE: u32 = 3;
const INODE_ENTRY: u32 = 20;
const INODE_ENTRIES: u32 = BLOCK / INODE_ENTRY;
const SEGMENT_ENTRY: u32 = 24;
const DIRECTORY: u32 = 512;
const INODE: u32 = 128;

const CLEAN: u32 = SEGMENTS - 1;
const AVAILABLE: u32 =
    CLEAN * SEGMENT - (SUPERBLOCKS - 1) * PADDING + SEGMENT - END - MIN_FREE / 2 * SEGMENT;
const DATA: u32 = (SEGMENTS - MIN_FREE) * SEGMENT - SUPERBLOCKS * PADDING;
const FREE: u32 = DATA - PADDING - (END - SUMMARY);

struct Image(Vec<u8>);

impl Image {
    fn put(&mut self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn word(&mut self, at: u32, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    fn long(&mut self, at: u32, value: u64) {
        self.put(at, &value.to_le_bytes());
    }

    fn short(&mut self, at: u32, value: u16) {
        self.put(at, &value.to_le_bytes());
    }
}

/// An empty LFS, version 2, little-endian.
#[must_use]
pub fn lfs() -> Vec<u8> {
    let mut image = Image(vec![0; (SEGMENTS * SEGMENT * FRAGMENT) as usize]);
    summary(&mut image);
    root(&mut image);
    inode_file(&mut image);
    inode(
        &mut image,
        0,
        (INODE_FILE_NUMBER, 0o100_600, 1, INODE_FILE_BLOCKS * BLOCK),
        &[0, 1, 2].map(|block| INODE_FILE + block * FRAGMENTS_A_BLOCK),
    );
    inode(
        &mut image,
        1,
        (ROOT_NUMBER, 0o040_755, 2, DIRECTORY),
        &[ROOT],
    );
    for number in 0..SUPERBLOCKS {
        superblock(&mut image, superblock_at(number) * FRAGMENT);
    }
    image.0
}

fn superblock_at(number: u32) -> u32 {
    match number {
        0 => PADDING,
        _ => number * BETWEEN_SUPERBLOCKS * SEGMENT,
    }
}

/// The summary of the partial segment, which nothing reads of one that a checkpoint is behind.
fn summary(image: &mut Image) {
    const MAGIC: u32 = 0x06_1561;
    let at = SUMMARY * FRAGMENT;
    image.word(at + 8, MAGIC);
    image.word(at + 12, SEGMENT);
    image.short(at + 22, 2);
    image.long(at + 32, 1);
}

fn root(image: &mut Image) {
    const IS_DIRECTORY: u8 = 4;
    let at = ROOT * FRAGMENT;
    let mut entry = |at: u32, length: u16, name: &[u8]| {
        image.word(at, ROOT_NUMBER);
        image.short(at + 4, length);
        image.put(at + 6, &[IS_DIRECTORY, name.len() as u8]);
        image.put(at + 8, name);
    };
    entry(at, 12, b".");
    entry(at + 12, DIRECTORY as u16 - 12, b"..");
}

fn inode_file(image: &mut Image) {
    const DIRTY: u32 = 2;
    const HAS_SUPERBLOCK: u32 = 4;
    let cleaner = INODE_FILE * FRAGMENT;
    let words = [
        CLEAN,
        SEGMENTS - CLEAN,
        FREE,
        AVAILABLE,
        FIRST_FREE,
        INODE_ENTRIES - 1,
    ];
    for (word, at) in words.into_iter().zip((cleaner..).step_by(4)) {
        image.word(at, word);
    }

    let segments = cleaner + BLOCK;
    for number in 0..SUPERBLOCKS {
        let entry = segments + number * BETWEEN_SUPERBLOCKS * SEGMENT_ENTRY;
        image.word(entry + 12, HAS_SUPERBLOCK);
    }
    image.word(segments, FRAGMENT + INODE_FILE_BLOCKS * BLOCK + 2 * INODE);
    image.short(segments + 8, 1);
    image.short(segments + 10, 1);
    image.word(segments + 12, HAS_SUPERBLOCK | DIRTY);

    let inodes = segments + BLOCK;
    for number in INODE_FILE_NUMBER..INODE_ENTRIES {
        let entry = inodes + number * INODE_ENTRY;
        image.word(entry, 1);
        if number < FIRST_FREE {
            image.word(entry + 4, INODES);
        } else if number + 1 < INODE_ENTRIES {
            image.word(entry + 8, number + 1);
        }
    }
}

/// An inode: its number, mode, links and size, and where its blocks are.
fn inode(
    image: &mut Image,
    place: u32,
    (number, mode, links, size): (u32, u16, u16, u32),
    blocks: &[u32],
) {
    let at = INODES * FRAGMENT + place * INODE;
    image.short(at, mode);
    image.short(at + 2, links);
    image.word(at + 4, number);
    image.long(at + 8, size.into());
    for (block, at) in blocks.iter().zip((at + 40..).step_by(4)) {
        image.word(at, *block);
    }
    image.word(at + 104, size.div_ceil(FRAGMENT));
    image.word(at + 108, 1);
}

fn superblock(image: &mut Image, at: u32) {
    const MAGIC: u32 = 0x07_0162;
    const VERSION: u32 = 2;
    const INDIRECT: u32 = BLOCK / 4;
    const CHECKSUM: u32 = 508;
    let words = [
        (0, MAGIC),
        (4, VERSION),
        (8, SEGMENTS * SEGMENT),
        (12, SEGMENT * FRAGMENT),
        (16, DATA),
        (20, BLOCK),
        (24, FRAGMENT),
        (28, FRAGMENTS_A_BLOCK),
        (32, FIRST_FREE),
        (36, FREE),
        (40, 1),
        (44, AVAILABLE),
        (52, INODES),
        (56, INODE_FILE_NUMBER),
        (60, (SEGMENTS - 1) * SEGMENT),
        (64, SEGMENT),
        (68, 0),
        (72, END),
        (76, SUMMARY),
        (80, 512 / INODE),
        (84, 10),
        (96, SEGMENT),
        (100, FRAGMENT / INODE),
        (104, INODE_ENTRIES),
        (108, BLOCK / SEGMENT_ENTRY),
        (112, INDIRECT),
        (116, SEGMENTS),
        (124, 1),
        (128, 1),
        (140, BLOCK.ilog2()),
        (144, FRAGMENT.ilog2()),
        (148, FRAGMENTS_A_BLOCK.ilog2()),
        (176, (BLOCK / 512).ilog2()),
        (184, 60),
        (228, CLEAN),
        (324, 2),
        (328, MIN_FREE),
        (332, FRAGMENT),
        (344, FRAGMENT),
        (368, 0x5eed),
        (372, (FRAGMENT / 512).ilog2()),
        (376, RESERVED),
    ];
    for (field, value) in words {
        image.word(at + field, value);
    }
    for number in 0..SUPERBLOCKS {
        image.word(at + 188 + 4 * number, superblock_at(number));
    }
    let indirect = u64::from(INDIRECT);
    let blocks = 12 + indirect + indirect.pow(2) + indirect.pow(3);
    image.long(at + 88, blocks * u64::from(BLOCK));
    for (field, size) in [(152, BLOCK), (160, FRAGMENT), (168, FRAGMENTS_A_BLOCK)] {
        image.long(at + field, u64::from(size) - 1);
    }
    // It was unmounted.
    image.short(at + 322, 1);
    image.long(at + 336, 1);
    image.long(at + 352, 1_469_703_600);
    let start = at as usize;
    let sum = image.0[start..start + CHECKSUM as usize]
        .chunks(2)
        .fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]]));
    image.word(at + CHECKSUM, sum.into());
}
