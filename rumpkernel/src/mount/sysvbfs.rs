//! The boot file system of System V, mount_sysvbfs(8).

volume! {
    /// The boot file system (BFS) of System V in a host image or disk: one directory, names of 14
    /// bytes, each file in one piece, so that one that cannot grow where it lies is moved.
    SysvBfs, c"sysvbfs", sysvbfs_args, Safe
}
