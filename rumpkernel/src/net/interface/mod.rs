//! Network interfaces of kernels: how they are configured. How they are made is the modules'
//! matter.

#[cfg(feature = "virtif")]
mod plugged;
#[cfg(feature = "shmif")]
mod shared;

use std::fmt;
use std::net::Ipv6Addr;

#[cfg(feature = "virtif")]
use rumpuser_posix::virtif::Plugged;

use super::ToPrefix;
use crate::backend::Handle;
use crate::error::During as _;
use crate::syscall::interface::{self, Name};
use crate::syscall::sysctl;
use crate::{Errno, Error, ErrorKind};

/// An Ethernet interface of a kernel; destroyed when dropped.
///
/// With feature `virtif` its frames go through a `Link` of the program's (`create`; it is called
/// `virt0`, `virt1`, …), with feature `shmif` over a bus in a file, which other kernels and other
/// processes can share (`shared`; it is called `shmif0`, `shmif1`, …).
///
/// A new interface is down and has no address. Giving it an address brings it up.
///
/// # Duplicate addresses
///
/// The program knows who is on its links and buses. So making an interface turns the kernel's
/// search for duplicate addresses off (`net.inet.ip.dad_count`, `net.inet6.ip6.dad_count`), and
/// addresses are usable at once. [`Kernel::set_sysctl`](crate::Kernel::set_sysctl) turns it on
/// again.
///
/// # Clocks that are moved by hand
///
/// The kernel waits for a tick of its clock here and there while it changes its lists of
/// interfaces and addresses. So do it in [`Hand::run`](crate::Hand::run). Dropping an interface
/// elsewhere moves the clock on by some ticks.
pub struct Interface {
    kernel: Handle,
    name: Name,
    text: String,
    mac: [u8; 6],
    /// The unit that a link is plugged into, until the kernel has destroyed the interface.
    #[cfg(feature = "virtif")]
    _plugged: Option<Plugged>,
}

/// Turns the search for duplicate addresses off.
fn trust_addresses(kernel: &Handle) -> Result<(), ErrorKind> {
    for variable in ["net.inet.ip.dad_count", "net.inet6.ip6.dad_count"] {
        match sysctl::set(kernel, variable, 0) {
            // A kernel without this protocol, or of a time before it searched.
            Err(ErrorKind::Errno(Errno::NOENT)) => {}
            result => result?,
        }
    }
    Ok(())
}

impl Interface {
    /// The name, such as `virt0`.
    pub fn name(&self) -> &str {
        &self.text
    }

    /// The Ethernet address.
    pub fn mac(&self) -> [u8; 6] {
        self.mac
    }

    /// The number of the interface in its kernel, which is the scope of link-local addresses.
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn index(&self) -> Result<u32, Error> {
        interface::index(&self.kernel, &self.name).during_at("if_nametoindex", &*self.text)
    }

    /// The IPv6 address that the interface gives itself from its Ethernet address, once it is up
    /// (RFC 4291, appendix A).
    pub fn link_local(&self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.mac;
        let half = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
        Ipv6Addr::from_bits(0xfe80 << 112 | u128::from(half))
    }

    /// Adds an address with its network, such as `"10.0.0.1/24"` or `"fd00::1/64"`, and brings the
    /// interface up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadPrefix`]; `EAFNOSUPPORT` without the feature `netinet` or `netinet6`;
    /// others of ioctl(2), such as `EADDRNOTAVAIL` for an address that no interface can have.
    pub fn add_address(&self, address: impl ToPrefix) -> Result<(), Error> {
        address
            .to_prefix()
            .and_then(|address| interface::add_address(&self.kernel, &self.name, &address))
            .during_at("ifconfig", &*self.text)
    }

    /// Takes an address away, and the routes that go by it.
    ///
    /// # Errors
    ///
    /// `EADDRNOTAVAIL` when the interface does not have it; [`ErrorKind::BadPrefix`].
    pub fn remove_address(&self, address: impl ToPrefix) -> Result<(), Error> {
        address
            .to_prefix()
            .and_then(|address| interface::remove_address(&self.kernel, &self.name, &address))
            .during_at("ifconfig", &*self.text)
    }

    /// Brings the interface up.
    ///
    /// # Errors
    ///
    /// Those of ioctl(2).
    pub fn up(&self) -> Result<(), Error> {
        interface::set_up(&self.kernel, &self.name, true).during_at("ifconfig", &*self.text)
    }

    /// Takes the interface down: it neither sends nor receives. It keeps its addresses.
    ///
    /// # Errors
    ///
    /// Those of ioctl(2).
    pub fn down(&self) -> Result<(), Error> {
        interface::set_up(&self.kernel, &self.name, false).during_at("ifconfig", &*self.text)
    }

    /// Returns whether the interface is up.
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn is_up(&self) -> Result<bool, Error> {
        interface::is_up(&self.kernel, &self.name).during_at("ifconfig", &*self.text)
    }

    /// Returns the MTU: the largest IP packet that fits one frame, in bytes; 1500 at first.
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn mtu(&self) -> Result<u32, Error> {
        interface::mtu(&self.kernel, &self.name).during_at("ifconfig", &*self.text)
    }

    /// Sets how many bytes of an IP packet fit one frame.
    ///
    /// # Errors
    ///
    /// `EINVAL` above 1500, and for less than the protocols need.
    pub fn set_mtu(&self, bytes: u32) -> Result<(), Error> {
        interface::set_mtu(&self.kernel, &self.name, bytes).during_at("ifconfig", &*self.text)
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        let (kernel, name) = (&self.kernel, &self.name);
        if kernel.is_of_parent() {
            // Of a process that this one was forked from, where it goes on.
            return;
        }
        // The kernel destroys no interface that is up. A dead kernel has none; and one whose name
        // was changed by other means stays, of which at least the link is cut.
        kernel.while_time_passes(&mut || {
            let _gone = interface::set_up(kernel, name, false)
                .and_then(|()| interface::destroy(kernel, name));
        });
    }
}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interface").field(&self.text).finish()
    }
}
