//! Disks in another form: virtual machines' and compressed ones.

use super::reader::Reader;
use super::{Detected, Kind, Obstacle};

/// The magic number of a container format.
const BEGINNINGS: [(&[u8], Kind); 10] = [
    (b"QFI\xfb", Kind::Qcow2),
    (b"KDMV", Kind::Vmdk),
    (b"COWD", Kind::Vmdk),
    (b"# Disk DescriptorFile", Kind::Vmdk),
    (b"vhdxfile", Kind::Vhdx),
    (b"conectix", Kind::Vhd),
    (b"\x1f\x8b\x08", Kind::Gzip),
    (b"BZh", Kind::Bzip2),
    (b"\xfd7zXZ\0", Kind::Xz),
    (b"\x28\xb5\x2f\xfd", Kind::Zstd),
];

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let kind = BEGINNINGS.iter().find_map(|(beginning, kind)| {
        let block = reader.read(0, beginning.len())?;
        block.has(0, beginning).then_some(*kind)
    });
    let kind = kind.or_else(|| vdi(reader)).or_else(|| vhd(reader))?;
    let mut found = Detected {
        rank: 86,
        ..Detected::new(kind)
    };
    if let (Kind::Qcow2, Some(block)) = (kind, reader.read(0, 32)) {
        found.version = Some(block.be32(4).to_string());
        found.size = Some(block.be64(24));
    }
    Some(found.stopped_by(Obstacle::Container(kind)))
}

fn vdi(reader: &Reader) -> Option<Kind> {
    let block = reader.read(64, 4)?;
    (block.le32(0) == 0xbeda_107f).then_some(Kind::Vdi)
}

/// The footer, which is all that a VHD of fixed size has.
fn vhd(reader: &Reader) -> Option<Kind> {
    let block = reader.read(reader.size().checked_sub(512)?, 512)?;
    block.has(0, b"conectix").then_some(Kind::Vhd)
}
