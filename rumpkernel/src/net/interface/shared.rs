//! Interfaces on a bus in a file: `shmif0`, `shmif1`, …

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use super::{Interface, trust_addresses};
use crate::backend::Handle;
use crate::error::During as _;
use crate::syscall::interface::{self, Name};
use crate::{Errno, Error, ErrorKind, Kernel};

impl Interface {
    /// Makes an interface on the Ethernet bus in the file `bus`, a host path: everybody on the bus
    /// gets every frame. Others on it may be of this kernel, of other kernels, or of other
    /// processes of this host, NetBSD's own rump kernels included. A file that does not exist or is
    /// empty becomes a bus, of 1 MiB. The interface's Ethernet address is random, as the kernel's
    /// random numbers are: kernels with the same seed get the same, so give those on one bus
    /// different seeds.
    ///
    /// Everybody who can write to the file can read and forge all traffic, can stop it, and can
    /// crash the kernels on the bus. So can a process that is killed just as it changes the bus:
    /// the bus is locked then, and a new file is needed. Frames that a kernel does not take in time
    /// are lost. The file stays when all are gone, and can be removed then.
    ///
    /// # Errors
    ///
    /// `ENOEXEC` for a file that is no bus; `EINVAL` for a path that is longer than NetBSD's paths,
    /// 1023 bytes; [`ErrorKind::NulInPath`]; what the host says when it opens or maps the file.
    pub fn shared(kernel: &Kernel, bus: impl AsRef<Path>) -> Result<Self, Error> {
        let bus = bus.as_ref();
        Self::attach(kernel.handle(), bus)
            .during_at("ifconfig linkstr", bus)
            .map_err(|error| match error.errno() {
                Some(Errno::NOEXEC) => error.hint(
                    "the file is no bus: name one that other interfaces use, or one that does not exist",
                ),
                _ => error,
            })
    }

    fn attach(kernel: &Handle, bus: &Path) -> Result<Self, ErrorKind> {
        let path = CString::new(bus.as_os_str().as_bytes()).map_err(|_| ErrorKind::NulInPath)?;
        if path.is_empty() || path.count_bytes() > LONGEST {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        trust_addresses(kernel)?;
        let (name, text) = make(kernel)?;
        // From here on it is destroyed when dropped.
        let mut this = Self {
            kernel: Arc::clone(kernel),
            name,
            text,
            mac: [0; 6],
            #[cfg(feature = "virtif")]
            _plugged: None,
        };
        interface::set_link_string(kernel, &this.name, &path)?;
        this.mac = interface::ethernet_address(kernel, &this.name)?;
        Ok(this)
    }
}

/// NetBSD's `MAXPATHLEN`, without the NUL.
const LONGEST: usize = 1023;

/// Makes the first interface whose name is free.
fn make(kernel: &Handle) -> Result<(Name, String), ErrorKind> {
    for unit in 0_u32.. {
        let text = format!("shmif{unit}");
        let Some(name) = Name::new(&text) else {
            break;
        };
        match interface::create(kernel, &name) {
            Err(ErrorKind::Errno(Errno::EXIST)) => {}
            result => return result.map(|()| (name, text)),
        }
    }
    Err(ErrorKind::Errno(Errno::NAMETOOLONG))
}
