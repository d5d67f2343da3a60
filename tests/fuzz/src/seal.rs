//! Checksums, without which a driver would look no further.

use crate::{Format, Image};

/// Mends the checksum of the structure that `at` lies in.
pub fn seal(format: Format, image: &mut Image, at: u64) {
    match format {
        Format::Efs => efs(image),
        Format::Nilfs => nilfs(image),
        Format::Udf => {
            if let Some(sector) = image.get_mut(at / 512 * 512..at / 512 * 512 + 512) {
                udf(sector);
            }
        }
        _ => {}
    }
}

/// A rotating sum of the superblock's halves of words, in its last word.
fn efs(image: &mut Image) {
    let Some(superblock) = image.get_mut(512..512 + 92) else {
        return;
    };
    let (fields, sum) = superblock.split_at_mut(88);
    let mut value = 0_u32;
    for half in fields.chunks_exact(2) {
        value = (value ^ u32::from(u16::from_be_bytes([half[0], half[1]]))) << 1;
    }
    sum.copy_from_slice(&value.to_be_bytes());
}

/// CRC-32 of the superblock, with a beginning that stands in it.
fn nilfs(image: &mut Image) {
    let Some(superblock) = image.get_mut(1024..2048) else {
        return;
    };
    let word = |superblock: &[u8], at: usize| {
        u32::from_le_bytes([0, 1, 2, 3].map(|byte| superblock[at + byte]))
    };
    let length = usize::from(u16::from_le_bytes([superblock[8], superblock[9]])).min(1024);
    superblock[16..20].fill(0);
    let mut crc = word(superblock, 12);
    for &byte in &superblock[..length] {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    superblock[16..20].copy_from_slice(&crc.to_le_bytes());
}

/// Whether a sector begins with a tag of ECMA 167 whose checksum is right.
pub(crate) fn is_udf_descriptor(sector: &[u8]) -> bool {
    sector.len() >= 16 && sector[0] != 0 && sector[4] == udf_tag_sum(sector)
}

/// The CRC of what the tag says, and the sum of the tag.
fn udf(sector: &mut [u8]) {
    let length = usize::from(u16::from_le_bytes([sector[10], sector[11]]));
    if let Some(body) = sector.get(16..16 + length) {
        let crc = body.iter().fold(0_u16, |crc, &byte| {
            (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
                crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 }
            })
        });
        sector[8..10].copy_from_slice(&crc.to_le_bytes());
    }
    sector[4] = udf_tag_sum(sector);
}

fn udf_tag_sum(sector: &[u8]) -> u8 {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    sum(&sector[..4]).wrapping_add(sum(&sector[5..16]))
}
