//! NILFS 2, which the kernel reads.

use std::os::unix::fs::FileExt as _;

use rumpkernel::{Errno, fs};
use rumpkernel_fuzz::{Access, Format};

use super::Made;

crate::tests! {; drivers:
    a_files_blocks_are_found,
    it_is_not_mounted_for_writing;
    loaded:
    an_image_is_mounted_and_listed,
    the_spare_superblock_is_used,
}

/// Where the first superblock lies.
const SUPERBLOCK: u64 = 1024;
const BLOCK: u64 = 4096;

fn made() -> Made {
    Made::by("mkfs.nilfs2 -q IMAGE", 160 << 20)
}

fn an_image_is_mounted_and_listed() {
    for command in ["mkfs.nilfs2 -q IMAGE", "mkfs.nilfs2 -q -b 1024 IMAGE"] {
        let mounted = Made::by(command, 160 << 20)
            .mount(Format::Nilfs, Access::Read)
            .unwrap();
        // All that mkfs puts there.
        assert_eq!(mounted.names("/mnt"), [".nilfs"]);
        let usage = fs::usage(&mounted.kernel, "/mnt").unwrap();
        assert!(usage.read_only, "{usage:?}");
        assert!((100 << 20..160 << 20).contains(&usage.total), "{usage:?}");
        assert!((100 << 20..usage.total).contains(&usage.free), "{usage:?}");
        let error = fs::write(&mounted.kernel, "/mnt/new", "").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ROFS));
        mounted.leave();
    }
}

/// Nothing but a host's kernel fills an image. So the one file gets the root directory's block,
/// whose content is known.
fn a_files_blocks_are_found() {
    const INODE: u64 = 128;
    const SIZE: usize = 8;
    const MODE: usize = 48;
    const MAP: usize = 56;
    let made = made();
    let image = std::fs::File::open(&made.path).unwrap();
    let inode = |block: u64, number: u64| {
        let mut inode = [0_u8; INODE as usize];
        image
            .read_exact_at(&mut inode, block * BLOCK + number * INODE)
            .unwrap();
        inode
    };
    // The block of inodes is known by its modes: a directory's in place 2, a file's in place 11.
    let inodes = (0..64)
        .find(|&block| {
            inode(block, 2)[MODE..][..2] == 0o040_755_u16.to_le_bytes()
                && inode(block, 11)[MODE..][..2] == 0o100_644_u16.to_le_bytes()
        })
        .unwrap();
    let root = inode(inodes, 2);
    let mut file = inode(inodes, 11);
    file[SIZE..][..8].copy_from_slice(&BLOCK.to_le_bytes());
    file[MAP..][..16].copy_from_slice(&root[MAP..][..16]);
    made.patch(inodes * BLOCK + 11 * INODE, &file);
    let mounted = made.mount(Format::Nilfs, Access::Read).unwrap();
    let content = fs::read(&mounted.kernel, "/mnt/.nilfs").unwrap();
    assert_eq!(content.len() as u64, BLOCK);
    assert_eq!(content[..8], 2_u64.to_le_bytes(), "the number of `.`");
    assert!(content.windows(6).any(|name| name == b".nilfs"));
    mounted.leave();
}

fn the_spare_superblock_is_used() {
    let made = made();
    made.patch(SUPERBLOCK + 16, &[0; 4]);
    let mounted = made.mount(Format::Nilfs, Access::Read).unwrap();
    assert_eq!(mounted.names("/mnt"), [".nilfs"]);
    mounted.leave();
    // The spare one lies in the last whole block.
    made.patch((160 << 20) - BLOCK, &[0; 1024]);
    assert_eq!(
        made.refused(Format::Nilfs, Access::Read),
        Some(Errno::INVAL)
    );
}

fn it_is_not_mounted_for_writing() {
    assert_eq!(
        made().refused(Format::Nilfs, Access::Write),
        Some(Errno::ROFS)
    );
}
