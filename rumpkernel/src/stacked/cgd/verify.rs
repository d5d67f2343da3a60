//! What shows that a disk was decrypted with the right key.

use rumpkernel_sys as sys;

use super::{Unit, Verification};
use crate::ErrorKind;
use crate::disk::partition::has_disklabel;

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
        Verification::Disklabel => (has_disklabel(&read(0, LABELS)?), "disklabel"),
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
