//! The Berkeley fast file system: ufs/ffs/fs.h of NetBSD, and what FreeBSD has put into it since.

use super::block::{Block, Order};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State, Stops};

/// Where superblocks lie, in the order in which the driver looks.
const PLACES: [u64; 4] = [64 << 10, 8 << 10, 0, 256 << 10];
const LENGTH: usize = 1376;
const MAGIC: usize = 1372;
const UFS1: u32 = 0x0001_1954;
const UFS2: u32 = 0x1954_0119;

/// `FS_FLAGS_UPDATED` of the old flags: the flags have moved.
const FLAGS_MOVED: u8 = 0x80;
const UNCLEAN: u32 = 0x1;
const NEEDS_FSCK: u32 = 0x4;
/// A log in NetBSD, ACLs of NFS 4 in FreeBSD.
const LOG: u32 = 0x100;
/// Quotas in NetBSD, checksums of metadata in FreeBSD.
const QUOTA: u32 = 0x200;

/// Flags that NetBSD's driver of 2016 refuses, with their names in tunefs(8) of FreeBSD.
const UNKNOWN: [(u32, &str); 7] = [
    (UNCLEAN, "unclean"),
    (NEEDS_FSCK, "needs fsck"),
    (0x8, "soft updates journaling"),
    (0x10, "POSIX.1e ACLs"),
    (0x20, "MAC multilabel"),
    (0x40, "gjournal"),
    (0x400, "trim"),
];

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    PLACES.into_iter().find_map(|place| {
        let block = reader.read(place, LENGTH)?;
        let (version, order) = version(&block)?;
        superblock(reader, &block, place, version, order)
    })
}

fn version(block: &Block) -> Option<(u32, Order)> {
    [Order::Little, Order::Big].into_iter().find_map(|order| {
        let magic = block.u32(MAGIC, order);
        (magic == UFS1 || magic == UFS2).then_some((magic, order))
    })
}

fn superblock(
    reader: &Reader,
    block: &Block,
    place: u64,
    version: u32,
    order: Order,
) -> Option<Detected> {
    let number = |at| block.u32(at, order);
    let (block_size, fragment) = (number(48), number(52));
    let moved = block.byte(211) & FLAGS_MOVED != 0;
    // A copy of the superblock, which lies where another would.
    let is_first = match version == UFS2 || moved {
        true => block.u64(1000, order) == place,
        false => place != PLACES[0],
    };
    let is_sane = (1376..=8192).contains(&number(104))
        && (4096..=65536).contains(&block_size)
        && block_size.is_power_of_two()
        && fragment.is_power_of_two()
        && (512..=block_size).contains(&fragment)
        && number(44) != 0;
    let fragments = match version {
        UFS2 => block.u64(1080, order),
        _ => number(36).into(),
    };
    if !is_first || !is_sane || fragments == 0 {
        return None;
    }
    let flags = match version == UFS2 || moved {
        true => number(1312),
        false => block.byte(211).into(),
    };
    let (kind, name) = match version {
        UFS2 => (Kind::Ffs2, block.text(680, 32)),
        _ => (Kind::Ffs1, block.text(680, 32).filter(|_| moved)),
    };
    let id = [number(144), number(148)];
    let size = fragments.saturating_mul(fragment.into());
    let mut found = Detected {
        label: name,
        id: (id != [0, 0]).then(|| format!("{:08x}{:08x}", id[0], id[1])),
        size: Some(size),
        block_size: Some(block_size.into()),
        rank: 80,
        ..Detected::new(kind)
    };
    if order == Order::Big {
        found.features.push("big-endian".into());
    }
    let has_log = flags & LOG != 0 && block.byte(864) == 1;
    features(&mut found, block, flags, has_log, order);
    found.state = match block.byte(209) {
        _ if flags & (UNCLEAN | NEEDS_FSCK) != 0 => State::Dirty,
        clean if clean & 1 != 0 => State::Clean,
        2 if has_log => State::NeedsReplay,
        _ => State::Dirty,
    };
    if size > reader.size() {
        let disk = reader.size();
        found.obstacles.push(Obstacle::CutShort { size, disk });
    }
    Some(found)
}

/// `Q2_HEAD_MAGIC` of ufs/ufs/quota2.h.
const QUOTA_MAGIC: u32 = 0xb746_915e;

fn features(found: &mut Detected, block: &Block, flags: u32, has_log: bool, order: Order) {
    let mut unknown = |name: &str, stops| {
        found.features.push(name.into());
        let name = name.into();
        found.obstacles.push(Obstacle::Feature { name, stops });
    };
    for (flag, name) in UNKNOWN {
        if flags & flag != 0 {
            unknown(name, Stops::Mounting);
        }
    }
    let has_quota = block.u32(904, order) == QUOTA_MAGIC;
    if flags & QUOTA != 0 && !has_quota {
        unknown("metadata check-hash", Stops::Writing);
    }
    let known = [
        (flags & 0x2 != 0, "soft updates"),
        (has_log, "log"),
        (flags & LOG != 0 && !has_log, "NFSv4 ACLs"),
        (flags & QUOTA != 0 && has_quota, "quotas"),
    ];
    let known = known.into_iter().filter(|(is_set, _)| *is_set);
    found.features.extend(known.map(|(_, name)| name.into()));
}
