//! FFS as others make it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Errno, fs};
use rumpkernel_examples::FFS2_LE;

use super::boot;
use crate::world::{Folder, numbers};

crate::tests![; drivers:
    what_has_check_hashes_is_only_read,
];

/// FreeBSD keeps checksums in its FFS 2 since 2018, which nobody would write here.
fn what_has_check_hashes_is_only_read() {
    /// Where the superblock has its flags.
    const FLAGS: u64 = 8192 + 1312;
    const CHECK_HASHES: u32 = 0x200;
    let (kernel, folder) = (boot(), Folder::new());
    let image = folder.unpack(FFS2_LE);
    let file = File::options().read(true).write(true).open(&image).unwrap();
    let mut flags = [0; 4];
    file.read_exact_at(&mut flags, FLAGS).unwrap();
    let flags = u32::from_le_bytes(flags) | CHECK_HASHES;
    file.write_all_at(&flags.to_le_bytes(), FLAGS).unwrap();
    drop(file);

    let error = kernel.mount(Ffs::image(&image), "/mnt").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::INVAL), "{error}");
    assert!(error.to_string().contains("read_only"), "{error}");
    let options = MountOptions::new().read_only();
    let mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", options)
        .unwrap();
    let read = fs::read_to_string(&kernel, "/mnt/numbers.txt").unwrap();
    assert_eq!(read, numbers());
    mount.unmount().unwrap();
}
