//! What can lie in an image.

use std::fmt;

macro_rules! kinds {
    ($($(#[$documentation:meta])* $kind:ident $(($feature:literal))? = $name:literal,)*) => {
        /// A format that is recognised. It reads as it is usually called.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$documentation])* $kind,)*
        }

        impl Kind {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$kind),*];

            /// Returns the feature of this crate that mounts it, which is also NetBSD's name of the
            /// driver; none if no driver knows it.
            pub fn feature(self) -> Option<&'static str> {
                match self {
                    $($(Self::$kind => Some($feature),)?)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for Kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$kind => $name,)*
                })
            }
        }
    };
}

kinds! {
    /// The Berkeley fast file system, version 1; UFS 1.
    Ffs1("ffs") = "FFS 1",
    /// The Berkeley fast file system, version 2; UFS 2.
    Ffs2("ffs") = "FFS 2",
    /// The second extended file system of Linux.
    Ext2("ext2fs") = "ext2",
    /// The third: ext2 with a journal.
    Ext3("ext2fs") = "ext3",
    /// The fourth: what has features that ext3 does not know.
    Ext4("ext2fs") = "ext4",
    /// FAT with entries of 12 bits.
    Fat12("msdos") = "FAT12",
    /// FAT with entries of 16 bits.
    Fat16("msdos") = "FAT16",
    /// FAT with entries of 32 bits.
    Fat32("msdos") = "FAT32",
    /// The file system of large SD cards.
    ExFat = "exFAT",
    /// The file system of Windows NT.
    Ntfs("ntfs") = "NTFS",
    /// The file system of CD-ROMs.
    Iso9660("cd9660") = "ISO 9660",
    /// The file system of DVDs and Blu-ray discs.
    Udf("udf") = "UDF",
    /// Mac OS Extended.
    HfsPlus("hfs") = "HFS+",
    /// Mac OS Extended, with names that may differ in case only.
    Hfsx("hfs") = "HFSX",
    /// Mac OS Standard, of before 1998.
    Hfs = "HFS",
    /// The log-structured file system of Linux.
    Nilfs2("nilfs") = "NILFS",
    /// NetBSD's log-structured file system.
    Lfs("lfs") = "LFS",
    /// The file system of the seventh edition of Unix.
    V7("v7fs") = "the file system of Unix V7",
    /// The boot file system of System V.
    SysvBfs("sysvbfs") = "System V's boot file system",
    /// The extent file system of IRIX.
    Efs("efs") = "EFS",
    /// Btrfs.
    Btrfs = "Btrfs",
    /// XFS.
    Xfs = "XFS",
    /// Apple's file system of after 2016.
    Apfs = "APFS",
    /// Squashfs.
    Squashfs = "Squashfs",
    /// The file system of Linux for flash memory.
    F2fs = "F2FS",
    /// Linux's swap space.
    Swap = "swap space",
    /// A volume that is encrypted with LUKS.
    Luks = "LUKS",
    /// A component of a RAID of RAIDframe's.
    RaidFrame = "a component of RAIDframe",
    /// A physical volume of LVM 2.
    Lvm2 = "a physical volume of LVM 2",
    /// A member of a ZFS pool.
    Zfs = "a member of a ZFS pool",
    /// A disk of QEMU's.
    Qcow2 = "qcow2",
    /// A disk of VMware's.
    Vmdk = "VMDK",
    /// A disk of VirtualBox's.
    Vdi = "VDI",
    /// A disk of Virtual PC's.
    Vhd = "VHD",
    /// A disk of Hyper-V's.
    Vhdx = "VHDX",
    /// A file compressed by gzip.
    Gzip = "a gzip file",
    /// A file compressed by bzip2.
    Bzip2 = "a bzip2 file",
    /// A file compressed by xz.
    Xz = "an xz file",
    /// A file compressed by zstd.
    Zstd = "a zstd file",
    /// A partition table of PCs.
    Mbr = "an MBR partition table",
    /// A partition table of UEFI.
    Gpt = "a GPT partition table",
    /// A partition table of Apple's.
    ApplePartitionMap = "an Apple partition map",
    /// A partition table of BSD's.
    Disklabel = "a BSD disklabel",
}

impl Kind {
    /// Returns whether it is a file system, mountable or not.
    pub fn is_file_system(self) -> bool {
        self < Self::Swap
    }

    /// Returns whether it divides a disk into partitions.
    pub fn is_partition_table(self) -> bool {
        self >= Self::Mbr
    }

    /// Returns whether it is a disk in another form: a virtual machine's, or compressed.
    pub fn is_container(self) -> bool {
        (Self::Qcow2..=Self::Zstd).contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_crate() {
        let manifest = include_str!("../../Cargo.toml");
        for kind in Kind::ALL {
            if let Some(feature) = kind.feature() {
                assert!(manifest.contains(&format!("\n{feature} = [")), "{kind}");
            }
        }
    }

    #[test]
    fn a_kind_is_one_thing() {
        for kind in Kind::ALL {
            let is = [
                kind.is_file_system(),
                kind.is_partition_table(),
                kind.is_container(),
            ];
            let count = is.iter().filter(|is| **is).count();
            assert!(count <= 1, "{kind}");
            assert!(kind.feature().is_none() || kind.is_file_system(), "{kind}");
        }
    }
}
