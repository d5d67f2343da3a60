//! The whole way once: boots a NetBSD kernel in this process, mounts a tmpfs and an FFS image, reads
//! and writes them, and talks TCP over the kernel's own loopback interface.
//!
//! `cargo run --release -p rumpkernel-examples --example quickstart`

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::Instant;

use rumpkernel::mount::{Ffs, MountOptions, Tmpfs};
use rumpkernel::net::{TcpListener, TcpStream};
use rumpkernel::{Kernel, fs};
use rumpkernel_examples::FFS2_LE;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let image = folder.path().join("disk.img");
    FFS2_LE.unpack(&image)?;

    let mut steps = Steps::begin();
    let kernel = Kernel::builder().quiet().boot()?;
    steps.done("booted a NetBSD kernel");

    fs::create_dir(&kernel, "/memory")?;
    fs::create_dir(&kernel, "/disk")?;
    let memory = kernel.mount(Tmpfs::new(), "/memory")?;
    fs::write(&kernel, "/memory/note", "kept in the kernel's memory\n")?;
    steps.done("mounted a tmpfs and wrote a file on it");

    let disk = kernel.mount(Ffs::image(&image), "/disk")?;
    steps.done("mounted a copy of an FFS image");
    list(&kernel, Path::new("/disk"), 1)?;
    print!("    {}", fs::read_to_string(&kernel, "/disk/hello.txt")?);
    steps.done("listed and read it");

    fs::create_dir(&kernel, "/disk/new")?;
    fs::copy(&kernel, "/memory/note", "/disk/new/note")?;
    disk.unmount()?;
    steps.done("wrote to it and unmounted it");

    let disk = kernel.mount_with(Ffs::image(&image), "/disk", MountOptions::new().read_only())?;
    let note = fs::read_to_string(&kernel, "/disk/new/note")?;
    assert_eq!(note, fs::read_to_string(&kernel, "/memory/note")?);
    steps.done("mounted it again: what was written is there");

    echo(&kernel, (Ipv4Addr::LOCALHOST, 0).into())?;
    steps.done("sent a megabyte there and back over TCP, IPv4");
    echo(&kernel, (Ipv6Addr::LOCALHOST, 0).into())?;
    steps.done("sent a megabyte there and back over TCP, IPv6");

    drop((memory, disk));
    kernel.shutdown()?;
    steps.done("unmounted everything and shut the kernel down");
    Ok(())
}

/// Prints what lies in a directory of the kernel's, and below.
fn list(kernel: &Kernel, directory: &Path, depth: usize) -> Result<(), rumpkernel::Error> {
    for entry in fs::read_dir(kernel, directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        println!(
            "    {:04o} {:>7} {:indent$}{}",
            metadata.permissions().mode(),
            metadata.len(),
            "",
            entry.file_name().display(),
            indent = 2 * depth
        );
        if metadata.is_dir() {
            list(kernel, &entry.path(), depth + 1)?;
        }
    }
    Ok(())
}

/// A server that sends back what it gets, and a client that checks that it does.
fn echo(kernel: &Kernel, address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(kernel, address)?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> io::Result<u64> {
        let (stream, _) = listener.accept()?;
        io::copy(&mut &stream, &mut &stream)
    });

    let sent: Vec<u8> = (0..1 << 20)
        .map(|number: u32| (number % 251) as u8)
        .collect();
    let stream = TcpStream::connect(kernel, address)?;
    let (mut writer, sending) = (stream.try_clone()?, sent.clone());
    let writing = thread::spawn(move || -> io::Result<()> {
        writer.write_all(&sending)?;
        Ok(writer.shutdown(std::net::Shutdown::Write)?)
    });
    let mut received = Vec::new();
    (&stream).read_to_end(&mut received)?;

    writing.join().map_err(|_| "the writer panicked")??;
    let echoed = server.join().map_err(|_| "the server panicked")??;
    assert_eq!(echoed, sent.len() as u64);
    assert!(received == sent, "what came back is not what was sent");
    Ok(())
}

/// Prints each step with the time that it took.
struct Steps {
    last: Instant,
}

impl Steps {
    fn begin() -> Self {
        Self {
            last: Instant::now(),
        }
    }

    fn done(&mut self, step: &str) {
        let took = self.last.elapsed();
        println!("{:>9.2} ms  {step}", took.as_secs_f64() * 1000.0);
        self.last = Instant::now();
    }
}
