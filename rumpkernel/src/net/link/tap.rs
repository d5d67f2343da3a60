//! Linux: TAP devices, by which the host's own network stack is at the other end of a link.

use std::ffi::{CString, c_char, c_int};
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rumpuser_posix::virtif::{Frame, Link, Port};

use crate::error::During as _;
use crate::{Error, ErrorKind};

const CLONE_DEVICE: &str = "/dev/net/tun";

/// A TAP device of a Linux host as a [`Link`]: what the interface sends comes out of a network interface
/// of the host's, and what the host sends there goes to the kernel. See the host's `tun.txt` and ip-tuntap(8).
///
/// The host's end is the host's to configure: bring it up, give it an address or make it part of a
/// bridge. A device that did not exist before is gone when the link is dropped.
///
/// ```no_run
/// # fn main() -> Result<(), rumpkernel::Error> {
/// # let kernel = rumpkernel::Kernel::boot()?;
/// use rumpkernel::net::{Interface, Tap};
///
/// // Before: ip tuntap add dev tap0 mode tap user $USER; ip addr add 10.0.0.1/24 dev tap0; ip link set tap0 up
/// let interface = Interface::create(&kernel, Tap::open("tap0")?)?;
/// interface.add_address("10.0.0.2/24")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tap {
    device: Arc<File>,
    name: String,
    /// Closed to end the reader.
    end: Option<PipeWriter>,
    ended: Option<PipeReader>,
    reader: Option<JoinHandle<()>>,
}

impl Tap {
    /// Opens the TAP device `name`, in the network namespace of the calling thread, or makes one. In a
    /// name such as `tap%d` the host puts the first number that is free.
    ///
    /// That takes the capability `CAP_NET_ADMIN`, or a device that somebody with it has made for the
    /// user who runs the program.
    ///
    /// # Errors
    ///
    /// What the host says, and what to do about it.
    pub fn open(name: &str) -> Result<Self, Error> {
        Self::try_open(name)
            .map_err(ErrorKind::Host)
            .during_at("tap", name)
            .map_err(with_hint)
    }

    fn try_open(name: &str) -> io::Result<Self> {
        let device = File::options().read(true).write(true).open(CLONE_DEVICE)?;
        // SAFETY: all zeros is a value of this structure of numbers and unions of numbers.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        let text = CString::new(name)?;
        let text = text.as_bytes_with_nul();
        if text.len() == 1 || text.len() > request.ifr_name.len() {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        for (place, byte) in request.ifr_name.iter_mut().zip(text) {
            *place = *byte as c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_TAP | libc::IFF_NO_PI) as libc::c_short;
        // SAFETY: the command takes a struct ifreq.
        check(unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })?;
        // SAFETY: plain values.
        check(unsafe { libc::fcntl(device.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
        let chosen = request.ifr_name.iter().map(|&char| char as u8);
        let chosen: Vec<u8> = chosen.take_while(|&byte| byte != 0).collect();
        let (ended, end) = io::pipe()?;
        Ok(Self {
            device: Arc::new(device),
            name: String::from_utf8_lossy(&chosen).into_owned(),
            end: Some(end),
            ended: Some(ended),
            reader: None,
        })
    }

    /// The name of the host's network interface.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn check(status: c_int) -> io::Result<()> {
    match status {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Adds what can be done about what the host says.
fn with_hint(error: Error) -> Error {
    let ErrorKind::Host(host) = error.kind() else {
        return error;
    };
    match host.raw_os_error() {
        Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => error.hint(
            "the host has no /dev/net/tun: load the module tun, or give the container that device",
        ),
        Some(libc::EPERM | libc::EACCES) => error.hint(
            "it takes CAP_NET_ADMIN, or a device for this user: \
             ip tuntap add dev NAME mode tap user USER",
        ),
        Some(libc::EBUSY) => {
            error.hint("another program has this device open: end it, or choose another name")
        }
        Some(libc::EINVAL) => error.hint(
            "the name is that of an interface that is no TAP device, or it is not 1 to 15 bytes long",
        ),
        _ => error,
    }
}

impl Link for Tap {
    fn connect(&mut self, port: Port) {
        let (device, Some(ended)) = (Arc::clone(&self.device), self.ended.take()) else {
            return;
        };
        let reading = move || read(&device, &ended, &port);
        // Without a thread nothing comes in, as over a cable that is cut.
        self.reader = thread::Builder::new()
            .name(self.name.clone())
            .spawn(reading)
            .ok();
    }

    fn send(&self, frame: Frame) {
        // What the host cannot take is lost, as on any wire: its interface may be down.
        let _ = (&*self.device).write(&frame);
    }
}

/// Hands frames to the port until the link is dropped or the device is gone.
fn read(device: &File, ended: &PipeReader, port: &Port) {
    let mut buffer = [0; Port::LONGEST];
    while wait(device.as_raw_fd(), ended.as_raw_fd()) {
        match (&*device).read(&mut buffer) {
            Ok(count) => {
                port.deliver(buffer[..count].into());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The host has taken the device away.
            Err(_) => return,
        }
    }
}

/// Waits for a frame; false at the end.
fn wait(device: RawFd, ended: RawFd) -> bool {
    let query = |fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    let mut both = [query(device), query(ended)];
    // SAFETY: two structures.
    unsafe { libc::poll(both.as_mut_ptr(), 2, -1) };
    both[1].revents == 0
}

impl Drop for Tap {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(reader) = self.reader.take() {
            // It does nothing that panics, and nobody could be told.
            let _ = reader.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        for (errno, word) in [
            (libc::ENOENT, "tun"),
            (libc::EPERM, "CAP_NET_ADMIN"),
            (libc::EBUSY, "another program"),
            (libc::EINVAL, "no TAP device"),
        ] {
            let error = ErrorKind::Host(io::Error::from_raw_os_error(errno)).during("tap");
            let text = with_hint(error).to_string();
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn names_are_checked() {
        for name in ["", "a-name-of-16-let", "nul\0inside"] {
            assert!(Tap::open(name).is_err(), "{name:?}");
        }
    }
}
