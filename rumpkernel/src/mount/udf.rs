//! The universal disk format, mount_udf(8).
//!
//! The driver takes the disk's sector size for the file system's. So the disk is given the one that
//! the file system has: that of the sector whose number an anchor volume descriptor pointer
//! (ECMA-167, 3/10.2) tells.

use std::ffi::CStr;
use std::io;

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium};
use crate::ErrorKind;
use crate::disk::Disk;

/// What stands in a file without owner. The driver writes it for a user of the mount's choice,
/// which is this one here: nobody's.
const NOBODY: u32 = u32::MAX;

/// UDF, the file system of DVDs and Blu-ray discs, in a host image or disk.
///
/// Blocks of 512 to 32768 bytes are found by looking at the disk, unless
/// [`block_size`](Self::block_size) says what they are. It counts as one session. Times are from
/// 1970 to 9999.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Udf {
    medium: Medium,
    anonymous: (u32, u32),
    utc_offset: i32,
}

on_medium! {
    ///
    /// Files that name no owner belong to user 0 and group 0.
    Udf
}

impl Udf {
    fn new(medium: Medium) -> Self {
        Self {
            medium: medium.blocks_found_by(block_size),
            anonymous: (0, 0),
            utc_offset: 0,
        }
    }

    /// The size of the file system's blocks in bytes, for a disk on which it cannot be found. What
    /// is no power of two from 512 to 64 KiB fails when it is mounted.
    pub fn block_size(mut self, bytes: u32) -> Self {
        self.medium = self.medium.blocks_of(bytes);
        self
    }

    /// Whom the files belong to that name no owner, or no group. What is created names its owner,
    /// and the group that its directory names.
    pub fn anonymous(mut self, user: u32, group: u32) -> Self {
        self.anonymous = (user, group);
        self
    }

    /// The time zone of times that name none, in seconds east of UTC.
    pub fn utc_offset(mut self, seconds: i32) -> Self {
        self.utc_offset = seconds;
        self
    }
}

impl FileSystem for Udf {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::udf_args {
            version: sys::UDFMNT_VERSION as u32,
            fspec: device.start(),
            gmtoff: self.utc_offset,
            anon_uid: self.anonymous.0,
            anon_gid: self.anonymous.1,
            nobody_uid: NOBODY,
            nobody_gid: NOBODY,
            ..Default::default()
        };
        // SAFETY: this is the driver's structure, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"udf", structure, vec![device.into_memory()]) })
    }
}

/// Returns the block size of the file system on a disk: that by which a sector with an anchor is
/// where it says that it is. There is one in sector 256, or in the last one or 256 before it.
fn block_size(disk: &dyn Disk) -> io::Result<Option<u32>> {
    let sizes = [512, 1024, 2048, 4096, 8192, 16384, 32768];
    for size in sizes {
        if is_anchor(disk, size, 256)? {
            return Ok(Some(size));
        }
    }
    for size in sizes {
        let sectors = disk.size() / u64::from(size);
        for before_end in [1, 257] {
            if let Some(sector) = sectors.checked_sub(before_end)
                && is_anchor(disk, size, sector)?
            {
                return Ok(Some(size));
            }
        }
    }
    Ok(None)
}

/// Whether a sector has an anchor's tag: its number, the sector's, and a checksum.
fn is_anchor(disk: &dyn Disk, size: u32, sector: u64) -> io::Result<bool> {
    const ANCHOR: [u8; 2] = 2_u16.to_le_bytes();
    const TAG: usize = 16;
    let Ok(number) = u32::try_from(sector) else {
        return Ok(false);
    };
    // Disks are read by whole blocks of theirs.
    let unit = u64::from(disk.block_size().max(512));
    let at = sector * u64::from(size);
    let (begin, inside) = (at / unit * unit, (at % unit) as usize);
    if begin.checked_add(unit).is_none_or(|end| end > disk.size()) {
        return Ok(false);
    }
    // At most 64 KiB, or the disk cannot be attached either.
    let mut block = vec![0; unit.min(64 << 10) as usize];
    disk.read(&mut block, begin)?;
    let Some(tag) = block.get(inside..inside + TAG) else {
        return Ok(false);
    };
    let sum = tag.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let is_whole = sum.wrapping_sub(tag[4]) == tag[4];
    Ok(tag[..2] == ANCHOR && is_whole && tag[12..] == number.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{BlockSize, MemoryDisk};

    fn with_anchor(size: usize, sector: usize, sectors: usize) -> MemoryDisk {
        let mut bytes = vec![0; sectors * size];
        let tag = &mut bytes[sector * size..][..16];
        tag[..4].copy_from_slice(&[2, 0, 3, 0]);
        tag[12..].copy_from_slice(&(sector as u32).to_le_bytes());
        tag[4] = tag.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        MemoryDisk::new(bytes)
    }

    #[test]
    fn an_anchor_tells_the_block_size() {
        for size in [512, 1024, 2048, 4096, 8192] {
            for sector in [256, 599, 343] {
                let disk = with_anchor(size, sector, 600);
                assert_eq!(block_size(&disk).unwrap(), Some(size as u32), "{sector}");
                let disk = BlockSize::new(disk, 4096);
                let found = block_size(&disk).unwrap();
                assert!(found.is_none_or(|found| found == size as u32), "{sector}");
                assert!(found.is_some() || sector != 256 && size < 4096, "{sector}");
            }
        }
    }

    #[test]
    fn without_one_there_is_no_block_size() {
        for sectors in [0, 1, 257, 1000] {
            let disk = MemoryDisk::zeroed(sectors * 512);
            assert_eq!(block_size(&disk).unwrap(), None);
        }
        // An anchor whose tag is damaged, and one elsewhere.
        let disk = with_anchor(2048, 256, 300);
        disk.write(&[0xff], 256 * 2048 + 8).unwrap();
        assert_eq!(block_size(&disk).unwrap(), None);
        assert_eq!(block_size(&with_anchor(2048, 255, 300)).unwrap(), None);
    }
}
