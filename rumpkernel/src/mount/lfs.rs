//! The log-structured file system, mount_lfs(8).

volume! {
    /// NetBSD's log-structured file system in a host image or disk.
    ///
    /// No cleaner runs in a kernel here: when no clean segment is left, writing waits for one for
    /// ever ([`Kernel::kill`](crate::Kernel::kill) ends that). A sync of a file writes a
    /// checkpoint of the whole file system, and after a loss of power that is what is mounted.
    Lfs, c"lfs", ulfs_args, Safe
}
