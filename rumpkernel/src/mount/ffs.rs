//! The Berkeley fast file system, mount_ffs(8).

volume! {
    /// The Berkeley fast file system (FFS, UFS) in a host image or disk: versions 1 and 2, in
    /// either byte order.
    ///
    /// The image is a raw file, or a block device of the host, that begins with the file system. A
    /// writer has it alone, in this process and, by an advisory lock, among others; readers share
    /// it. Device nodes in it are listed, but do not lead to the kernel's devices.
    ///
    /// Mounting fails with `EINVAL` when there is no file system of this type in the image, or,
    /// unless read-only, one with the checksums that FreeBSD keeps since 2018; with an
    /// error of the kind [`ErrorKind::ImageInUse`](crate::ErrorKind::ImageInUse) or
    /// [`ErrorKind::Host`](crate::ErrorKind::Host) when the image cannot be had, and, unless
    /// read-only, with an I/O error when it has been cut short.
    ///
    /// # After a loss of power
    ///
    /// A file that was synced is there, with its contents, if its folder was (see
    /// [`Kernel::sync`](crate::Kernel::sync)). What was not synced is there, is not, or has zeros
    /// or old contents in it. Without a log the file system is mounted as it is found; it has to
    /// be repaired with NetBSD's fsck_ffs(8) before anything is written to it, which
    /// [`Mount::was_clean`](crate::mount::Mount::was_clean) tells. With a
    /// [log](crate::mount::MountOptions::log) it is consistent once it is mounted.
    Ffs, c"ffs", ufs_args, Safe, has_log
}
