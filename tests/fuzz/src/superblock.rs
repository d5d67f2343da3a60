//! Changes of single fields where a format's driver begins to read.

use std::fmt;
use std::ops::Range;

use crate::{Format, Image, seal};

/// One field of an image with another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    format: Format,
    at: u64,
    width: u64,
    value: u64,
}

impl Change {
    /// All changes of a format's fields: to 0, 1, −1, the powers of two, and the neighbours of
    /// what is there.
    #[must_use]
    pub fn all(format: Format, image: &Image) -> Vec<Self> {
        let mut all = Vec::new();
        for (range, widths) in places(format, image) {
            for &width in widths {
                for at in range.clone().step_by(width as usize) {
                    let Some(old) = image.get(at..at + width) else {
                        continue;
                    };
                    let old = number(format, old);
                    let ones = u64::MAX >> (64 - 8 * width);
                    let mut values: Vec<u64> = (0..8 * width).map(|bit| 1 << bit).collect();
                    values.extend([
                        0,
                        ones,
                        old.wrapping_add(1) & ones,
                        old.wrapping_sub(1) & ones,
                    ]);
                    values.sort_unstable();
                    values.dedup();
                    values.retain(|&value| value != old);
                    all.extend(values.into_iter().map(|value| Self {
                        format,
                        at,
                        width,
                        value,
                    }));
                }
            }
        }
        all
    }

    /// The image with the change, and with the checksums that belong to it.
    #[must_use]
    pub fn apply(self, image: &Image) -> Image {
        let mut image = image.clone();
        let bytes = if self.format.is_big_endian() {
            self.value.to_be_bytes()[8 - self.width as usize..].to_vec()
        } else {
            self.value.to_le_bytes()[..self.width as usize].to_vec()
        };
        if let Some(field) = image.get_mut(self.at..self.at + self.width) {
            field.copy_from_slice(&bytes);
        }
        seal::seal(self.format, &mut image, self.at);
        image
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            format,
            at,
            width,
            value,
        } = self;
        write!(f, "{format}: {value:#x} in the {width} bytes at {at}")
    }
}

fn number(format: Format, bytes: &[u8]) -> u64 {
    let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if format.is_big_endian() {
        bytes.iter().fold(0, fold)
    } else {
        bytes.iter().rev().fold(0, fold)
    }
}

/// Where fields lie, and how wide they are.
fn places(format: Format, image: &Image) -> Vec<(Range<u64>, &'static [u64])> {
    const NARROW: &[u64] = &[1, 2, 4];
    const WIDE: &[u64] = &[2, 4];
    match format {
        // The primary volume descriptor.
        Format::Cd9660 => vec![(32768..32768 + 192, NARROW)],
        // Sector 1, whose last word is the checksum.
        Format::Efs => vec![(512..512 + 84, WIDE)],
        // The superblock, and the first group's descriptor.
        Format::Ext2 => vec![(1024..1024 + 264, WIDE), (2048..2048 + 32, WIDE)],
        // BIOS parameters, which are aligned to nothing; FSInfo; and the first entries of the FAT.
        Format::Fat12 | Format::Fat16 | Format::Fat32 => {
            let mut places: Vec<(Range<u64>, &[u64])> = vec![
                (11..90, &[1]),
                (11..13, &[2]),
                (14..16, &[2]),
                (17..21, &[2]),
                (22..28, &[2]),
                (28..52, &[4, 2]),
            ];
            if format == Format::Fat32 {
                places.push((512 + 484..512 + 512, WIDE));
            }
            let reserved = image.get(14..16).map_or(1, |bytes| number(format, bytes));
            places.push((reserved * 512..reserved * 512 + 16, WIDE));
            places
        }
        // FFS 2 has a place of its own, and may also begin where FFS 1 does.
        Format::Ffs1Le | Format::Ffs1Be | Format::Ffs2Le | Format::Ffs2Be => {
            let is_magic = |magic| matches!(magic, 0x0001_1954 | 0x1954_0119);
            let is_there = |&at: &u64| {
                let magic = image.get(at + 1372..at + 1376);
                magic.is_some_and(|magic| is_magic(number(format, magic)))
            };
            let starts = [8192, 65536].into_iter().filter(is_there);
            starts.map(|at| (at..at + 1376, &[4_u64][..])).collect()
        }
        // The volume header; the header of the catalogue lies elsewhere.
        Format::Hfs => vec![(1024..1024 + 512, WIDE)],
        Format::Lfs => vec![(8192..8192 + 512, &[4])],
        // The superblock, and the first segment's summary.
        Format::Nilfs => vec![(1024..1024 + 224, WIDE), (4096..4096 + 64, WIDE)],
        // The boot sector, and the records of $MFT, the root directory and $Bitmap.
        Format::Ntfs => {
            let mut places: Vec<(Range<u64>, &[u64])> =
                vec![(11..14, &[1]), (11..13, &[2]), (40..72, &[1, 2, 4, 8])];
            let field = |range| image.get(range).map_or(0, |bytes| number(format, bytes));
            let cluster = field(11..13) * field(13..14);
            for record in [0, 5, 6] {
                let start = field(48..56) * cluster + record * 1024;
                places.push((start..start + 506, &[2]));
            }
            places
        }
        // The superblock, and the first inodes.
        Format::Sysvbfs => vec![(0..40, WIDE), (512..512 + 128, WIDE)],
        // Volume descriptors, from the recognition sequence to the root directory, as far as they
        // are there.
        Format::Udf => {
            let descriptors = (0..image.len() / 512)
                .map(|sector| sector * 512)
                .filter(|&at| image.get(at..at + 512).is_some_and(seal::is_udf_descriptor));
            descriptors.map(|at| (at..at + 512, WIDE)).collect()
        }
        Format::V7fs => vec![(512..512 + 440, WIDE), (1024..1024 + 192, WIDE)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_changes_its_field_only() {
        let mut bytes = vec![0; 16384];
        bytes[8192 + 4] = 7;
        bytes[8192 + 1372..][..4].copy_from_slice(&0x0001_1954_u32.to_le_bytes());
        let image = Image::read(&*bytes).unwrap();
        let changes = Change::all(Format::Ffs1Le, &image);
        let values: Vec<_> = changes
            .iter()
            .filter(|change| change.at == 8192 + 4)
            .map(|change| change.value)
            .collect();
        assert!(values.starts_with(&[0, 1, 2, 4, 6, 8]) && values.ends_with(&[0xffff_ffff]));
        let changed = changes[0].apply(&image);
        let at = changes[0].at;
        assert_ne!(changed.get(at..at + 4), image.get(at..at + 4));
        assert_eq!(changed.get(at + 4..16384), image.get(at + 4..16384));
    }
}
