//! What is in an image of what its format offers, and what that means for mounting.

use std::collections::BTreeSet;

use rumpkernel::detect::{Kind, Obstacle, Stops};
use rumpkernel_harness::Outcome;

use crate::host::Made;

/// Options of mke2fs, with the features that stop something.
const EXT: [(&str, &[(&str, Stops)]); 12] = [
    ("-t ext2", &[]),
    ("-t ext3", &[]),
    ("-t ext2 -r 0", &[]),
    ("-t ext2 -O ^sparse_super,^filetype,^resize_inode", &[]),
    (
        "-t ext2 -O 64bit,extent",
        &[("64bit", Stops::Mounting), ("extent", Stops::SomeFiles)],
    ),
    ("-t ext2 -O flex_bg", &[("flex_bg", Stops::Mounting)]),
    (
        "-t ext2 -O meta_bg,^resize_inode",
        &[("meta_bg", Stops::Mounting)],
    ),
    ("-t ext2 -O mmp", &[("mmp", Stops::Mounting)]),
    (
        "-t ext2 -O dir_nlink,huge_file",
        &[("dir_nlink", Stops::Writing)],
    ),
    ("-t ext2 -O uninit_bg", &[("uninit_bg", Stops::Writing)]),
    (
        "-t ext2 -O metadata_csum",
        &[("metadata_csum", Stops::Writing)],
    ),
    (
        "-t ext4 -O inline_data,quota,project,^64bit,^flex_bg,^extent,^dir_nlink,^extra_isize,^metadata_csum",
        &[
            ("inline_data", Stops::Mounting),
            ("quota", Stops::Writing),
            ("project", Stops::Writing),
        ],
    ),
];

pub(crate) fn ext_has_those_that_dumpe2fs_names() -> Outcome {
    for (options, _) in EXT.into_iter().chain([("-t ext4", &[][..])]) {
        let made = Made::by(&[&format!("mke2fs -q -F {options} image")], 32 << 20)?;
        let said = made.run("dumpe2fs -h image")?;
        let line = said
            .lines()
            .find_map(|line| line.strip_prefix("Filesystem features:"));
        let named: BTreeSet<&str> = line.unwrap().split_whitespace().collect();
        let named: BTreeSet<&str> = named.into_iter().filter(|name| *name != "(none)").collect();
        let found = made.best();
        let features: BTreeSet<&str> = found.features.iter().map(String::as_str).collect();
        assert_eq!(features, named, "{options}");
    }
    Ok(())
}

pub(crate) fn each_obstacle_of_ext_is_named() -> Outcome {
    for (options, expected) in EXT {
        let made = Made::by(&[&format!("mke2fs -q -F {options} image")], 32 << 20)?;
        let found = made.best();
        let features = found
            .obstacles
            .iter()
            .filter_map(|obstacle| match obstacle {
                Obstacle::Feature { name, stops } => Some((name.as_str(), *stops)),
                _ => None,
            });
        let features: BTreeSet<_> = features.map(|(name, stops)| (name, stops as u8)).collect();
        let expected_set = expected
            .iter()
            .map(|(name, stops)| (*name, *stops as u8))
            .collect();
        assert_eq!(features, expected_set, "{options}: {found:?}");
        let stops = |what| expected.iter().any(|(_, stops)| *stops == what);
        let has_extents = options.contains("extent") && !options.contains("^extent");
        assert_eq!(
            found.obstacles.contains(&Obstacle::RootExtents),
            has_extents,
            "{options}"
        );
        assert_eq!(found.is_mountable(), !stops(Stops::Mounting), "{options}");
        assert_eq!(
            found.is_writable(),
            !stops(Stops::Mounting) && !stops(Stops::Writing),
            "{options}"
        );
    }
    Ok(())
}

pub(crate) fn discs_have_their_extensions() -> Outcome {
    for (options, features) in [
        ("", &[][..]),
        ("-R", &["Rock Ridge"]),
        ("-J", &["Joliet"]),
        ("-R -J", &["Joliet", "Rock Ridge"]),
        (
            "-r -b file -no-emul-boot -boot-load-size 4 -c catalog",
            &["Rock Ridge", "El Torito"],
        ),
    ] {
        let command = format!("genisoimage -quiet {options} -o image tree");
        let found = Made::by(&[&command], 0)?.best();
        assert_eq!(found.features, features, "{options}");
        assert_eq!(found.obstacles, [Obstacle::ReadsOnly]);
        assert!(found.is_mountable() && !found.is_writable());
    }
    Ok(())
}

pub(crate) fn clusters_that_the_driver_does_not_take_are_named() -> Outcome {
    let made = Made::by(&["mkntfs -q -F -Q -c 131072 image"], 32 << 20)?;
    let found = made.best();
    assert_eq!((found.kind, found.block_size), (Kind::Ntfs, Some(131_072)));
    assert!(!found.is_mountable(), "{found:?}");
    for (size, is_taken) in [(512, true), (2048, false)] {
        let command = format!("mkudffs -b {size} --media-type=hd image");
        let found = Made::by(&[&command], 32 << 20)?.best();
        assert_eq!((found.kind, found.block_size), (Kind::Udf, Some(size)));
        assert_eq!(found.is_mountable(), is_taken, "{found:?}");
    }
    Ok(())
}
