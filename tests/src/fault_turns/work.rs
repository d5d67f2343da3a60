//! Pieces of work, each of whose steps may be told an error.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use rumpkernel::mount::Tmpfs;
use rumpkernel::net::{Hub, Interface, TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Error, Kernel, fs};

use crate::power_cut::{AT, Contents, Format, Promise};

/// How long the files are, in bytes: below a block, and above all that a log holds at once.
const LENGTHS: [usize; 3] = [100, 20_000, 100_000];

/// Why work ended before its time.
#[derive(Debug)]
pub(super) enum Failure {
    /// The kernel reported an error.
    Told(Error),
    /// It did not mount the file system.
    Refused,
    /// The kernel did what it must not.
    Wrong(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => Self::Told(error),
            Err(error) => Self::Wrong(error.to_string()),
        }
    }
}

fn contents(number: usize) -> Contents {
    Contents {
        number: number as u64,
        length: LENGTHS[number],
    }
}

pub(super) fn on_tmpfs(kernel: &Kernel) -> Result<(), Failure> {
    fs::create_dir(kernel, AT)?;
    let mount = kernel.mount(Tmpfs::new(), AT)?;
    with_files(kernel, &mut Vec::new())?;
    mount.unmount().map_err(Error::from)?;
    Ok(())
}

pub(super) fn on_image(
    kernel: &Kernel,
    format: Format,
    image: &Path,
    promises: &mut Vec<Promise>,
) -> Result<(), Failure> {
    let mount = format
        .mount(kernel, image, false)
        .map_err(|_| Failure::Refused)?;
    let worked = with_files(kernel, promises);
    let _told_as_well = mount.unmount();
    worked
}

/// Writes, syncs, reads back, renames and removes.
fn with_files(kernel: &Kernel, promises: &mut Vec<Promise>) -> Result<(), Failure> {
    let folder = format!("{AT}/folder");
    fs::create_dir(kernel, &folder)?;
    for number in 0..LENGTHS.len() {
        let path = format!("{folder}/file{number}");
        let bytes = contents(number).bytes();
        let file = fs::File::create_new(kernel, &path)?;
        file.write_all_at(&bytes, 0)?;
        file.sync_all()?;
        promises.push(Promise::lasting(path, contents(number)));
    }
    for number in 0..LENGTHS.len() {
        let read = fs::read(kernel, format!("{folder}/file{number}"))?;
        if read != contents(number).bytes() {
            return Err(Failure::Wrong(format!(
                "file{number} reads as something else"
            )));
        }
    }
    fs::write(kernel, format!("{AT}/passing"), [7; 5000])?;
    fs::rename(kernel, format!("{AT}/passing"), format!("{AT}/renamed"))?;
    fs::remove_file(kernel, format!("{AT}/renamed"))?;
    kernel.sync()?;
    Ok(())
}

pub(super) fn on_net(kernel: &Kernel) -> Result<(), Failure> {
    let listener = TcpListener::bind(kernel, "127.0.0.1:0")?;
    let mut client = TcpStream::connect(kernel, listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    let sent = contents(1).bytes();
    let mut received = vec![0; sent.len()];
    for (from, to) in sent.chunks(8192).zip(received.chunks_mut(8192)) {
        client.write_all(from)?;
        server.read_exact(to)?;
    }
    if sent != received {
        return Err(Failure::Wrong("TCP delivers something else".to_owned()));
    }
    let (one, other) = (
        UdpSocket::bind(kernel, "127.0.0.1:0")?,
        UdpSocket::bind(kernel, "127.0.0.1:0")?,
    );
    one.send_to(&sent[..1000], other.local_addr()?)?;
    // A datagram may be lost.
    other.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut datagram = [0; 2000];
    let (length, _) = other.recv_from(&mut datagram)?;
    if datagram[..length] != sent[..1000] {
        return Err(Failure::Wrong("UDP delivers something else".to_owned()));
    }
    over_hub(kernel)
}

/// Makes interfaces, on a hub and on a bus in a file, and sends something.
fn over_hub(kernel: &Kernel) -> Result<(), Failure> {
    let hub = Hub::new();
    let interface = Interface::create(kernel, hub.port())?;
    interface.add_address("10.0.0.1/24")?;
    let socket = UdpSocket::bind(kernel, "10.0.0.1:0")?;
    socket.set_broadcast(true)?;
    socket.send_to(b"anybody?", "10.0.0.255:9")?;
    drop(socket);
    drop(interface);
    let folder = tempfile::tempdir().map_err(|error| Failure::Wrong(error.to_string()))?;
    let interface = Interface::shared(kernel, folder.path().join("bus"))?;
    interface.add_address("10.0.1.1/24")?;
    Ok(())
}
