//! UDF: ECMA-167 and OSTA's specification.

use super::block::{Block, text};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

/// Sizes of a sector, in bytes. Those of 2048 come first, as on discs.
const SECTORS: [u64; 5] = [2048, 512, 1024, 4096, 8192];
/// How many descriptors of a sequence are looked at.
const DESCRIPTORS_MAX: u64 = 64;
/// How many descriptors of a volume recognition sequence.
const RECOGNITION_MAX: u64 = 64;

const PRIMARY: u16 = 1;
const ANCHOR: u16 = 2;
const PARTITION: u16 = 5;
const LOGICAL: u16 = 6;
const TERMINATING: u16 = 8;
const INTEGRITY: u16 = 9;

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    if !is_recognised(reader) {
        return None;
    }
    // Beside the place that every disc has, an anchor can be at the end.
    SECTORS.into_iter().find_map(|sector| {
        let last = (reader.size() / sector).checked_sub(1)?;
        let places = [256, last, last.saturating_sub(256)];
        let mut anchors = places.into_iter();
        anchors
            .find_map(|place| volume(reader, sector, &descriptor(reader, sector, place, ANCHOR)?))
    })
}

/// Looks for NSR02 or NSR03 among what tells the formats on a disc.
fn is_recognised(reader: &Reader) -> bool {
    const BEGIN: u64 = 32 << 10;
    [2048, 4096, 8192].into_iter().any(|step| {
        (0..RECOGNITION_MAX)
            .map_while(|number| reader.read(BEGIN + number * step, 6))
            .take_while(|block| block.has(1, b"CD001") || block.part(1, 5).iter().all(u8::is_ascii))
            .take_while(|block| block.byte(1) != 0)
            .any(|block| block.has(1, b"NSR02") || block.has(1, b"NSR03"))
    })
}

/// Reads a descriptor, if its tag is that of such a one in this place.
fn descriptor(reader: &Reader, sector: u64, place: u64, kind: u16) -> Option<Block> {
    let block = tagged(reader, sector, place)?;
    (block.le16(0) == kind).then_some(block)
}

fn tagged(reader: &Reader, sector: u64, place: u64) -> Option<Block> {
    let block = reader.read(place.checked_mul(sector)?, 512)?;
    let tag = block.part(0, 16).iter().enumerate();
    let sum = tag
        .filter(|(at, _)| *at != 4)
        .fold(0_u8, |sum, (_, byte)| sum.wrapping_add(*byte));
    let is_here = u64::from(block.le32(12)) == place;
    (is_here && sum == block.byte(4) && block.le16(0) != 0).then_some(block)
}

/// What the sequences of descriptors say that an anchor leads to.
fn volume(reader: &Reader, sector: u64, anchor: &Block) -> Option<Detected> {
    [16, 24].into_iter().find_map(|extent| {
        let (length, place) = (anchor.le32(extent), anchor.le32(extent + 4));
        sequence(reader, sector, place.into(), u64::from(length) / sector)
    })
}

fn sequence(reader: &Reader, sector: u64, place: u64, count: u64) -> Option<Detected> {
    let mut found = Detected {
        rank: 88,
        ..Detected::new(Kind::Udf)
    };
    let mut logical = None;
    let mut end = 0;
    for number in 0..count.min(DESCRIPTORS_MAX) {
        let Some(block) = tagged(reader, sector, place + number) else {
            break;
        };
        match block.le16(0) {
            PRIMARY => found.id = dstring(block.part(72, 128)).map(|set| volume_id(&set)),
            PARTITION => {
                let (start, length) = (u64::from(block.le32(188)), u64::from(block.le32(192)));
                end = end.max(start + length);
            }
            LOGICAL => logical = Some(block),
            TERMINATING => break,
            _ => {}
        }
    }
    let logical = logical?;
    let block_size = u64::from(logical.le32(212));
    found.label = dstring(logical.part(84, 128));
    // In hexadecimal digits that read as decimal ones.
    let revision = logical.le16(240);
    found.version = Some(format!("{:x}.{:02x}", revision >> 8, revision & 0xff));
    found.block_size = Some(block_size);
    found.size = Some(end * sector);
    found.state = state(reader, sector, &logical);
    let taken = reader.disk_block();
    if block_size != taken.into() {
        let taken = format!("{taken}, the disk's");
        let found_size = block_size;
        found.obstacles.push(Obstacle::BlockSize {
            found: found_size,
            taken,
        });
    }
    Some(found)
}

/// Returns whether the last integrity descriptor is closed.
fn state(reader: &Reader, sector: u64, logical: &Block) -> State {
    const NEXT_MAX: u32 = 64;
    let mut state = State::Unknown;
    let (mut length, mut place) = (logical.le32(432), logical.le32(436));
    let mut seen = 0;
    // They are a list of extents, each of which may lead to the next.
    'extents: while length != 0 && seen < NEXT_MAX {
        let count = (u64::from(length) / sector).clamp(1, NEXT_MAX.into());
        for number in 0..count {
            seen += 1;
            let at = u64::from(place) + number;
            let Some(block) = descriptor(reader, sector, at, INTEGRITY) else {
                break 'extents;
            };
            state = match block.le32(28) {
                1 => State::Clean,
                _ => State::Dirty,
            };
            if block.le32(32) != 0 {
                (length, place) = (block.le32(32), block.le32(36));
                continue 'extents;
            }
        }
        break;
    }
    state
}

/// A string whose last byte tells its length, and the first how many bits a character has.
fn dstring(field: &[u8]) -> Option<String> {
    let (&length, field) = field.split_last()?;
    let (&bits, field) = field.get(..usize::from(length))?.split_first()?;
    match bits {
        8 | 254 => {
            let latin: String = field.iter().map(|byte| char::from(*byte)).collect();
            text(latin.as_bytes())
        }
        16 | 255 => {
            let length = field.len();
            Block::new(field.to_vec()).utf16(0, length, super::block::Order::Big)
        }
        _ => None,
    }
}

/// The part of a volume set's identifier that is unique, which has 16 characters.
fn volume_id(set: &str) -> String {
    set.chars().take(16).collect::<String>().to_lowercase()
}
