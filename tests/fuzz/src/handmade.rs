//! Small images of formats that no ordinary tool makes: a root directory, and where it is easy a
//! file in it.

use rumpkernel::mount::ByteOrder;

/// The size of a block in all of them.
const BLOCK: usize = 512;
const DIRECTORY: u16 = 0o040_755;
const FILE: u16 = 0o100_644;
const CONTENT: &[u8] = b"hello, world\n";

/// System V's boot file system: a superblock, eight inodes, and files of consecutive blocks.
pub(crate) fn sysvbfs() -> Vec<u8> {
    let mut image = vec![0; 256 * BLOCK];
    let end = image.len() as u32 - 1;
    put(&mut image, 0, &words(&[0x1bad_face, 2 * BLOCK as u32, end]));
    put(&mut image, 12, &[0xff; 16]);
    // Number, blocks, the last byte, and the attributes: type, mode, owner, group, links, times.
    let mut inode = |slot: usize, number: u16, block: u32, length: usize, kind: u32, mode: u16| {
        let last = block * BLOCK as u32 + length as u32 - 1;
        let fields = [
            u32::from(number),
            block,
            block,
            last,
            kind,
            mode.into(),
            0,
            0,
            1,
            9,
            9,
            9,
        ];
        put(&mut image, BLOCK + slot * 64, &words(&fields));
    };
    inode(0, 2, 2, 3 * 16, 2, DIRECTORY);
    inode(1, 3, 3, CONTENT.len(), 1, FILE);
    put(
        &mut image,
        2 * BLOCK,
        &entries(&[(2, "."), (2, ".."), (3, "hello.txt")]),
    );
    put(&mut image, 3 * BLOCK, CONTENT);
    image
}

/// The seventh edition's: a superblock with the free list, inodes from block 2 on, and files of
/// numbered blocks. In the root directory is hello.txt.
#[must_use]
pub fn v7fs(order: ByteOrder) -> Vec<u8> {
    const BLOCKS: usize = 256;
    const INODES: usize = 8;
    const FIRST: usize = 2 + INODES * 64 / BLOCK * 4;
    let mut image = vec![0; BLOCKS * BLOCK];
    let halves = |numbers: &[u16]| -> Vec<u8> {
        let bytes = |number: &u16| match order {
            ByteOrder::Little | ByteOrder::Pdp => number.to_le_bytes(),
            ByteOrder::Big => number.to_be_bytes(),
        };
        numbers.iter().flat_map(bytes).collect()
    };
    let words = |numbers: &[u32]| -> Vec<u8> {
        let bytes = |number: &u32| match order {
            ByteOrder::Little => number.to_le_bytes(),
            ByteOrder::Big => number.to_be_bytes(),
            ByteOrder::Pdp => number.rotate_left(16).to_le_bytes(),
        };
        numbers.iter().flat_map(bytes).collect()
    };
    put(&mut image, BLOCK, &halves(&[FIRST as u16]));
    put(&mut image, BLOCK + 2, &words(&[BLOCKS as u32]));
    // Free blocks, the last of which to be taken says that the list ends with it.
    let free: Vec<u32> = (FIRST as u32 + 2..FIRST as u32 + 40).collect();
    put(&mut image, BLOCK + 6, &halves(&[free.len() as u16 + 1]));
    put(&mut image, BLOCK + 8 + 4, &words(&free));
    let inodes: Vec<u16> = (4..4 * INODES as u16).collect();
    put(&mut image, BLOCK + 208, &halves(&[inodes.len() as u16]));
    put(&mut image, BLOCK + 210, &halves(&inodes));
    put(&mut image, BLOCK + 418, &words(&[free.len() as u32]));
    put(&mut image, BLOCK + 422, &halves(&[inodes.len() as u16]));
    let mut inode = |number: usize, mode: u16, links: u16, length: usize, block: usize| {
        let at = 2 * BLOCK + (number - 1) * 64;
        put(&mut image, at, &halves(&[mode, links, 0, 0]));
        put(&mut image, at + 8, &words(&[length as u32]));
        // Numbers of blocks are of three bytes.
        let block = block as u8;
        let block = match order {
            ByteOrder::Little => [block, 0, 0],
            ByteOrder::Big => [0, 0, block],
            ByteOrder::Pdp => [0, block, 0],
        };
        put(&mut image, at + 12, &block);
        put(&mut image, at + 52, &words(&[9, 9, 9]));
    };
    inode(2, DIRECTORY, 2, 3 * 16, FIRST);
    inode(3, FILE, 1, CONTENT.len(), FIRST + 1);
    for (slot, (number, name)) in [(2, "."), (2, ".."), (3, "hello.txt")]
        .into_iter()
        .enumerate()
    {
        let at = FIRST * BLOCK + slot * 16;
        put(&mut image, at, &halves(&[number]));
        put(&mut image, at + 2, name.as_bytes());
    }
    put(&mut image, (FIRST + 1) * BLOCK, CONTENT);
    image
}

/// SGI's EFS: a superblock in block 1, a bitmap, and one cylinder group that begins with inodes.
pub(crate) fn efs() -> Vec<u8> {
    const BLOCKS: usize = 256;
    const GROUP: usize = 4;
    const INODE_BLOCKS: usize = 4;
    const ROOT: usize = GROUP + INODE_BLOCKS;
    let mut image = vec![0; BLOCKS * BLOCK];
    for (at, width, value) in [
        (0, 4, BLOCKS),
        (4, 4, GROUP),
        (8, 4, BLOCKS - GROUP),
        (12, 2, INODE_BLOCKS),
        (14, 2, 32),
        (16, 2, 1),
        (18, 2, 1),
        (28, 4, 0x0007_2959),
        (44, 4, BLOCKS / 8),
        (52, 4, 13),
    ] {
        put_big(&mut image, BLOCK + at, width, value);
    }
    // Mode, links, length, and one extent: a block, of which there is one, at offset 0.
    for (number, mode, links, length, block) in [
        (2, DIRECTORY, 2, BLOCK, ROOT),
        (3, FILE, 1, CONTENT.len(), ROOT + 1),
    ] {
        let at = GROUP * BLOCK + number * 128;
        put_big(&mut image, at, 2, mode.into());
        put_big(&mut image, at + 2, 2, links);
        put_big(&mut image, at + 8, 4, length);
        put_big(&mut image, at + 28, 2, 1);
        put_big(&mut image, at + 32, 4, block);
        put_big(&mut image, at + 36, 4, 1 << 24);
    }
    // A block of a directory: entries from its end on, and their places in units of two bytes.
    let root = ROOT * BLOCK;
    let mut at = BLOCK;
    for (slot, (number, name)) in [(2, "."), (2, ".."), (3, "hello.txt")]
        .into_iter()
        .enumerate()
    {
        at -= (5 + name.len()).next_multiple_of(2);
        put_big(&mut image, root + at, 4, number);
        put(&mut image, root + at + 4, &[name.len() as u8]);
        put(&mut image, root + at + 5, name.as_bytes());
        put(&mut image, root + 4 + slot, &[(at / 2) as u8]);
        put(
            &mut image,
            root,
            &[0xbe, 0xef, (at / 2) as u8, slot as u8 + 1],
        );
    }
    put(&mut image, root + BLOCK, CONTENT);
    image
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put_big(image: &mut [u8], at: usize, width: usize, value: usize) {
    put(image, at, &(value as u64).to_be_bytes()[8 - width..]);
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// Entries of a directory that are an inode's number and a name of 14 bytes.
fn entries(names: &[(u16, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, name) in names {
        bytes.extend(number.to_le_bytes());
        bytes.extend(name.bytes().chain(std::iter::repeat(0)).take(14));
    }
    bytes
}
