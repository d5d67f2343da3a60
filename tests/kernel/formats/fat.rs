//! FAT, whose numbers are believed when they fit together.

use rumpkernel::{Errno, fs};
use rumpkernel_fuzz::{Access, Format};

use super::{Made, run};

crate::tests! {
    ;
    loaded:
    fsinfo_is_right_after_unmounting,
    sectors_can_be_as_large_as_mkfs_makes_them,
    numbers_that_contradict_each_other_are_refused,
    a_circular_directory_is_an_error,
}

const FORMATS: [(Format, &str, u64); 3] = [
    (Format::Fat12, "mkfs.fat -F 12 IMAGE", 1440 << 10),
    (Format::Fat16, "mkfs.fat -F 16 IMAGE", 16 << 20),
    (Format::Fat32, "mkfs.fat -F 32 IMAGE", 40 << 20),
];

/// fsck.fat has nothing to say but how full it is.
fn is_consistent(made: &Made) {
    let said = run("fsck.fat -n IMAGE", &made.path);
    assert_eq!(said.lines().count(), 2, "{said}");
}

fn fsinfo_is_right_after_unmounting() {
    for (format, command, length) in FORMATS {
        let made = Made::by(command, length);
        if format == Format::Fat32 {
            // Nobody knows how many clusters are free, nor where one is.
            made.patch(512 + 488, &[0xff; 8]);
        }
        let mounted = made.mount(format, Access::Write).unwrap();
        for number in 0..20 {
            let path = format!("/mnt/file number {number}");
            fs::write(&mounted.kernel, &path, vec![number; 20_000]).unwrap();
        }
        for number in (0..20).step_by(2) {
            fs::remove_file(&mounted.kernel, format!("/mnt/file number {number}")).unwrap();
        }
        mounted.leave();
        is_consistent(&made);
    }
}

fn sectors_can_be_as_large_as_mkfs_makes_them() {
    for sector in [512, 1024, 2048, 4096, 8192, 16384, 32768] {
        let made = Made::by(
            &format!("mkfs.fat -F 12 -S {sector} -s 1 IMAGE"),
            1000 * sector,
        );
        let mounted = made.mount(Format::Fat12, Access::Write).unwrap();
        let content: Vec<u8> = (0..200_000_u32).map(|byte| (byte % 251) as u8).collect();
        fs::write(&mounted.kernel, "/mnt/file", &content).unwrap();
        mounted.leave();
        is_consistent(&made);
        let mounted = made.mount(Format::Fat12, Access::Read).unwrap();
        assert!(fs::read(&mounted.kernel, "/mnt/file").unwrap() == content);
        mounted.leave();
    }
}

fn numbers_that_contradict_each_other_are_refused() {
    let patches: [(usize, u64, &[u8]); 11] = [
        // Sectors of 32 KiB, of 256 bytes.
        (0, 11, &[0, 0x80]),
        (0, 11, &[0, 1]),
        // No FAT, and more of them than there is room for.
        (0, 16, &[0]),
        (2, 16, &[255]),
        // No reserved sector, and more than there are.
        (0, 14, &[0, 0]),
        (0, 14, &[255, 255]),
        // FATs that are too small, and larger than all.
        (1, 22, &[1, 0]),
        (1, 22, &[255, 255]),
        (2, 36, &[255, 255, 255, 255]),
        // More sectors than the FAT has entries for.
        (2, 32, &[255, 255, 255, 255]),
        // A root directory beyond the last cluster.
        (2, 44, &[255, 255, 255, 15]),
    ];
    for (which, at, bytes) in patches {
        let (format, command, length) = FORMATS[which];
        let made = Made::by(command, length);
        made.patch(at, bytes);
        for access in [Access::Read, Access::Write] {
            let refused = made.refused(format, access);
            assert_eq!(refused, Some(Errno::INVAL), "{format}: {bytes:?} at {at}");
        }
    }
}

fn a_circular_directory_is_an_error() {
    let (format, command, length) = FORMATS[2];
    let made = Made::by(command, length);
    let mut reserved = [0; 2];
    let image = std::fs::File::open(&made.path).unwrap();
    std::os::unix::fs::FileExt::read_exact_at(&image, &mut reserved, 14).unwrap();
    // The entry of the root directory's cluster names that cluster.
    let entry = u64::from(u16::from_le_bytes(reserved)) * 512 + 2 * 4;
    made.patch(entry, &2_u32.to_le_bytes());
    let kernel = crate::world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mounted = format.mount(&kernel, &made.path, "/mnt", Access::Read);
    let error = mounted
        .and_then(|_mount| fs::read_dir(&kernel, "/mnt").map(|_| ()))
        .unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
    assert!(kernel.is_alive());
}
