//! Times that a format cannot hold: an error, and never another time.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rumpkernel::mount::Mount;
use rumpkernel::{Errno, Kernel, fs};
use rumpkernel_examples::{FFS1_LE, FFS2_LE};
use rumpkernel_fuzz::{Access, Format, Image};

use super::{Made, run};
use crate::world::{self, Folder};

crate::tests! {
    ;
    loaded:
    ext2_holds_1901_to_2038,
    fat_holds_1980_to_2107,
    ffs_1_holds_1901_to_2038,
    ffs_2_holds_all,
    sysvbfs_holds_1901_to_2038,
    udf_holds_1970_to_9999,
    v7fs_holds_1901_to_2038,
}

const YEAR: i64 = 31_556_952;
const OF_32_BITS: [i64; 6] = [i32::MIN as i64, -2, 0, 1, 1_469_703_600, i32::MAX as i64];
const OUTSIDE_32_BITS: [i64; 4] = [i32::MIN as i64 - 1, 1 << 31, 1 << 32, 8000 * YEAR];

fn time(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

/// A kernel with the image of a format.
fn mounted(format: Format, image: &Path) -> (Kernel, Mount) {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = format.mount(&kernel, image, "/mnt", Access::Write).unwrap();
    (kernel, mount)
}

/// Gives files the times that fit, and one those that do not; mounts again, and compares. A
/// format may round down to a multiple of some seconds.
fn holds(format: Format, image: &Path, inside: &[i64], outside: &[i64], granularity: i64) {
    let name = |number: usize| format!("/mnt/time{number}");
    let (kernel, mount) = mounted(format, image);
    let set = |path: &str, seconds: i64| {
        let times = fs::FileTimes::new().set_modified(time(seconds));
        fs::OpenOptions::new()
            .write(true)
            .open(&kernel, path)
            .unwrap()
            .set_times(times)
    };
    for (number, &seconds) in inside.iter().enumerate() {
        fs::write(&kernel, name(number), "").unwrap();
        set(&name(number), seconds).unwrap();
    }
    fs::write(&kernel, "/mnt/other", "").unwrap();
    set("/mnt/other", inside[inside.len() - 2]).unwrap();
    for &seconds in outside.iter().chain(&[-1]) {
        let error = set("/mnt/other", seconds).unwrap_err();
        assert_eq!(
            error.errno(),
            Some(Errno::INVAL),
            "{format}: {seconds}: {error}"
        );
    }
    mount.unmount().unwrap();
    kernel.shutdown().unwrap();

    let (kernel, mount) = mounted(format, image);
    let modified = |path: &str| seconds(fs::metadata(&kernel, path).unwrap().modified().unwrap());
    for (number, &seconds) in inside.iter().enumerate() {
        let expected = seconds - seconds.rem_euclid(granularity);
        assert_eq!(modified(&name(number)), expected, "{format}: {seconds}");
    }
    let kept = inside[inside.len() - 2];
    assert_eq!(modified("/mnt/other"), kept - kept.rem_euclid(granularity));
    mount.unmount().unwrap();
    kernel.shutdown().unwrap();
}

fn ext2_holds_1901_to_2038() {
    let made = Made::by("mke2fs -q -F -t ext2 -I 128 IMAGE", 8 << 20);
    holds(Format::Ext2, &made.path, &OF_32_BITS, &OUTSIDE_32_BITS, 1);
    run("e2fsck -fn IMAGE", &made.path);
    // The number that others find in the image: as debugfs shows it, in hexadecimal.
    let folder = Folder::new();
    let commands = folder.file("commands", b"stat /time0\n");
    let said = run(
        &format!("debugfs -f {} IMAGE", commands.display()),
        &made.path,
    );
    assert!(said.contains("mtime: 0x80000000"), "{said}");
}

fn fat_holds_1980_to_2107() {
    let made = Made::by("mkfs.fat -F 16 IMAGE", 16 << 20);
    let inside = [315_532_800, 1_469_703_600, 1_469_703_601, 4_354_819_199];
    let outside = [
        0,
        1,
        315_532_799,
        4_354_819_200,
        1 << 40,
        -2,
        i64::from(i32::MIN),
    ];
    holds(Format::Fat16, &made.path, &inside, &outside, 2);
    run("fsck.fat -n IMAGE", &made.path);
    let said = run("mdir -i IMAGE ::/", &made.path);
    for date in ["1980-01-01   0:00", "2107-12-31  23:59"] {
        assert!(said.contains(date), "{said}");
    }
}

fn ffs_1_holds_1901_to_2038() {
    let folder = Folder::new();
    let image = folder.unpack(FFS1_LE);
    holds(Format::Ffs1Le, &image, &OF_32_BITS, &OUTSIDE_32_BITS, 1);
}

fn ffs_2_holds_all() {
    let folder = Folder::new();
    let image = folder.unpack(FFS2_LE);
    let inside = [
        OF_32_BITS,
        [1 << 31, 1 << 32, 8000 * YEAR, -2000 * YEAR, 5, 6],
    ]
    .concat();
    holds(Format::Ffs2Le, &image, &inside, &[], 1);
}

/// An image that this project makes.
fn handmade(format: Format, folder: &Folder) -> std::path::PathBuf {
    let path = folder.path().join("image");
    let image: Image = rumpkernel_fuzz::sample(format).unwrap();
    image
        .write(&mut std::fs::File::create(&path).unwrap())
        .unwrap();
    path
}

fn sysvbfs_holds_1901_to_2038() {
    let folder = Folder::new();
    let image = handmade(Format::Sysvbfs, &folder);
    // It has room for few files.
    holds(
        Format::Sysvbfs,
        &image,
        &OF_32_BITS[..3],
        &OUTSIDE_32_BITS,
        1,
    );
}

fn udf_holds_1970_to_9999() {
    let made = Made::by("mkudffs -b 512 IMAGE", 8 << 20);
    let inside = [0, 1, 1 << 31, 1 << 32, 1_469_703_600, 253_402_300_799];
    let outside = [-2, 253_402_300_800, 1 << 40, i64::from(i32::MIN)];
    holds(Format::Udf, &made.path, &inside, &outside, 1);
}

fn v7fs_holds_1901_to_2038() {
    let folder = Folder::new();
    let image = handmade(Format::V7fs, &folder);
    holds(Format::V7fs, &image, &OF_32_BITS, &OUTSIDE_32_BITS, 1);
}
