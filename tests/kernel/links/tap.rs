//! The host's own TCP/IP stack on a link: a TAP device in a network namespace of this process.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::thread;

use rumpkernel::Kernel;
use rumpkernel::net::{Tap, TcpListener, TcpStream};

/// Moves this process into a network namespace of its own, with one device that has these addresses.
/// Says why that cannot be done here.
pub(crate) fn in_a_namespace_of_its_own(v4: Ipv4Addr, v6: &str) -> Result<Tap, String> {
    // SAFETY: affects this process only, which runs one test.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        let error = io::Error::last_os_error();
        return Err(format!("no network namespace: {error}"));
    }
    let tap = Tap::open("tap%d").map_err(|error| error.to_string())?;
    assert_eq!(tap.name(), "tap0");
    let v4 = format!("{v4}/24");
    let v6 = format!("{v6}/64");
    ip(&["addr", "add", &v4, "dev", "tap0"])?;
    ip(&["addr", "add", &v6, "dev", "tap0", "nodad"])?;
    ip(&["link", "set", "tap0", "up"])?;
    Ok(tap)
}

/// Runs ip(8). Says why it did not do as it was told.
pub(crate) fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).output();
    let output = output.map_err(|error| format!("no ip(8): {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("ip {arguments:?}: {output:?}"))
    }
}

/// A connection each way, with more data than fits any buffer.
pub(crate) fn exchange(kernel: &Kernel, ours: IpAddr, theirs: IpAddr) {
    let data: Vec<u8> = (0..1 << 20_u32)
        .map(|number| (number % 251) as u8)
        .collect();

    let listener = TcpListener::bind(kernel, (ours, 80)).unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        io::copy(&mut &stream, &mut &stream).unwrap();
    });
    let stream = std::net::TcpStream::connect((ours, 80)).unwrap();
    let sending = {
        let (mut stream, data) = (stream.try_clone().unwrap(), data.clone());
        thread::spawn(move || {
            stream.write_all(&data).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        })
    };
    let mut back = Vec::new();
    (&stream).read_to_end(&mut back).unwrap();
    assert!(back == data);
    sending.join().unwrap();
    server.join().unwrap();

    let listener = std::net::TcpListener::bind(SocketAddr::new(theirs, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        (&stream).read_to_end(&mut all).unwrap();
        all
    });
    let stream = TcpStream::connect(kernel, address).unwrap();
    (&stream).write_all(&data).unwrap();
    drop(stream);
    assert!(server.join().unwrap() == data);
}
