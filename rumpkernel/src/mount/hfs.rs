//! The hierarchical file system of Mac OS, mount_hfs(8).

volume! {
    /// HFS+ (Mac OS Extended) in a host image or disk, with or without a journal. Read only.
    ///
    /// Names are in the form that Mac OS stores them in: Unicode's decomposed form, as UTF-8.
    /// Files' resource forks are not shown.
    Hfs, c"hfs", hfs_args, Never
}
