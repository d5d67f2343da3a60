//! System calls on files in memory, from one thread or several.

use rumpkernel_sys::{LINKED, O_RDONLY, stat};

use crate::kernel::{self, BLOCK, FILE, check};
use crate::{Request, Sample, measure};

type Call = Box<dyn FnMut() -> Result<bool, String>>;

pub(crate) fn run(request: &Request) -> Result<Sample, String> {
    kernel::mount_tmpfs()?;
    let process = kernel::process();
    measure(request.threads, request.duration, |_| {
        kernel::join(process)?;
        call(&request.operation)
    })
}

fn call(name: &str) -> Result<Call, String> {
    Ok(match name {
        "getpid" => Box::new(|| {
            // SAFETY: no memory is passed.
            check("getpid", unsafe { (LINKED.sys_getpid)() } > 0).map(|()| true)
        }),
        "stat" => Box::new(|| {
            // SAFETY: all zeros are numbers.
            let mut status: stat = unsafe { std::mem::zeroed() };
            // SAFETY: a string, and a place for the result.
            let result = unsafe { (LINKED.sys_stat)(FILE.as_ptr(), &raw mut status) };
            check("stat", result == 0).map(|()| true)
        }),
        "open-close" => Box::new(|| {
            kernel::open(FILE, O_RDONLY)
                .and_then(kernel::close)
                .map(|()| true)
        }),
        "zero" => {
            let file = kernel::open(c"/dev/zero", O_RDONLY)?;
            let mut byte = 0_u8;
            Box::new(move || {
                // SAFETY: a place for one byte.
                let read = unsafe { (LINKED.sys_read)(file, (&raw mut byte).cast(), 1) };
                check("read", read == 1).map(|()| true)
            })
        }
        _ => {
            let file = kernel::open(FILE, O_RDONLY)?;
            let mut buffer = vec![0; BLOCK];
            Box::new(move || {
                let read = kernel::pread(file, &mut buffer, BLOCK as u64)?;
                check("pread", read == BLOCK).map(|()| true)
            })
        }
    })
}
