//! Interfaces that are plugged into links of the program: `virt0`, `virt1`, …

use std::sync::Arc;

use rumpkernel_sys as sys;
use rumpuser_posix::virtif::{Deliver, Link};

use super::{Interface, trust_addresses};
use crate::error::During as _;
use crate::gate::Gate;
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
        Self::plug(kernel.gate(), Box::new(link), None).during("ifconfig create")
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
        Self::plug(kernel.gate(), Box::new(link), Some(address)).during("ifconfig create")
    }

    fn plug(
        gate: &Arc<Gate>,
        link: Box<dyn Link>,
        address: Option<[u8; 6]>,
    ) -> Result<Self, ErrorKind> {
        trust_addresses(gate)?;
        let deliver = gate
            .entry_points()
            .virtif_virt_deliverpkt
            .ok_or(ErrorKind::Errno(Errno::NXIO))?;
        // SAFETY: pointers to a kernel's interface and to its struct iovec, which is laid out as
        // the host's: an address and a length.
        let deliver = unsafe {
            std::mem::transmute::<
                unsafe extern "C" fn(*mut sys::virtif_sc, *mut sys::iovec, usize),
                Deliver,
            >(deliver)
        };
        // SAFETY: the function is this kernel's, and a gate is a kernel that has been booted.
        let plugged = unsafe { gate.instance().plug(link, address, deliver) }
            .map_err(|code| ErrorKind::Errno(Errno::from_raw(code)))?;
        let text = format!("virt{}", plugged.unit());
        let name = Name::new(&text).ok_or(ErrorKind::Errno(Errno::NAMETOOLONG))?;
        interface::create(gate, &name)?;
        Ok(Self {
            gate: Arc::clone(gate),
            name,
            text,
            mac: plugged.address(),
            _plugged: Some(plugged),
        })
    }
}
