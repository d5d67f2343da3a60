//! ISO 9660: ECMA-119, with Joliet, Rock Ridge (IEEE P1282) and El Torito.

use super::block::{Block, Order};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle};

const SECTOR: u64 = 2048;
/// Where volume descriptors begin, and how many the driver looks at.
const DESCRIPTORS: std::ops::Range<u64> = 16..100;

const BOOT: u8 = 0;
const PRIMARY: u8 = 1;
const SUPPLEMENTARY: u8 = 2;
const END: u8 = 255;

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let mut primary = None;
    let mut joliet = None;
    let mut boots = false;
    for number in DESCRIPTORS {
        let Some(block) = reader.read(number * SECTOR, SECTOR as usize) else {
            break;
        };
        if !block.has(1, b"CD001") {
            break;
        }
        match block.byte(0) {
            BOOT => boots |= block.has(7, b"EL TORITO SPECIFICATION"),
            PRIMARY if primary.is_none() => primary = Some(block),
            SUPPLEMENTARY if joliet.is_none() && is_joliet(&block) => joliet = Some(block),
            END => break,
            _ => {}
        }
    }
    let primary = primary?;
    let block_size = u64::from(primary.le16(128));
    let label = primary.text(40, 32);
    // Joliet's is in both cases, where it fits.
    let joliet_label = joliet
        .as_ref()
        .and_then(|joliet| joliet.utf16(40, 32, Order::Big));
    let mut found = Detected {
        label: joliet_label.or(label),
        id: date(&primary, 830).or_else(|| date(&primary, 813)),
        size: Some(u64::from(primary.le32(80)) * block_size),
        block_size: Some(block_size),
        rank: 90,
        ..Detected::new(Kind::Iso9660)
    };
    let features = [
        (joliet.is_some(), "Joliet"),
        (
            has_rock_ridge(reader, &primary, block_size) == Some(true),
            "Rock Ridge",
        ),
        (boots, "El Torito"),
    ];
    let features = features.into_iter().filter(|(is_there, _)| *is_there);
    found.features.extend(features.map(|(_, name)| name.into()));
    found.obstacles.push(Obstacle::ReadsOnly);
    if !matches!(block_size, 512 | 1024 | 2048) {
        found.obstacles.push(Obstacle::BlockSize {
            found: block_size,
            taken: "512, 1024 or 2048".into(),
        });
    }
    Some(found)
}

/// By the escape sequences of UCS-2 in its three levels.
fn is_joliet(block: &Block) -> bool {
    [b"%/@", b"%/C", b"%/E"]
        .iter()
        .any(|escape| block.has(88, *escape))
}

/// The date in digits, as blkid(8) writes it; none if there is none.
fn date(block: &Block, at: usize) -> Option<String> {
    let digits = block.part(at, 16);
    if digits.len() < 16 || !digits.iter().all(u8::is_ascii_digit) || *digits == [b'0'; 16] {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    let parts = [
        &digits[..4],
        &digits[4..6],
        &digits[6..8],
        &digits[8..10],
        &digits[10..12],
        &digits[12..14],
        &digits[14..],
    ];
    Some(parts.join("-"))
}

/// Returns whether the root directory has entries of Rock Ridge; none if it cannot be read.
fn has_rock_ridge(reader: &Reader, primary: &Block, block_size: u64) -> Option<bool> {
    const ROOT: usize = 156;
    let place = u64::from(primary.le32(ROOT + 2)) * block_size;
    let record = reader.read(place, 255)?;
    let length = usize::from(record.byte(0));
    let name = usize::from(record.byte(32));
    // The system's part is at an even place, and CD-ROM XA has 14 bytes before it.
    let area = record.part(0, length);
    let begin = 33 + name + (name + 1) % 2;
    let begin = [begin, begin + 14]
        .into_iter()
        .find(|begin| record.has(*begin, b"SP\x07\x01\xbe\xef"));
    let mut at = begin?;
    while at + 4 <= area.len() {
        if [&b"RR"[..], b"PX", b"ER", b"CE"].contains(&record.part(at, 2)) {
            return Some(true);
        }
        at += usize::from(record.byte(at + 2)).max(4);
    }
    Some(false)
}
