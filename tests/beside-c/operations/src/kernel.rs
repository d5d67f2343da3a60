//! The linked kernel: booted, entered by threads, and what its calls return.

use std::ffi::{CStr, CString, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::time::Instant;

use rumpkernel_sys::{
    LINKED, O_CREAT, O_WRONLY, RUMP_ETFS_BLK, TMPFS_ARGS_VERSION, tmpfs_args, ufs_args,
};

use crate::timing::{Sample, Usage, resident};

/// Where file systems are mounted.
pub(crate) const FOLDER: &CStr = c"/mnt";
/// A file of some blocks on a tmpfs there.
pub(crate) const FILE: &CStr = c"/mnt/file";
/// How much is read from it at once.
pub(crate) const BLOCK: usize = 4096;

const DEVICE: &CStr = c"/dev/image";

/// Boots the kernel, and gives the calling thread an lwp in a process for all threads.
pub(crate) fn boot() -> Result<Sample, String> {
    let (start, before) = (Instant::now(), Usage::now());
    // SAFETY: once, before all other calls.
    check("rump_init", unsafe { (LINKED.init)() } == 0)?;
    let (elapsed, after) = (start.elapsed(), Usage::now());
    // SAFETY: the kernel has booted, and the thread has no lwp of its own yet.
    check("rfork", unsafe { (LINKED.lwproc_rfork)(0) } == 0)?;
    Ok(Sample {
        operations: 1,
        elapsed,
        cpu: after.cpu - before.cpu,
        switches: after.switches - before.switches,
        resident: resident(),
    })
}

/// The process that the calling thread is in.
pub(crate) fn process() -> i32 {
    // SAFETY: the kernel has booted.
    unsafe { (LINKED.sys_getpid)() }
}

/// Gives the calling thread an lwp of its own in a process.
pub(crate) fn join(process: i32) -> Result<(), String> {
    // SAFETY: the kernel has booted, and the process is that of the main thread, which lives on.
    check("newlwp", unsafe { (LINKED.lwproc_newlwp)(process) } == 0)
}

/// Mounts a tmpfs with one file.
pub(crate) fn mount_tmpfs() -> Result<(), String> {
    let mut arguments = tmpfs_args {
        ta_version: TMPFS_ARGS_VERSION,
        ta_nodes_max: 0,
        ta_size_max: 0,
        ta_root_uid: 0,
        ta_root_gid: 0,
        ta_root_mode: 0o755,
    };
    mount(c"tmpfs", 0, &mut arguments)?;
    let file = open(FILE, O_WRONLY | O_CREAT)?;
    let text = [1_u8; BLOCK];
    for _ in 0..16 {
        // SAFETY: the buffer's memory.
        let written = unsafe { (LINKED.sys_write)(file, text.as_ptr().cast(), BLOCK) };
        check("write", written == BLOCK as isize)?;
    }
    close(file)
}

/// Mounts an image of the host's as a file system that has a device.
pub(crate) fn mount_image(format: &str, image: &Path, flags: c_int) -> Result<(), String> {
    let format = CString::new(format).map_err(|error| error.to_string())?;
    let image = CString::new(image.as_os_str().as_bytes()).map_err(|error| error.to_string())?;
    let (device, image) = (DEVICE.as_ptr(), image.as_ptr());
    // SAFETY: strings.
    let error = unsafe { (LINKED.etfs_register)(device, image, RUMP_ETFS_BLK) };
    check("etfs_register", error == 0)?;
    let fspec = DEVICE.as_ptr().cast_mut();
    mount(&format, flags, &mut ufs_args { fspec })
}

fn mount<T>(format: &CStr, flags: c_int, arguments: &mut T) -> Result<(), String> {
    let folder = FOLDER.as_ptr();
    // SAFETY: a string.
    check("mkdir", unsafe { (LINKED.sys_mkdir)(folder, 0o755) } == 0)?;
    let arguments = ptr::from_mut(arguments).cast::<c_void>();
    // SAFETY: strings, and the structure that mounting this file system takes.
    let result =
        unsafe { (LINKED.sys_mount)(format.as_ptr(), folder, flags, arguments, size_of::<T>()) };
    check("mount", result == 0)
}

pub(crate) fn open(path: &CStr, flags: c_int) -> Result<c_int, String> {
    // SAFETY: a string.
    let file = unsafe { (LINKED.sys_open)(path.as_ptr(), flags, 0o644) };
    check("open", file >= 0)?;
    Ok(file)
}

pub(crate) fn close(file: c_int) -> Result<(), String> {
    // SAFETY: no memory is passed.
    check("close", unsafe { (LINKED.sys_close)(file) } == 0)
}

/// Reads from an offset, and returns how many bytes there were.
pub(crate) fn pread(file: c_int, buffer: &mut [u8], offset: u64) -> Result<usize, String> {
    let (to, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the buffer's memory.
    let read = unsafe { (LINKED.sys_pread)(file, to, size, offset as _) };
    check("pread", read >= 0)?;
    Ok(read as usize)
}

/// An error that names the call, unless all is well.
pub(crate) fn check(call: &str, is_well: bool) -> Result<(), String> {
    if is_well {
        Ok(())
    } else {
        Err(format!("{call} failed"))
    }
}
