//! The host's own TCP/IP stack on a link: a TAP device in a network namespace of this process.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd as _;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rumpkernel::Kernel;
use rumpkernel::net::{Frame, Link, Port, TcpListener, TcpStream};

/// A link whose other end is the host.
pub(crate) struct Tap {
    device: Arc<File>,
}

impl Tap {
    /// Moves this process into a network namespace of its own, with one device that has these
    /// addresses. Says why that cannot be done here.
    pub(crate) fn in_a_namespace_of_its_own(v4: Ipv4Addr, v6: &str) -> Result<Self, String> {
        // SAFETY: affects this process only, which runs one test.
        if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
            let error = io::Error::last_os_error();
            return Err(format!("no network namespace: {error}"));
        }
        let device = File::options()
            .read(true)
            .write(true)
            .open("/dev/net/tun")
            .map_err(|error| format!("/dev/net/tun: {error}"))?;
        // SAFETY: all zeros is a value of this structure of numbers and unions of numbers.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (place, byte) in request.ifr_name.iter_mut().zip(b"tap0") {
            *place = *byte as std::ffi::c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_TAP | libc::IFF_NO_PI) as i16;
        // SAFETY: the command takes a struct ifreq.
        if unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw mut request) } != 0 {
            return Err(format!("no TAP device: {}", io::Error::last_os_error()));
        }
        let v4 = format!("{v4}/24");
        let v6 = format!("{v6}/64");
        for arguments in [
            &["addr", "add", &v4, "dev", "tap0"][..],
            &["addr", "add", &v6, "dev", "tap0", "nodad"],
            &["link", "set", "tap0", "up"],
        ] {
            let output = Command::new("ip").args(arguments).output();
            let output = output.map_err(|error| format!("no ip(8): {error}"))?;
            if !output.status.success() {
                return Err(format!("ip {arguments:?}: {output:?}"));
            }
        }
        Ok(Self {
            device: Arc::new(device),
        })
    }
}

impl Link for Tap {
    fn connect(&mut self, port: Port) {
        let device = Arc::clone(&self.device);
        // Ends with the process: nothing else ends a read of a TAP device.
        thread::spawn(move || {
            let mut buffer = [0; Port::LONGEST];
            while let Ok(count) = (&*device).read(&mut buffer) {
                port.deliver(buffer[..count].into());
            }
        });
    }

    fn send(&self, frame: Frame) {
        // A host that cannot take it loses it.
        let _ = (&*self.device).write(&frame);
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
