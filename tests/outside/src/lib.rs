//! Uses what its features chose, and says whether all went well.

use std::error::Error;

use rumpkernel::mount::Tmpfs;
use rumpkernel::{Backtrace, ErrorKind, Kernel, fs};

/// Boots, uses and ends a kernel: 0 when that worked, for a C host that loads this as a library.
#[unsafe(no_mangle)]
pub extern "C" fn outside_run() -> i32 {
    code(run())
}

/// Boots a kernel and lets it crash: 0 when that was an error that says where.
#[unsafe(no_mangle)]
pub extern "C" fn outside_crash() -> i32 {
    code(crash())
}

fn code(result: Result<(), Box<dyn Error>>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("outside: {error}");
            1
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let kernel = Kernel::boot()?;
    fs::create_dir(&kernel, "/mnt")?;
    let mount = kernel.mount(Tmpfs::new(), "/mnt")?;
    fs::write(&kernel, "/mnt/file", "written")?;
    if fs::read(&kernel, "/mnt/file")? != b"written" {
        return Err("tmpfs gave back something else".into());
    }
    mount.unmount()?;
    #[cfg(feature = "ffs")]
    ffs(&kernel)?;
    #[cfg(feature = "inet")]
    inet(&kernel)?;
    kernel.shutdown()?;
    #[cfg(feature = "instances")]
    instances()?;
    Ok(())
}

/// Two loaded kernels and the linked one know nothing of each other.
#[cfg(feature = "instances")]
fn instances() -> Result<(), Box<dyn Error>> {
    let kernels = [
        Kernel::boot()?,
        Kernel::boot()?,
        Kernel::builder().boot_linked()?,
    ];
    let mut mounts = Vec::new();
    for (number, kernel) in kernels.iter().enumerate() {
        fs::create_dir(kernel, "/mnt")?;
        mounts.push(kernel.mount(Tmpfs::new(), "/mnt")?);
        fs::write(kernel, "/mnt/file", number.to_string())?;
    }
    for (number, kernel) in kernels.iter().enumerate() {
        if fs::read(kernel, "/mnt/file")? != number.to_string().as_bytes() {
            return Err(format!("kernel {number} has another's file").into());
        }
        kernel.shutdown()?;
    }
    Ok(())
}

fn crash() -> Result<(), Box<dyn Error>> {
    let kernel = Kernel::boot()?;
    fs::write(&kernel, "/file", "written")?;
    let (path, nowhere) = (c"/file".as_ptr(), std::ptr::without_provenance_mut(0x10));
    // SAFETY: the path is a string. That the buffer is none is the point.
    let crashed = unsafe {
        let file = kernel.syscall(|entry| (entry.sys_open)(path, 0, 0))?;
        kernel.syscall(|entry| (entry.sys_read)(file, nowhere, 7))
    };
    match crashed {
        Err(error) if matches!(error.kind(), ErrorKind::Crashed { .. }) => {
            let mut frames = error.backtrace().into_iter().flat_map(Backtrace::frames);
            if frames.any(|frame| frame.function == Some("rump___sysimpl_read")) {
                Ok(())
            } else {
                Err(format!("a backtrace without the call: {error:#}").into())
            }
        }
        other => Err(format!("a read to nowhere: {other:?}").into()),
    }
}

/// Reads the files of the image that the environment names.
#[cfg(feature = "ffs")]
fn ffs(kernel: &Kernel) -> Result<(), Box<dyn Error>> {
    let image = std::env::var_os("OUTSIDE_IMAGE").ok_or("OUTSIDE_IMAGE is not set")?;
    let mount = kernel.mount_with(
        rumpkernel::mount::Ffs::image(image),
        "/mnt",
        rumpkernel::mount::MountOptions::new().read_only(),
    )?;
    let hello = fs::read_to_string(kernel, "/mnt/hello.txt")?;
    if hello != "This file lies in a Berkeley fast file system.\n" {
        return Err(format!("hello.txt is {hello:?}").into());
    }
    let numbers = fs::read_to_string(kernel, "/mnt/numbers.txt")?;
    if numbers.lines().count() != 3000 {
        return Err("numbers.txt has not 3000 lines".into());
    }
    Ok(mount.unmount()?)
}

#[cfg(feature = "inet")]
fn inet(kernel: &Kernel) -> Result<(), Box<dyn Error>> {
    use rumpkernel::net::{TcpListener, TcpStream};
    use std::io::{Read, Write};

    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(kernel, address)?;
        let mut client = TcpStream::connect(kernel, listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        client.write_all(b"ping")?;
        let mut got = [0; 4];
        server.read_exact(&mut got)?;
        if &got != b"ping" {
            return Err(format!("TCP to {address} gave {got:?}").into());
        }
    }
    Ok(())
}
