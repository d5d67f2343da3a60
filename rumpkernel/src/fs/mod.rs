//! Files and directories in a kernel, with the shape of `std::fs`.
//!
//! What `std::fs` does with the host's files, the functions and types here do with the kernel's:
//! same names, same meaning, with the [`Kernel`](crate::Kernel) in front. Paths may be any type
//! that is a [`Path`](std::path::Path), with any bytes but NUL; relative ones begin at the kernel's
//! root. Everything is done as user 0 with the umask 022, unless a [`Process`](crate::Process) is
//! given in the place of the kernel.
//!
//! Errors are [`Error`](crate::Error) in functions, and [`std::io::Error`] with the same inside
//! where a trait of `std::io` asks for it.

mod attribute;
mod canonical;
mod dir;
mod dir_builder;
mod directory;
mod file;
mod flags;
mod host;
mod layers;
mod lock;
mod metadata;
mod node;
mod open_options;
mod permissions;
mod range_lock;
mod remove_all;
mod space;
mod stream;
mod times;
mod tree;
mod usage;
mod walk;
mod whole;

pub use attribute::{Namespace, attribute, attributes, remove_attribute, set_attribute};
pub use canonical::canonicalize;
pub(crate) use canonical::working_directory;
pub use dir::{DirEntry, ReadDir, read_dir};
pub use dir_builder::{DirBuilder, create_dir, create_dir_all};
pub use directory::Dir;
pub use file::File;
pub use flags::{Flags, set_flags, set_symlink_flags};
pub use host::{Copied, TreeCopy};
pub use lock::TryLockError;
pub use metadata::{FileType, Metadata, metadata, symlink_metadata};
pub use node::{Device, mkfifo, mknod};
pub use open_options::OpenOptions;
pub use permissions::{Permissions, set_permissions};
pub use range_lock::{LockKind, RangeLock};
pub use remove_all::remove_dir_all;
pub use stream::SharedFile;
pub use times::{FileTimes, set_times, set_times_nofollow};
pub use tree::{
    chown, exists, fchown, hard_link, lchown, read_link, remove_dir, remove_file, rename, symlink,
};
pub use usage::{Usage, usage};
pub use walk::{Walk, WalkEntry, walk};
pub use whole::{copy, read, read_to_string, write};
