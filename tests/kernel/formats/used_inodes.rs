//! Bitmaps that call inodes free which are in use: files are not created in those.

use rumpkernel::mount::Ffs;
use rumpkernel::{Errno, Kernel, fs};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_fuzz::{Access, Format};

use super::Made;
use crate::world::{self, Folder};

crate::tests![; drivers:
    ffs_creates_files_in_free_inodes_only;
    loaded: ext2_creates_files_in_free_inodes_only,
];

/// Creates a file in a folder, as often as it takes. Returns how often that was EIO.
fn create(kernel: &Kernel) -> usize {
    const MOST: usize = 40;
    for refused in 0..MOST {
        match fs::write(kernel, "/mnt/new", "new") {
            Ok(()) => return refused,
            Err(error) => assert_eq!(error.errno(), Some(Errno::IO), "{error:#}"),
        }
    }
    panic!("nothing could be created in {MOST} attempts");
}

fn ext2_creates_files_in_free_inodes_only() {
    const BLOCK: u64 = 1024;
    const FIRST_DESCRIPTOR: u64 = 2 * BLOCK;
    const ROOT: u32 = 2;
    /// The first that is not reserved is lost+found, the next the first file.
    const FILE: u32 = 12;
    let made = Made::by("mke2fs -q -F -t ext2 -b 1024 IMAGE", 4 << 20);
    let mounted = made.mount(Format::Ext2, Access::Write).unwrap();
    fs::write(&mounted.kernel, "/mnt/kept", "kept").unwrap();
    mounted.leave();

    let bitmap = u32::from_le_bytes(made.bytes(FIRST_DESCRIPTOR + 4));
    let bitmap = u64::from(bitmap) * BLOCK;
    let mut bits = u32::from_le_bytes(made.bytes(bitmap));
    for inode in [ROOT, FILE] {
        assert_ne!(bits & 1 << (inode - 1), 0, "inode {inode} is in use");
        bits &= !(1 << (inode - 1));
    }
    made.patch(bitmap, &bits.to_le_bytes());

    let mounted = made.mount(Format::Ext2, Access::Write).unwrap();
    let kernel = &mounted.kernel;
    assert_eq!(create(kernel), 2);
    assert_eq!(fs::read(kernel, "/mnt/kept").unwrap(), b"kept");
    assert_eq!(fs::read(kernel, "/mnt/new").unwrap(), b"new");
    mounted.leave();
}

fn ffs_creates_files_in_free_inodes_only() {
    const CG_MAGIC: [u8; 4] = 0x0009_0255_u32.to_le_bytes();
    const MAGIC_AT: usize = 4;
    /// Where `struct cg` has the offset of the map of inodes.
    const USED_INODES: usize = 92;
    /// Inodes 0 and 1 are never used.
    const ALL_FREE: u8 = 0b11;
    let folder = Folder::new();
    let path = folder.unpack(FFS2_LE);
    let mut bytes = std::fs::read(&path).unwrap();
    let group = (0..bytes.len() - MAGIC_AT - 4)
        .step_by(512)
        .find(|&at| bytes[at + MAGIC_AT..].starts_with(&CG_MAGIC))
        .unwrap();
    let offset = bytes[group + USED_INODES..].first_chunk().unwrap();
    let map = group + u32::from_le_bytes(*offset) as usize;
    assert_eq!(bytes[map], 0xff, "eight inodes are in use");
    bytes[map] = ALL_FREE;
    std::fs::write(&path, bytes).unwrap();

    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Ffs::image(&path), "/mnt").unwrap();
    assert_eq!(create(&kernel), 6);
    assert_eq!(fs::read(&kernel, "/mnt/new").unwrap(), b"new");
    assert!(fs::exists(&kernel, "/mnt/hello.txt").unwrap());
    mount.unmount().unwrap();
    kernel.shutdown().unwrap();
}
