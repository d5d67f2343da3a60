//! The shape of `std::fs` and `std::os::unix::fs`, compared by the compiler: each name stands for
//! `std`'s item and for ours. What is not here:
//!
//! | of `std` | why |
//! |---|---|
//! | `soft_link` | deprecated; `symlink` |
//! | `chroot` | `Process::chroot`: a program's other threads keep their root |
//! | `AsFd`, `From<OwnedFd>` and their kin | a kernel's descriptors are none of the host's |
//! | `Read`, `Write`, `Seek` for `Arc<File>` | no crate but `std` may; `SharedFile` |

#![expect(dead_code, reason = "nothing is called: it compiles or not")]

use std::io::{IoSlice, IoSliceMut, Read, Seek, Write};
use std::os::unix::fs as unix;
use std::path::PathBuf;
use std::time::SystemTime;

use rumpkernel::{Kernel, fs};

/// Names methods of a type in both crates.
macro_rules! methods {
    ($type:ident: $($method:ident),* $(,)?) => {
        $(let _ = std::fs::$type::$method;)*
        $(let _ = fs::$type::$method;)*
    };
    ($type:ident as $trait:ident: $($method:ident),* $(,)?) => {
        $(let _ = <std::fs::$type as unix::$trait>::$method;)*
        $(let _ = fs::$type::$method;)*
    };
}

fn methods() {
    methods!(File: options, sync_all,
        sync_data, lock, lock_shared, try_lock, try_lock_shared, unlock, set_len, metadata,
        try_clone, set_permissions, set_times, set_modified);
    methods!(File as FileExt: read_at, read_exact_at, write_at, write_all_at);
    methods!(OpenOptions: new, read, write, append, truncate, create, create_new);
    methods!(OpenOptions as OpenOptionsExt: mode, custom_flags);
    methods!(DirBuilder: new, recursive);
    methods!(DirBuilder as DirBuilderExt: mode);
    methods!(Metadata: file_type, is_dir, is_file, is_symlink, len, permissions, modified,
        accessed, created);
    methods!(Metadata as MetadataExt: dev, ino, mode, nlink, uid, gid, rdev, size, atime,
        atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec, blksize, blocks);
    methods!(FileType: is_dir, is_file, is_symlink);
    methods!(FileType as FileTypeExt: is_block_device, is_char_device, is_fifo, is_socket);
    methods!(Permissions: readonly, set_readonly);
    methods!(Permissions as PermissionsExt: mode, set_mode, from_mode);
    methods!(FileTimes: new, set_accessed, set_modified);
    methods!(DirEntry: path, metadata, file_type, file_name);
    methods!(DirEntry as DirEntryExt: ino);
}

/// Passes the same arguments to a function of `std`'s, and to ours with a kernel in front.
macro_rules! functions {
    ($kernel:ident: $($path:ident $function:ident($($argument:expr),*);)*) => {
        $(let _ = $path::$function($($argument),*);)*
        $(let _ = fs::$function($kernel, $($argument),*);)*
    };
}

fn functions(kernel: &Kernel, path: &str, file: &std::fs::File, ours: &fs::File) {
    use std::fs as std_fs;
    functions! { kernel:
        std_fs canonicalize(path);
        std_fs copy(path, path);
        std_fs create_dir(path);
        std_fs create_dir_all(path);
        std_fs exists(path);
        std_fs hard_link(path, path);
        std_fs metadata(path);
        std_fs read(path);
        std_fs read_dir(path);
        std_fs read_link(path);
        std_fs read_to_string(path);
        std_fs remove_dir(path);
        std_fs remove_dir_all(path);
        std_fs remove_file(path);
        std_fs rename(path, path);
        std_fs symlink_metadata(path);
        std_fs write(path, path);
        unix chown(path, Some(1), None);
        unix lchown(path, None, Some(1));
        unix symlink(path, path);
    }
    let _ = (std::fs::File::open(path), fs::File::open(kernel, path));
    let _ = (std::fs::File::create(path), fs::File::create(kernel, path));
    let _ = (
        std::fs::File::create_new(path),
        fs::File::create_new(kernel, path),
    );
    let _ = (
        std::fs::File::options().open(path),
        fs::File::options().open(kernel, path),
    );
    let _ = (
        std::fs::DirBuilder::new().create(path),
        fs::DirBuilder::new().create(kernel, path),
    );
    let permissions = file.metadata().map(|metadata| metadata.permissions());
    let _ = std::fs::set_permissions(path, permissions.unwrap());
    let permissions = ours.metadata().map(|metadata| metadata.permissions());
    let _ = fs::set_permissions(kernel, path, permissions.unwrap());
    let _ = unix::fchown(file, Some(1), None);
    let _ = fs::fchown(ours, Some(1), None);
}

/// What methods return, and what arguments they take, where it is not the error.
fn types(file: &fs::File, metadata: &fs::Metadata, entry: &fs::DirEntry) -> Option<()> {
    let _: PathBuf = entry.path();
    let _: std::ffi::OsString = entry.file_name();
    let _: SystemTime = metadata.created().ok()?;
    let _: (u64, u64, i64, u64) = (
        metadata.len(),
        metadata.nlink(),
        metadata.mtime(),
        metadata.dev(),
    );
    let _: usize = file
        .read_vectored_at(&mut [IoSliceMut::new(&mut [0])], 0)
        .ok()?;
    let _: usize = file.write_vectored_at(&[IoSlice::new(&[0])], 0).ok()?;
    match file.try_lock().err()? {
        fs::TryLockError::Error(_) | fs::TryLockError::WouldBlock => None,
    }
}

fn implements<T: Read + Write + Seek>() {}

fn traits() {
    implements::<std::fs::File>();
    implements::<fs::File>();
    implements::<&std::fs::File>();
    implements::<&fs::File>();
    implements::<std::sync::Arc<std::fs::File>>();
    implements::<fs::SharedFile>();
    fn entries<E>(_: Option<impl Iterator<Item = Result<fs::DirEntry, E>>>) {}
    entries(None::<fs::ReadDir>);
    fn values<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    values::<fs::Metadata>();
    values::<fs::FileType>();
    values::<fs::Permissions>();
    values::<fs::FileTimes>();
    values::<fs::OpenOptions>();
}
