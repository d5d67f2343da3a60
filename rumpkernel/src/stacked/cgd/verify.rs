//! What shows that a disk was decrypted with the right key.

use rumpkernel_sys as sys;

use super::{Unit, Verification};
use crate::ErrorKind;

/// A sector, in bytes.
const SECTOR: usize = 512;

/// Where superblocks of FFS are looked for, in bytes.
const SUPERBLOCKS: [usize; 4] = [65536, 8192, 0, 262_144];
/// Where in a superblock its magic number is.
const FFS_MAGIC: usize = 1372;
/// Those of FFS 1 and 2.
const FFS_MAGICS: [u32; 2] = [0x0001_1954, 0x1954_0119];

/// How far disklabels are looked for, in bytes.
const LABELS: usize = 8192;
const LABEL_MAGIC: u32 = 0x8256_4557;
/// Where in a label its second magic number is, and its number of partitions.
const LABEL_MAGIC_2: usize = 132;
const LABEL_PARTITIONS: usize = 138;
/// A label without partitions, and one of these.
const LABEL_SIZE: usize = 148;
const PARTITION_SIZE: usize = 16;
const MOST_PARTITIONS: usize = 22;

/// Looks for what the verification asks for.
pub(super) fn verify(unit: &Unit, verification: Verification) -> Result<(), ErrorKind> {
    let device = unit.open_block(sys::O_RDONLY)?;
    let read = |offset: usize, length: usize| {
        let mut bytes = vec![0; length];
        let count = device.pread(&mut bytes, offset as i64)?;
        bytes.truncate(count);
        Ok::<_, ErrorKind>(bytes)
    };
    let (found, expected) = match verification {
        Verification::None | Verification::ReEnter => return Ok(()),
        Verification::Disklabel => (has_label(&read(0, LABELS)?), "disklabel"),
        Verification::Ffs => {
            let mut found = false;
            for superblock in SUPERBLOCKS {
                found |= has_ffs_magic(&read(superblock, 3 * SECTOR)?);
            }
            (found, "FFS superblock")
        }
        Verification::Mbr => (has_mbr(&read(0, SECTOR)?), "master boot record"),
        Verification::Gpt => (has_gpt(&read(SECTOR, SECTOR)?), "GPT header"),
    };
    match found {
        true => Ok(()),
        false => Err(ErrorKind::WrongKey { expected }),
    }
}

fn bytes<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// The number in either order of bytes.
fn both_orders(data: &[u8], at: usize) -> Option<[u32; 2]> {
    let number: [u8; 4] = bytes(data, at)?;
    Some([u32::from_le_bytes(number), u32::from_be_bytes(number)])
}

fn has_ffs_magic(superblock: &[u8]) -> bool {
    let numbers = both_orders(superblock, FFS_MAGIC).unwrap_or_default();
    numbers.iter().any(|number| FFS_MAGICS.contains(number))
}

fn has_label(start: &[u8]) -> bool {
    let places = (0..start.len()).step_by(4);
    places
        .into_iter()
        .any(|at| is_label(&start[at..]).is_some())
}

/// Returns something if a label begins here, in either order of bytes, with the right checksum.
fn is_label(label: &[u8]) -> Option<()> {
    let numbers = both_orders(label, 0)?;
    let order = numbers.iter().position(|number| *number == LABEL_MAGIC)?;
    (both_orders(label, LABEL_MAGIC_2)?[order] == LABEL_MAGIC).then_some(())?;
    let count: [u8; 2] = bytes(label, LABEL_PARTITIONS)?;
    let count = match order {
        0 => u16::from_le_bytes(count),
        _ => u16::from_be_bytes(count),
    };
    let count = usize::from(count);
    (count <= MOST_PARTITIONS).then_some(())?;
    let whole = label.get(..LABEL_SIZE + count * PARTITION_SIZE)?;
    let (pairs, _) = whole.as_chunks::<2>();
    let sum = pairs
        .iter()
        .fold([0, 0], |sum, pair| [sum[0] ^ pair[0], sum[1] ^ pair[1]]);
    (sum == [0, 0]).then_some(())
}

/// Besides the signature, which one wrong key in 65536 has by chance, no partition may have another
/// mark than those of active and of others.
fn has_mbr(sector: &[u8]) -> bool {
    let marks = (446..510).step_by(16).map(|at| sector.get(at));
    sector.get(510..) == Some(&[0x55, 0xaa])
        && marks.into_iter().all(|mark| matches!(mark, Some(0 | 0x80)))
}

/// A header of a size that makes sense, and which says that it is where it is.
fn has_gpt(sector: &[u8]) -> bool {
    let size: u32 = bytes(sector, 12).map_or(0, u32::from_le_bytes);
    sector.starts_with(b"EFI PART")
        && (92..=SECTOR as u32).contains(&size)
        && bytes(sector, 24).map(u64::from_le_bytes) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(order: fn(u32) -> [u8; 4], count: [u8; 2]) -> Vec<u8> {
        let mut label = vec![0; 1024];
        label[512..516].copy_from_slice(&order(LABEL_MAGIC));
        label[644..648].copy_from_slice(&order(LABEL_MAGIC));
        label[650..652].copy_from_slice(&count);
        label[600] = 7;
        // The two magic numbers cancel out.
        label[648] = 7 ^ count[0];
        label[649] = count[1];
        label
    }

    #[test]
    fn labels_of_either_order_are_found() {
        assert!(has_label(&label(u32::to_le_bytes, [3, 0])));
        assert!(has_label(&label(u32::to_be_bytes, [0, 3])));
        // In another order than the magic number these are more partitions than there can be.
        assert!(!has_label(&label(u32::to_le_bytes, [0, 3])));
        let mut bad = label(u32::to_le_bytes, [3, 0]);
        bad[520] = 1;
        assert!(!has_label(&bad));
        for length in 0..700 {
            assert!(!has_label(&label(u32::to_le_bytes, [3, 0])[..length]));
        }
    }

    #[test]
    fn boot_records_are_found() {
        let mut sector = [0; 512];
        assert!(!has_mbr(&sector));
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        assert!(has_mbr(&sector));
        sector[462] = 1;
        assert!(!has_mbr(&sector));
        assert!(!has_mbr(&sector[..100]));
        let mut sector = *b"EFI PART\0\0\x01\0\x5c\0\0\0 crc....\x01\0\0\0\0\0\0\0";
        assert!(has_gpt(&sector));
        sector[24] = 2;
        assert!(!has_gpt(&sector));
    }
}
