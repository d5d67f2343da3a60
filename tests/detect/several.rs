//! Disks that are several things at once.

use rumpkernel::detect::{Detection, Kind};
use rumpkernel_harness::Outcome;

use crate::host::Made;

fn kinds(detection: &Detection) -> Vec<Kind> {
    detection.candidates().iter().map(|one| one.kind).collect()
}

/// As isohybrid makes them: the partition is all of the disc.
pub(crate) fn a_hybrid_disc_is_a_disc_first() -> Outcome {
    let made = Made::by(&["genisoimage -quiet -R -o image tree"], 0)?;
    made.patch(
        446,
        &[
            0x80, 0, 1, 0, 0x17, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 2, 0, 0,
        ],
    );
    made.patch(510, &[0x55, 0xaa]);
    assert_eq!(kinds(&made.detect()), [Kind::Iso9660, Kind::Mbr]);
    assert_eq!(made.blkid("PTTYPE")?.as_deref(), Some("dos"));
    Ok(())
}

pub(crate) fn a_bridge_is_read_as_what_can_be_mounted() -> Outcome {
    let made = Made::by(&["genisoimage -quiet -udf -R -o image tree"], 0)?;
    // The disk has blocks of 512 bytes, and the driver of UDF needs those of the file system.
    assert_eq!(kinds(&made.detect()), [Kind::Iso9660, Kind::Udf]);
    let detection = made.detect();
    let udf = detection
        .of_driver("udf")
        .expect("it is among the candidates");
    assert_eq!(udf.version.as_deref(), Some("1.02"));
    Ok(())
}

/// A boot sector of FAT that mke2fs would have wiped, but some programs do not.
pub(crate) fn a_new_file_system_comes_before_a_remnant() -> Outcome {
    let fat = Made::by(&["mkfs.fat image"], 4 << 20)?;
    let boot_sector = std::fs::read(fat.path()).unwrap();
    let made = Made::by(&["mke2fs -q -F -t ext2 image"], 4 << 20)?;
    made.patch(0, &boot_sector[..512]);
    assert_eq!(kinds(&made.detect()), [Kind::Ext2, Kind::Fat12]);
    Ok(())
}

pub(crate) fn partition_tables_are_named() -> Outcome {
    let made = Made::by(
        &["parted -s image mklabel msdos mkpart primary 1MiB 2MiB"],
        8 << 20,
    )?;
    assert_eq!(kinds(&made.detect()), [Kind::Mbr]);
    assert_eq!(made.best().id, made.blkid("PTUUID")?);
    let made = Made::by(&["parted -s image mklabel gpt mkpart a 1MiB 2MiB"], 8 << 20)?;
    assert_eq!(kinds(&made.detect()), [Kind::Gpt, Kind::Mbr]);
    assert_eq!(made.best().id, made.blkid("PTUUID")?);
    let made = Made::by(&["parted -s image mklabel mac"], 8 << 20)?;
    assert_eq!(kinds(&made.detect()), [Kind::ApplePartitionMap]);
    let made = Made::by(&["parted -s image mklabel bsd"], 8 << 20)?;
    assert_eq!(kinds(&made.detect()), [Kind::Disklabel]);
    for kind in kinds(&made.detect()) {
        assert!(kind.is_partition_table() && kind.feature().is_none());
    }
    Ok(())
}
