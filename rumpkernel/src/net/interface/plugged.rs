//! Interfaces that are plugged into links of the program: `virt0`, `virt1`, …

use std::sync::Arc;

use rumpuser_posix::virtif::Link;

use super::{Interface, trust_addresses};
use crate::backend::Handle;
use crate::error::During as _;
use crate::syscall::interface::{self, Name};
use crate::{Errno, Error, ErrorKind, Kernel};

impl Interface {
    /// Makes an interface and plugs it into `link`. Its Ethernet address is random, as the kernel's
    /// random numbers are: kernels with the same seed get the same.
    ///
    /// # Errors
    ///
    /// `EEXIST` when there is an interface of the next name, made by other means; `EAGAIN` when the
    /// host has no thread for it.
    pub fn create(kernel: &Kernel, link: impl Link + 'static) -> Result<Self, Error> {
        Self::plug(kernel.handle(), Box::new(link), None).during("ifconfig create")
    }

    /// Like [`create`](Self::create), with a given Ethernet address.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); `EINVAL` when the address is one for groups (its first byte
    /// is odd).
    pub fn with_mac(
        kernel: &Kernel,
        link: impl Link + 'static,
        address: [u8; 6],
    ) -> Result<Self, Error> {
        if address[0] & 1 != 0 {
            return Err(ErrorKind::Errno(Errno::INVAL).during("ifconfig create"));
        }
        Self::plug(kernel.handle(), Box::new(link), Some(address)).during("ifconfig create")
    }

    fn plug(
        kernel: &Handle,
        link: Box<dyn Link>,
        address: Option<[u8; 6]>,
    ) -> Result<Self, ErrorKind> {
        trust_addresses(kernel)?;
        let plugged = kernel.plug_link(link, address)?;
        let text = format!("virt{}", plugged.unit());
        let name = Name::new(&text).ok_or(ErrorKind::Errno(Errno::NAMETOOLONG))?;
        interface::create(kernel, &name)?;
        Ok(Self {
            kernel: Arc::clone(kernel),
            name,
            text,
            mac: plugged.address(),
            _plugged: Some(plugged),
        })
    }
}
