//! `rumpuser_open`, `rumpuser_close`, `rumpuser_getfileinfo`, `rumpuser_syncfd`: host files.
//!
//! Paths are the host's, or names of attached [`Disks`](crate::state::disk::Disks). Numbers are
//! those of the kernel's own [`Descriptors`](crate::state::descriptor::Descriptors). An open for
//! block I/O takes the disk's lock, so that a disk that somebody else may write, or that is to be
//! written while somebody else uses it, gives EBUSY. All of them give up the virtual CPU while they
//! are in the host.

use std::ffi::{CStr, OsStr, c_int};
use std::fs::{self, File, OpenOptions};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use crate::device::Node;
use crate::errno::{from_host, from_io};
use crate::instance::{Instance, Out, Text, caller};
use crate::state::descriptor::{Backing, Descriptor, Open};
use crate::state::disk::{Access, DiskError, DiskLock, Kind, device_size};
use crate::state::fault::Fault;
use crate::state::io;

const OPEN_ACCESS: c_int = 0x03;
const OPEN_READ: c_int = 0x00;
const OPEN_WRITE: c_int = 0x01;
const OPEN_READ_WRITE: c_int = 0x02;
const OPEN_CREATE: c_int = 0x04;
const OPEN_EXCLUSIVE: c_int = 0x08;
const OPEN_BLOCK_IO: c_int = 0x10;

const TYPE_OTHER: c_int = 0;
const TYPE_DIRECTORY: c_int = 1;
const TYPE_REGULAR: c_int = 2;
const TYPE_BLOCK: c_int = 3;
const TYPE_CHARACTER: c_int = 4;

const SYNC_WRITE: c_int = 0x02;
const SYNC_BOTH: c_int = 0x03;

fn host_path(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

/// `Err` with NetBSD's number.
fn open(instance: &Instance, path: &CStr, flags: c_int) -> Result<RawFd, c_int> {
    if instance.faults().strikes(Fault::Open) {
        return Err(from_host(libc::EIO));
    }
    let (read, write) = match flags & OPEN_ACCESS {
        OPEN_READ => (true, false),
        OPEN_WRITE => (false, true),
        OPEN_READ_WRITE => (true, true),
        _ => return Err(from_host(libc::EINVAL)),
    };
    if let Some(node) = Node::named(path) {
        return node.open(instance);
    }
    if let Some(image) = instance.disks.find(path) {
        if write && image.access == Access::ReadOnly {
            return Err(from_host(libc::EACCES));
        }
        let backing = match &image.host {
            Some(host) => {
                let file = host.file.try_clone().map_err(|error| from_io(&error))?;
                Backing::HostDisk(file, image)
            }
            None => Backing::Disk(image),
        };
        let inserted = instance.descriptors.insert(Descriptor {
            writable: write,
            backing,
        });
        return inserted.map_err(from_host);
    }
    let mut host_flags = 0;
    if flags & OPEN_CREATE != 0 {
        host_flags |= libc::O_CREAT;
    }
    if flags & OPEN_EXCLUSIVE != 0 {
        host_flags |= libc::O_EXCL;
    }
    let file = OpenOptions::new()
        .read(read)
        .write(write)
        .custom_flags(host_flags)
        .mode(0o644)
        .open(host_path(path))
        .map_err(|error| from_io(&error))?;
    let backing = if flags & OPEN_BLOCK_IO != 0 {
        let access = if write {
            Access::ReadWrite
        } else {
            Access::ReadOnly
        };
        let lock = DiskLock::take(&file, access).map_err(|error| match error {
            DiskError::Open(error) => from_io(&error),
            DiskError::InUse | DiskError::NotADisk => from_host(libc::EBUSY),
        })?;
        Backing::Locked(file, lock)
    } else {
        Backing::File(file)
    };
    let inserted = instance.descriptors.insert(Descriptor {
        writable: write,
        backing,
    });
    inserted.map_err(from_host)
}

/// Size and type. `Err` with NetBSD's number.
fn information(instance: &Instance, path: &CStr, want_size: bool) -> Result<(u64, c_int), c_int> {
    if instance.faults().strikes(Fault::FileInfo) {
        return Err(from_host(libc::EIO));
    }
    if let Some(image) = instance.disks.find(path) {
        let file_type = match image.kind() {
            Kind::Regular => TYPE_REGULAR,
            Kind::Block => TYPE_BLOCK,
            Kind::Character => TYPE_CHARACTER,
        };
        return Ok((image.size, file_type));
    }
    if let Some(node) = Node::named(path) {
        return match node.exists(instance) {
            true => Ok((0, TYPE_CHARACTER)),
            false => Err(from_host(libc::ENOENT)),
        };
    }
    let path = host_path(path);
    let metadata = fs::metadata(path).map_err(|error| from_io(&error))?;
    let file_type = match metadata.file_type() {
        directory if directory.is_dir() => TYPE_DIRECTORY,
        regular if regular.is_file() => TYPE_REGULAR,
        block if block.is_block_device() => TYPE_BLOCK,
        character if character.is_char_device() => TYPE_CHARACTER,
        _ => TYPE_OTHER,
    };
    let is_device = matches!(file_type, TYPE_BLOCK | TYPE_CHARACTER);
    let size = if is_device && want_size {
        File::open(path)
            .and_then(|device| device_size(&device))
            .map_err(|error| from_io(&error))?
    } else {
        metadata.len()
    };
    Ok((size, file_type))
}

/// Stores the size in bytes and the type of a file; either place may be null.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_getfileinfo(path: Text, size: Out<u64>, file_type: Out<c_int>) -> c_int {
    let instance = &*caller();
    let path = path.get();
    let size = size.wanted();
    match instance.unscheduled(|| information(instance, path, size.is_some())) {
        Ok(found) => {
            if let Some(size) = size {
                size.set(found.0);
            }
            if let Some(file_type) = file_type.wanted() {
                file_type.set(found.1);
            }
            0
        }
        Err(error) => error,
    }
}

/// Opens a file and stores its descriptor.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_open(path: Text, flags: c_int, descriptor: Out<c_int>) -> c_int {
    let instance = &*caller();
    let path = path.get();
    match instance.unscheduled(|| open(instance, path, flags)) {
        Ok(number) => {
            descriptor.set(number);
            0
        }
        Err(error) => error,
    }
}

/// Makes durable what was written, and closes. Components close descriptors of their own with it.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_close(number: c_int) -> c_int {
    let instance = &*caller();
    if let Some(node) = Node::numbered(number) {
        node.close(instance);
        return 0;
    }
    match instance.unscheduled(|| close(instance, number)) {
        Ok(()) => 0,
        Err(error) => from_host(error),
    }
}

/// `Err` with the host's errno for what is not open. How the flush went the kernel does not ask; of
/// an attached disk it is remembered.
fn close(instance: &Instance, number: RawFd) -> Result<(), c_int> {
    match instance.descriptors.remove(number)? {
        Open::Kernel(descriptor) => {
            let _unasked = match descriptor.image() {
                Some(image) => instance.flush(image),
                None if descriptor.writable => io::sync_data(&instance.parked, number),
                None => Ok(()),
            };
        }
        // SAFETY: the program's, which has told its kernel to close it.
        Open::Program(number) => drop(unsafe { libc::close(number) }),
    }
    match instance.faults().strikes(Fault::Close) {
        true => Err(libc::EIO),
        false => Ok(()),
    }
}

/// Makes a range of a file durable; here always the whole file. Reads need nothing. EINVAL when
/// neither direction is asked for.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_syncfd(number: c_int, flags: c_int, _start: u64, _length: u64) -> c_int {
    let instance = &*caller();
    if flags & SYNC_BOTH == 0 {
        return from_host(libc::EINVAL);
    }
    if flags & SYNC_WRITE == 0 {
        return 0;
    }
    let result = instance.unscheduled(|| {
        let file = instance.descriptors.find(number)?;
        match file.image() {
            Some(image) => instance.flush(image),
            None if instance.faults().strikes(Fault::Sync) => Err(libc::EIO),
            None => io::sync_data(&instance.parked, file.number()),
        }
    });
    match result {
        Ok(()) => 0,
        Err(error) => from_host(error),
    }
}
