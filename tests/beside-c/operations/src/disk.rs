//! File systems on images of the host's, larger than what the kernel may cache.

use std::ffi::CString;

use rumpkernel_sys::{LINKED, MNT_RDONLY, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, stat};

use crate::kernel::{self, BLOCK, FILE, FOLDER, check};
use crate::timing::{Kind, measure_as};
use crate::{Request, Sample};

pub(crate) fn run(request: &Request) -> Result<Sample, String> {
    let is_create = request.operation == "create";
    let flags = if is_create { 0 } else { MNT_RDONLY };
    kernel::mount_image(&request.format, &request.image, flags)?;
    match &*request.operation {
        "create" => create(request),
        "random-read" => read(request, random()),
        _ => read(request, sequential()),
    }
}

/// Reads blocks whose numbers `next` chooses, until it passes the end of the file.
fn read(
    request: &Request,
    next: impl FnMut(u64) -> u64 + Copy + Send + Sync,
) -> Result<Sample, String> {
    let process = kernel::process();
    measure_as(Kind::Cold, request.threads, request.duration, |_| {
        kernel::join(process)?;
        let file = kernel::open(FILE, O_RDONLY)?;
        let blocks = size()? / BLOCK as u64;
        let (mut next, mut buffer) = (next, vec![0; BLOCK]);
        Ok(move || {
            let block = next(blocks);
            let read = kernel::pread(file, &mut buffer, block * BLOCK as u64)?;
            check("pread", read == BLOCK)?;
            Ok(block + 1 < blocks)
        })
    })
}

fn sequential() -> impl FnMut(u64) -> u64 + Copy {
    let mut position = 0;
    move |_| {
        position += 1;
        position - 1
    }
}

/// The same blocks in each process, by Marsaglia's xorshift; never the last block, which would be
/// the end.
fn random() -> impl FnMut(u64) -> u64 + Copy {
    let mut state = 88_172_645_463_325_252_u64;
    move |blocks| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % (blocks - 1)
    }
}

fn size() -> Result<u64, String> {
    // SAFETY: all zeros are numbers.
    let mut status: stat = unsafe { std::mem::zeroed() };
    // SAFETY: a string, and a place for the result.
    let result = unsafe { (LINKED.sys_stat)(FILE.as_ptr(), &raw mut status) };
    check("stat", result == 0)?;
    Ok(status.st_size as u64)
}

/// Creates files of one byte and makes each durable.
fn create(request: &Request) -> Result<Sample, String> {
    let process = kernel::process();
    let folder = FOLDER.to_string_lossy();
    measure_as(Kind::Cold, request.threads, request.duration, |thread| {
        kernel::join(process)?;
        let (folder, mut number) = (&folder, 0);
        Ok(move || {
            number += 1;
            let path = CString::new(format!("{folder}/{thread}.{number}"));
            let path = path.map_err(|error| error.to_string())?;
            let file = kernel::open(&path, O_WRONLY | O_CREAT | O_EXCL)?;
            // SAFETY: one byte's memory.
            let written = unsafe { (LINKED.sys_write)(file, c"x".as_ptr().cast(), 1) };
            check("write", written == 1)?;
            // SAFETY: no memory is passed.
            check("fsync", unsafe { (LINKED.sys_fsync)(file) } == 0)?;
            kernel::close(file)?;
            Ok(true)
        })
    })
}
