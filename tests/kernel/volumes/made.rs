//! Empty file systems that no tool of other hosts makes: v7fs and sysvbfs.

const SECTOR: usize = 512;
const DIRECTORY: u32 = 0o040_755;
const ROOT: u16 = 2;
/// 2016-07-28T11:00:00Z
const TIME: u32 = 1_469_703_600;

/// The directory entries of an empty root directory, in both file systems.
fn root() -> Vec<u8> {
    let entry = |name: &[u8]| {
        let mut entry = ROOT.to_le_bytes().to_vec();
        entry.extend_from_slice(name);
        entry.resize(16, 0);
        entry
    };
    [entry(b"."), entry(b"..")].concat()
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// The file system of the seventh edition of Unix: superblock, 64 sectors of inodes, data.
pub(super) fn v7fs() -> Vec<u8> {
    const SECTORS: u32 = 8000;
    const INODES: usize = 2 * SECTOR;
    const DATA: u16 = 66;
    /// So many free sectors are listed in one place.
    const LISTED: usize = 50;
    let mut image = vec![0; SECTORS as usize * SECTOR];

    // The first inode stands for bad sectors, and the second is the root directory, in the first
    // sector of data.
    let times = words(&[TIME; 3]);
    let mode = |mode: u16, links: u16| halves(&[mode, links, 0, 0]);
    put(&mut image, INODES, &mode(0o100_000, 0));
    put(&mut image, INODES + 64, &mode(DIRECTORY as u16, 2));
    put(&mut image, INODES + 64 + 8, &words(&[32, u32::from(DATA)]));
    put(&mut image, INODES + 64 + 52, &times);
    put(&mut image, usize::from(DATA) * SECTOR, &root());

    // Free sectors: the superblock lists some, and the first of each list holds the next list.
    let mut list = vec![0];
    let mut free = 0;
    for sector in (u32::from(DATA) + 1..SECTORS).rev() {
        if list.len() == LISTED {
            let next = [halves(&[LISTED as u16]), words(&list)].concat();
            put(&mut image, sector as usize * SECTOR, &next);
            list.clear();
        }
        list.push(sector);
        free += 1;
    }
    let listed = list.len() as u16;
    list.resize(LISTED, 0);
    let inodes: Vec<u16> = (3..103).collect();
    let superblock = [
        halves(&[DATA]),
        words(&[SECTORS]),
        halves(&[listed]),
        words(&list),
        halves(&[100]),
        halves(&inodes),
        words(&[0, TIME, free]),
        halves(&[64 * 8 - 2]),
    ];
    put(&mut image, SECTOR, &superblock.concat());
    image
}

/// The boot file system of System V: a superblock, 48 inodes, and the root directory in two
/// sectors.
pub(super) fn sysvbfs() -> Vec<u8> {
    const SECTORS: u32 = 4000;
    const MAGIC: u32 = 0x1bad_face;
    const DATA: u32 = 512 + 48 * 64;
    let mut image = vec![0; SECTORS as usize * SECTOR];
    let nobody = u32::MAX;
    let superblock = [
        MAGIC,
        DATA,
        SECTORS * 512 - 1,
        nobody,
        nobody,
        nobody,
        nobody,
    ];
    put(&mut image, 0, &words(&superblock));
    let first = DATA / 512;
    let root_inode = [
        u32::from(ROOT),
        first,
        first + 1,
        DATA + 32 - 1,
        2,
        DIRECTORY,
        0,
        0,
        2,
        TIME,
        TIME,
        TIME,
    ];
    put(&mut image, SECTOR, &words(&root_inode));
    put(&mut image, DATA as usize, &root());
    image
}
