//! Kernels that are dropped with file systems mounted, files open and connections standing.

use std::io::Write as _;
use std::net::Ipv4Addr;

use rumpkernel::mount::{Ffs, Tmpfs};
use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Kernel, fs};
use rumpkernel_examples::FFS2_SMALL;
use tempfile::NamedTempFile;

pub(crate) fn live(_number: usize) -> super::Outcome {
    let mut image = NamedTempFile::new()?;
    image.write_all(&FFS2_SMALL.bytes()?)?;

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/mem")?;
    fs::create_dir(&kernel, "/disk")?;
    let _tmpfs = kernel.mount(Tmpfs::new(), "/mem")?;
    let _disk = kernel.mount(Ffs::image(image.path()), "/disk")?;
    let _open = fs::File::create(&kernel, "/mem/open")?;
    let mut written = fs::File::create(&kernel, "/disk/written")?;
    written.write_all(&[7; 5000])?;
    let _udp = UdpSocket::bind(&kernel, (Ipv4Addr::LOCALHOST, 0))?;
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0))?;
    let mut client = TcpStream::connect(&kernel, listener.local_addr()?)?;
    let (_server, _) = listener.accept()?;
    client.write_all(&[1; 3000])?;
    Ok(())
}
