//! Formats without a tool that makes them here: images that our own tests make.

use std::fs::File;

use rumpkernel::detect::{Detected, Kind, State};
use rumpkernel::mount::ByteOrder;
use rumpkernel_fuzz::{Format, sample, v7fs};

use crate::host::Made;

fn of(format: Format) -> Detected {
    let made = Made::of(&[]);
    let image = sample(format).unwrap();
    image
        .write(&mut File::create(made.path()).unwrap())
        .unwrap();
    made.best()
}

pub(crate) fn every_version_and_order_of_ffs_is_known() {
    for (format, kind, is_big) in [
        (Format::Ffs1Le, Kind::Ffs1, false),
        (Format::Ffs1Be, Kind::Ffs1, true),
        (Format::Ffs2Le, Kind::Ffs2, false),
        (Format::Ffs2Be, Kind::Ffs2, true),
    ] {
        let found = of(format);
        assert_eq!(
            (found.kind, found.state),
            (kind, State::Clean),
            "{format:?}"
        );
        let features = found.features.iter().any(|name| name == "big-endian");
        assert_eq!(features, is_big, "{format:?}");
        assert!(found.is_writable(), "{found:?}");
    }
}

pub(crate) fn every_order_of_v7_is_known() {
    for (order, name) in [
        (ByteOrder::Little, "little-endian"),
        (ByteOrder::Big, "big-endian"),
        (ByteOrder::Pdp, "PDP-endian"),
    ] {
        let image = v7fs(order);
        let found = Made::of(&image).best();
        assert_eq!(found.kind, Kind::V7, "{order:?}");
        assert_eq!(found.features, [name]);
        assert!(found.size.is_some_and(|size| size <= image.len() as u64));
        assert!(found.is_writable());
    }
}

pub(crate) fn system_v_and_irix_are_known() {
    let found = of(Format::Sysvbfs);
    assert_eq!(found.kind, Kind::SysvBfs);
    assert!(found.is_writable(), "{found:?}");
    let found = of(Format::Efs);
    assert_eq!((found.kind, found.state), (Kind::Efs, State::Clean));
    assert!(found.is_mountable() && !found.is_writable(), "{found:?}");
}
