//! USB devices of the program, plugged into a kernel's ports.
//!
//! A kernel has as many ports as [`Builder::usb_ports`](crate::Builder::usb_ports) says. What is
//! plugged into one, at any time, is a [`Device`]: emulated by the program, or a real one that the
//! program reaches in some way. The kernel enumerates it and attaches the drivers that it was built
//! with. With the feature `umass`, mass storage becomes the disk `/dev/sd0`: its first sector to
//! its last are the partition d, `/dev/sd0d` and `/dev/rsd0d`. Such a device node is always there,
//! and opening it gives `ENXIO` until the disk is attached.
//!
//! NetBSD has this driver on x86 only, and works with devices here in snapshots from 2016-04-23 on:
//! those before have the ports, and see no device in them.
//!
//! Devices come and go on ticks of the kernel's clock. The kernel sees one that was plugged in
//! within a quarter of a second, and attaches its drivers some hundred milliseconds later.

use std::fmt;
use std::sync::Arc;

use crate::backend::Handle;
use crate::error::During as _;
use crate::{Error, Kernel};

use rumpuser_posix::usb::Plugged;

pub use rumpuser_posix::usb::{Descriptors, Device, Notifier, Refusal, Setup};

/// A device that is plugged in; unplugged when dropped.
///
/// The kernel notices that it is gone within a quarter of a second of its time, and after a second
/// more the port can be used again. Close and unmount what is on a disk first: NetBSD's umass(4)
/// can crash its kernel when it is used while it detaches.
#[must_use = "the device is unplugged when this is dropped"]
pub struct Plug {
    plugged: Plugged,
    // Dropped last: the device is taken out of a kernel that is still there.
    _kernel: Handle,
}

/// Plugs a device into the first free port of a kernel.
///
/// # Errors
///
/// [`ErrorKind::NoUsbPort`](crate::ErrorKind::NoUsbPort); that the kernel is dead.
pub fn plug(kernel: &Kernel, device: impl Device + 'static) -> Result<Plug, Error> {
    let kernel = kernel.handle();
    let plugged = kernel.plug_usb(Box::new(device)).during("plug")?;
    Ok(Plug {
        plugged,
        _kernel: Arc::clone(kernel),
    })
}

impl Plug {
    /// The number of the port, from 0 on: of the controller `ugenhc0`, and so on.
    pub fn port(&self) -> u8 {
        self.plugged.port()
    }
}

impl fmt::Debug for Plug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plug").field("port", &self.port()).finish()
    }
}
