//! Formats that the host can make.

use rumpkernel::detect::{Kind, Obstacle, Stops};
use rumpkernel_harness::{Missing, Outcome, all_but};

use crate::host::Made;

/// A format, how it is made, the size of its image in MiB, and what blkid(8) calls it.
type Sample = (Kind, &'static [&'static str], u64, &'static str);

pub(crate) const MOUNTABLE: [Sample; 15] = [
    (
        Kind::Ext2,
        &["mke2fs -q -F -t ext2 -L label image"],
        4,
        "ext2",
    ),
    (
        Kind::Ext3,
        &["mke2fs -q -F -t ext3 -b 4096 -L 'a label of 16' image"],
        16,
        "ext3",
    ),
    (
        Kind::Ext4,
        &["mke2fs -q -F -t ext4 -L label image"],
        16,
        "ext4",
    ),
    (Kind::Fat12, &["mkfs.fat -F 12 -n LABEL image"], 2, "vfat"),
    (
        Kind::Fat16,
        &["mkfs.fat -F 16 -n 'A LABEL' image"],
        32,
        "vfat",
    ),
    (
        Kind::Fat32,
        &["mkfs.fat -F 32 -n LABEL -i 1234abcd image"],
        64,
        "vfat",
    ),
    (
        Kind::Ntfs,
        &["mkntfs -q -F -Q -L 'größe' image"],
        16,
        "ntfs",
    ),
    (
        Kind::Iso9660,
        &["genisoimage -quiet -R -J -V 'a_label' -o image tree"],
        0,
        "iso9660",
    ),
    (
        Kind::Iso9660,
        &["genisoimage -quiet -V PLAIN -o image tree"],
        0,
        "iso9660",
    ),
    (
        Kind::Udf,
        &["mkudffs -b 512 --media-type=hd -l 'größe' image"],
        16,
        "udf",
    ),
    (
        Kind::Udf,
        &["mkudffs -b 512 --media-type=hd -r 1.50 -l label image"],
        16,
        "udf",
    ),
    (
        Kind::Nilfs2,
        &["mkfs.nilfs2 -q -L label image"],
        140,
        "nilfs2",
    ),
    (
        Kind::Ffs1,
        &["makefs -t ffs -o version=1 -s 4m image tree"],
        0,
        "ufs",
    ),
    (
        Kind::Ffs2,
        &["makefs -t ffs -B be -o version=2 -s 4m image tree"],
        0,
        "ufs",
    ),
    (
        Kind::SysvBfs,
        &["mkfs.bfs -V vol -F fsname image"],
        1,
        "bfs",
    ),
];

/// Those that no driver here mounts.
const FOREIGN: [Sample; 7] = [
    (Kind::ExFat, &["mkfs.exfat -L label image"], 16, "exfat"),
    (Kind::Xfs, &["mkfs.xfs -q -L label image"], 320, "xfs"),
    (Kind::Btrfs, &["mkfs.btrfs -q -L label image"], 128, "btrfs"),
    (Kind::F2fs, &["mkfs.f2fs -q -l label image"], 64, "f2fs"),
    (
        Kind::Squashfs,
        &["mksquashfs tree image -quiet -noappend"],
        0,
        "squashfs",
    ),
    (Kind::Swap, &["mkswap -L label image"], 1, "swap"),
    (Kind::Hfs, &["hformat -l label image"], 4, "hfs"),
];

/// Compares kind, label and identifier with blkid's.
fn agree((kind, commands, size, name): Sample) -> Outcome {
    let made = Made::by(commands, size << 20)?;
    let found = made.best();
    assert_eq!(found.kind, kind, "{commands:?}");
    assert_eq!(made.blkid("TYPE")?.as_deref(), Some(name), "{found:?}");
    // blkid reads neither of System V's names, nor what Squashfs lacks.
    if kind != Kind::SysvBfs {
        assert_eq!(found.label, made.blkid("LABEL")?, "{found:?}");
        assert_eq!(found.id, made.blkid("UUID")?, "{found:?}");
    }
    let length = std::fs::metadata(made.path()).unwrap().len();
    let size = found.size.expect("all of these tell their size");
    assert!(
        (1..=length).contains(&size),
        "{size} of {length}: {found:?}"
    );
    if !matches!(kind, Kind::Iso9660 | Kind::Udf | Kind::Squashfs) {
        let block = found.block_size.expect("these have blocks");
        assert!(
            length - size < block.max(4096),
            "{size} of {length}: {found:?}"
        );
    }
    if let (Kind::Udf | Kind::Squashfs | Kind::F2fs, version) = (kind, &found.version) {
        assert_eq!(*version, made.blkid("VERSION")?, "{found:?}");
    }
    Ok(())
}

fn tried(samples: &[Sample]) -> Vec<Missing> {
    let outcomes = samples.iter().map(|sample| agree(*sample));
    outcomes.filter_map(Result::err).collect()
}

pub(crate) fn blkid_says_the_same() -> Outcome {
    all_but(tried(&MOUNTABLE))
}

pub(crate) fn what_has_no_driver_is_named() -> Outcome {
    let missing = tried(&FOREIGN);
    let made = Made::by(&["mkswap image"], 1 << 20)?;
    let found = made.best();
    assert_eq!(found.obstacles, [Obstacle::Container(Kind::Swap)]);
    assert!(!found.is_mountable() && !found.is_writable());
    // What qemu-img makes, blkid does not know.
    for (format, kind) in [
        ("qcow2", Kind::Qcow2),
        ("vmdk", Kind::Vmdk),
        ("vdi", Kind::Vdi),
        ("vpc", Kind::Vhd),
        ("vhdx", Kind::Vhdx),
    ] {
        let made = Made::of(&[]);
        made.run(&format!("qemu-img create -q -f {format} image 10M"))?;
        let found = made.best();
        assert_eq!(found.kind, kind, "{format}");
        assert!(
            found
                .obstacles
                .iter()
                .all(|one| one.stops() == Stops::Mounting)
        );
    }
    for (command, kind) in [
        ("gzip tree/file", Kind::Gzip),
        ("bzip2 tree/file", Kind::Bzip2),
        ("xz tree/file", Kind::Xz),
    ] {
        let made = Made::by(&[command], 0)?;
        let folder = made.path().parent().unwrap().join("tree");
        let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
        let detection = crate::host::detect(&file.path());
        assert_eq!(detection.best().map(|best| best.kind), Some(kind));
    }
    all_but(missing)
}
