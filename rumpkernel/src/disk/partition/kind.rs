//! What a table says that lies in a partition.

use std::fmt;

use super::Guid;
use super::known::{bsd_name, gpt_name, mbr_name};

/// The kinds of partition tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// The partition table of a master boot record, with the chain of logical partitions.
    Mbr,
    /// A GUID partition table, of UEFI.
    Gpt,
    /// A BSD disklabel.
    Bsd(Bsd),
    /// An Apple partition map.
    Apple,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mbr => "MBR",
            Self::Gpt => "GPT",
            Self::Bsd(Bsd::NetBsd) => "NetBSD disklabel",
            Self::Bsd(Bsd::FreeBsd) => "FreeBSD disklabel",
            Self::Bsd(Bsd::OpenBsd) => "OpenBSD disklabel",
            Self::Apple => "Apple partition map",
        })
    }
}

/// The systems whose disklabels differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bsd {
    /// NetBSD, and any system whose label says nothing else.
    NetBsd,
    /// FreeBSD and DragonFly.
    FreeBsd,
    /// OpenBSD, whose sizes and offsets have 48 bits.
    OpenBsd,
}

/// The type of a partition, as its table has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartitionType {
    /// The byte of an MBR.
    Mbr(u8),
    /// The type GUID of a GUID partition table.
    Gpt(Guid),
    /// The file system type of a disklabel, whose meanings from 14 on are each system's own.
    Bsd(Bsd, u8),
    /// The type string of an Apple map, such as `Apple_HFS`.
    Apple(String),
}

impl PartitionType {
    /// MBR: FAT 32, addressed by sector.
    pub const MBR_FAT32: Self = Self::Mbr(0x0c);
    /// MBR: NTFS or exFAT.
    pub const MBR_NTFS: Self = Self::Mbr(0x07);
    /// MBR: an extended partition, the container of logical ones.
    pub const MBR_EXTENDED: Self = Self::Mbr(0x0f);
    /// MBR: a file system of Linux.
    pub const MBR_LINUX: Self = Self::Mbr(0x83);
    /// MBR: NetBSD, with a disklabel.
    pub const MBR_NETBSD: Self = Self::Mbr(0xa9);
    /// MBR: FreeBSD, with a disklabel.
    pub const MBR_FREEBSD: Self = Self::Mbr(0xa5);
    /// MBR: OpenBSD, with a disklabel.
    pub const MBR_OPENBSD: Self = Self::Mbr(0xa6);
    /// GPT: the system partition of UEFI.
    pub const GPT_EFI: Self = Self::Gpt(Guid::from_u128(0xc12a7328_f81f_11d2_ba4b_00a0c93ec93b));
    /// GPT: a file system of Linux.
    pub const GPT_LINUX: Self = Self::Gpt(Guid::from_u128(0x0fc63daf_8483_4772_8e79_3d69d8477de4));
    /// GPT: data of Windows: FAT, NTFS or exFAT.
    pub const GPT_WINDOWS: Self =
        Self::Gpt(Guid::from_u128(0xebd0a0a2_b9e5_4433_87c0_68b6b72699c7));
    /// GPT: FFS of NetBSD.
    pub const GPT_NETBSD_FFS: Self =
        Self::Gpt(Guid::from_u128(0x49f48d5a_b10e_11dc_b99b_0019d1879648));
    /// GPT: UFS of FreeBSD.
    pub const GPT_FREEBSD_UFS: Self =
        Self::Gpt(Guid::from_u128(0x516e7cb6_6ecf_11d6_8ff8_00022d09712b));
    /// Disklabel: swap space.
    pub const BSD_SWAP: Self = Self::Bsd(Bsd::NetBsd, 1);
    /// Disklabel: FFS.
    pub const BSD_FFS: Self = Self::Bsd(Bsd::NetBsd, 7);

    /// What is known by this type. `None` where nothing is.
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Mbr(byte) => mbr_name(*byte),
            Self::Gpt(guid) => gpt_name(*guid),
            Self::Bsd(system, number) => bsd_name(*system, *number),
            Self::Apple(_) => None,
        }
    }

    /// Whether an MBR's partition of this type contains others.
    pub(super) fn is_extended(&self) -> bool {
        matches!(self, Self::Mbr(0x05 | 0x0f | 0x85))
    }
}

impl fmt::Display for PartitionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name() {
            write!(f, "{name} (")?;
        }
        match self {
            Self::Mbr(byte) => write!(f, "{byte:#04x}")?,
            Self::Gpt(guid) => write!(f, "{guid}")?,
            Self::Bsd(_, number) => write!(f, "{number}")?,
            Self::Apple(name) => f.write_str(name)?,
        }
        match self.name() {
            Some(_) => f.write_str(")"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_with_their_names() {
        let shown = |kind: PartitionType| kind.to_string();
        assert_eq!(shown(PartitionType::MBR_NETBSD), "NetBSD (0xa9)");
        assert_eq!(shown(PartitionType::Mbr(0xd1)), "0xd1");
        assert_eq!(
            shown(PartitionType::GPT_EFI),
            "EFI system (c12a7328-f81f-11d2-ba4b-00a0c93ec93b)"
        );
        assert_eq!(shown(PartitionType::Bsd(Bsd::OpenBsd, 19)), "RAID (19)");
        assert_eq!(shown(PartitionType::Bsd(Bsd::NetBsd, 18)), "NTFS (18)");
        assert_eq!(shown(PartitionType::Apple("Apple_HFS".into())), "Apple_HFS");
    }
}
