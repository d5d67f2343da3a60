//! The second extended file system, mount_ext2fs(8).

volume! {
    /// The second extended file system of Linux in a host image or disk, and ext3 without a
    /// journal to replay: blocks of 1 to 4 KiB, inodes of any size.
    ///
    /// Mounting fails with `EINVAL` when the file system has features that the driver does not
    /// know, as those that `mke2fs` makes for ext4 have, a journal that was not replayed (`e2fsck`
    /// does that), or a root directory with extents; and, unless read-only, with `EROFS` when it
    /// has features that are no obstacle to reading (`dir_nlink`, `extra_isize`, `uninit_bg`,
    /// `metadata_csum`). The error names them, as does [`detect`](crate::detect). There is no journal
    /// of its own, and after a loss of power `e2fsck` has to repair what was mounted for writing.
    ///
    /// Times are those of ext2: seconds, from 1901 to 2038.
    Ext2, c"ext2fs", ufs_args, Safe
}
