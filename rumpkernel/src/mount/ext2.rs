//! The second extended file system, mount_ext2fs(8).

volume! {
    /// The second extended file system of Linux in a host image or disk, and ext3 without a journal
    /// to replay: blocks of 1 to 4 KiB, inodes of any size.
    ///
    /// Mounting fails with `EINVAL` when the file system has features that the driver does not
    /// know: extents and the other features of ext4, or a journal that was not replayed
    /// (`e2fsck` does that). There is no journal of its own, and after a loss of power `e2fsck` has
    /// to repair what was mounted for writing.
    ///
    /// Times are those of ext2: seconds, from 1901 to 2038.
    Ext2, c"ext2fs", ufs_args, Safe
}
