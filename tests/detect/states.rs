//! Whether file systems were left in order.

use rumpkernel::detect::{Obstacle, State};
use rumpkernel_harness::Outcome;

use crate::host::Made;

pub(crate) fn ext_tells_what_happened() -> Outcome {
    let made = Made::by(&["mke2fs -q -F -t ext3 image"], 16 << 20)?;
    assert_eq!(made.best().state, State::Clean);
    assert_eq!(made.best().was_clean(), Some(true));
    made.run("debugfs -w -R 'feature needs_recovery' image")?;
    let found = made.best();
    assert_eq!(
        (found.state, found.was_clean()),
        (State::NeedsReplay, Some(false))
    );
    let is_journal = |one: &Obstacle| matches!(one, Obstacle::Journal { .. });
    assert!(found.obstacles.iter().any(is_journal), "{found:?}");
    assert!(!found.is_mountable());

    let made = Made::by(&["mke2fs -q -F -t ext2 image"], 4 << 20)?;
    made.run("debugfs -w -R 'set_super_value state 0' image")?;
    let found = made.best();
    assert_eq!(
        (found.state, found.was_clean()),
        (State::Dirty, Some(false))
    );
    assert!(found.is_writable(), "the driver mounts it nevertheless");
    Ok(())
}

pub(crate) fn fat_tells_by_two_bits() -> Outcome {
    // The second entry of the first FAT, of which fsck.fat says so, too.
    for (bits, sectors, entry) in [(16, 4, [0xff, 0x7f]), (32, 32, [0xff, 0xf7])] {
        let command = format!("mkfs.fat -F {bits} -R {sectors} image");
        let made = Made::by(&[&command], 64 << 20)?;
        assert_eq!(made.best().state, State::Clean, "{bits}");
        let place = match bits {
            16 => sectors * 512 + 2,
            _ => sectors * 512 + 6,
        };
        made.patch(place, &entry);
        assert_eq!(made.best().state, State::Dirty, "{bits}");
    }
    // In the boot sector, where Linux writes it.
    let made = Made::by(&["mkfs.fat -F 16 image"], 32 << 20)?;
    made.patch(37, &[1]);
    assert_eq!(made.best().state, State::Dirty);
    let (_, said) = made.try_run("fsck.fat -n image")?;
    assert!(said.to_lowercase().contains("dirty"), "{said}");
    // Nobody tells in FAT12.
    let made = Made::by(&["mkfs.fat -F 12 image"], 2 << 20)?;
    assert_eq!(
        (made.best().state, made.best().was_clean()),
        (State::Unknown, None)
    );
    Ok(())
}

pub(crate) fn ffs_tells_by_a_byte() -> Outcome {
    // Where makefs has the superblock of both versions.
    let place = 8 << 10;
    for version in [1, 2] {
        let command = format!("makefs -t ffs -o version={version} -s 4m image tree");
        let made = Made::by(&[&command], 0)?;
        assert_eq!(made.best().state, State::Clean);
        made.patch(place + 209, &[0]);
        assert_eq!(made.best().state, State::Dirty);
    }
    Ok(())
}

pub(crate) fn a_file_system_that_is_cut_short_says_so() -> Outcome {
    for command in ["makefs -t ffs -s 4m image tree", "mkfs.fat image"] {
        let made = Made::by(&[command], 4 << 20)?;
        assert!(made.best().is_writable(), "{command}");
        let file = std::fs::File::options()
            .write(true)
            .open(made.path())
            .unwrap();
        file.set_len(1 << 20).unwrap();
        let found = made.best();
        let (size, disk) = (4 << 20, 1 << 20);
        assert!(
            found.obstacles.contains(&Obstacle::CutShort { size, disk }),
            "{found:?}"
        );
        assert!(found.is_mountable() && !found.is_writable());
    }
    Ok(())
}
