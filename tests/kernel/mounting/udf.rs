//! UDF, and what its files do not say of themselves.

use std::fs::File;
use std::time::Duration;

use rumpkernel::fs;
use rumpkernel::mount::Udf;
use rumpkernel_fuzz::{Format, Image, seal};

use super::boot;
use crate::formats::Made;

crate::tests![; drivers:
    files_without_an_owner_belong_to_whom_the_mount_says,
    times_without_a_time_zone_are_in_that_of_the_mount,
];

/// The tag of a file's entry.
const EXTENDED_FILE_ENTRY: [u8; 2] = 266_u16.to_le_bytes();
const SECTOR: u64 = 512;

/// Where the root directory's entry lies in an image without files.
fn root(made: &Made) -> u64 {
    const FILE_TYPE: u64 = 16 + 11;
    const DIRECTORY: u8 = 4;
    let sectors = std::fs::metadata(&made.path).unwrap().len() / SECTOR;
    let is_root = |&at: &u64| {
        made.bytes(at) == EXTENDED_FILE_ENTRY && made.bytes(at + FILE_TYPE) == [DIRECTORY]
    };
    (0..sectors)
        .map(|sector| sector * SECTOR)
        .find(is_root)
        .unwrap()
}

fn files_without_an_owner_belong_to_whom_the_mount_says() {
    let made = Made::by(
        "mkudffs -b 512 --uid=4294967295 --gid=4294967295 IMAGE",
        8 << 20,
    );
    let kernel = boot();
    let owner = |path: &str| {
        let metadata = fs::metadata(&kernel, path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    let mount = kernel.mount(Udf::image(&made.path), "/mnt").unwrap();
    assert_eq!(owner("/mnt"), (0, 0));
    fs::write(&kernel, "/mnt/of_root", "").unwrap();
    mount.unmount().unwrap();
    let of_others = Udf::image(&made.path).anonymous(12, 34);
    let mount = kernel.mount(of_others, "/mnt").unwrap();
    assert_eq!(owner("/mnt"), (12, 34));
    // The file names its owner, and no group as its directory.
    assert_eq!(owner("/mnt/of_root"), (0, 34));
    fs::write(&kernel, "/mnt/of_others", "").unwrap();
    fs::chown(&kernel, "/mnt/of_others", Some(12), Some(34)).unwrap();
    mount.unmount().unwrap();
    let mount = kernel.mount(Udf::image(&made.path), "/mnt").unwrap();
    assert_eq!(owner("/mnt/of_others"), (12, 34));
    mount.unmount().unwrap();
}

fn times_without_a_time_zone_are_in_that_of_the_mount() {
    /// Where an entry has the time of the last change of its content, whose first word is the kind
    /// of time and the time zone.
    const MODIFIED: u64 = 92;
    const LOCAL_TIME_OF_NO_ZONE: [u8; 2] = [0, 0];
    let made = Made::by("mkudffs -b 512 IMAGE", 8 << 20);
    let at = root(&made);
    let mut image = Image::read(File::open(&made.path).unwrap()).unwrap();
    let place = image.get_mut(at + MODIFIED..at + MODIFIED + 2).unwrap();
    place.copy_from_slice(&LOCAL_TIME_OF_NO_ZONE);
    seal(Format::Udf, &mut image, at);
    image.write(&mut File::create(&made.path).unwrap()).unwrap();
    let kernel = boot();
    let modified = |file_system: Udf| {
        let mount = kernel.mount(file_system, "/mnt").unwrap();
        let time = fs::metadata(&kernel, "/mnt").unwrap().modified().unwrap();
        mount.unmount().unwrap();
        time
    };
    let utc = modified(Udf::image(&made.path));
    let east = modified(Udf::image(&made.path).utc_offset(7200));
    assert_eq!(utc.duration_since(east).unwrap(), Duration::from_secs(7200));
}
