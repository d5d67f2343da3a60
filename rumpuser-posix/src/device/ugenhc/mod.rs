//! `rumpcomp_ugenhc_ioctl`, and the files `/dev/ugenN.EE`: USB devices of the program, for the
//! component rumpdev_ugenhc.
//!
//! The component is a host controller, of one port, that takes the host's ugen(4) device for what
//! is in the port: it opens the file of the control endpoint four times a second to see whether
//! there is a device, makes requests with ioctl(2), and reads and writes the files of the other
//! endpoints. All of that ends here, whatever files the host has. The program
//! [plugs](Instance::plug_usb) a [`Device`] into the first of the kernel's
//! [ports](crate::World::usb_ports) that is free.
//!
//! Of the ioctls there are those that the component makes as rumpkernel-build compiles it
//! (`USB_DO_REQUEST`, `USB_SET_SHORT_XFER`, `USB_SET_TIMEOUT`); others give ENOTTY, so that
//! snapshots from before 2016-04-23, whose own pipes make them, find no device usable. A stall is
//! EPIPE.

mod descriptors;
mod device;
mod port;

use std::ffi::{CStr, c_int, c_ulong};
use std::fmt;
use std::ptr;
use std::sync::Weak;

use crate::errno::from_host;
use crate::instance::{Buffer, Instance, Out, Vector, caller};
use crate::program;
use crate::state::fault::Fault;
use crate::wait::Dead;

pub use descriptors::Descriptors;
pub use device::{Device, Notifier, Refusal, Setup};
pub use port::PORTS;
use port::{ENDPOINTS, Manner, ports};

/// Where the numbers begin that the kernel has for descriptors: beyond those that a host gives.
const FIRST: c_int = 0x7000_0000;

/// A file of a port: one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    port: usize,
    endpoint: usize,
}

impl Node {
    /// The node of this name.
    pub(crate) fn named(path: &CStr) -> Option<Self> {
        let name = path.to_str().ok()?.strip_prefix("/dev/ugen")?;
        let (port, endpoint) = name.split_once('.')?;
        Self::new(port.parse().ok()?, endpoint.parse().ok()?)
    }

    /// The node that this descriptor is for.
    pub(crate) fn numbered(number: c_int) -> Option<Self> {
        let number = usize::try_from(number.checked_sub(FIRST)?).ok()?;
        Self::new(number / ENDPOINTS, number % ENDPOINTS)
    }

    fn new(port: usize, endpoint: usize) -> Option<Self> {
        (port < usize::from(PORTS) && endpoint < ENDPOINTS).then_some(Self { port, endpoint })
    }

    fn number(self) -> c_int {
        // Both are small.
        FIRST + (self.port * ENDPOINTS + self.endpoint) as c_int
    }

    /// Whether the kernel has such a port.
    pub(crate) fn exists(self, instance: &Instance) -> bool {
        ports(instance).has(self.port)
    }

    /// Opens it; its descriptor. `Err` with NetBSD's number.
    pub(crate) fn open(self, instance: &Instance) -> Result<c_int, c_int> {
        if self.exists(instance) && ports(instance).open(self.port, self.endpoint) {
            Ok(self.number())
        } else {
            Err(from_host(libc::ENXIO))
        }
    }

    /// The kernel closes the file of the control endpoint when it has seen the device go.
    pub(crate) fn close(self, instance: &Instance) {
        if self.endpoint == 0 {
            ports(instance).forget(self.port);
        }
    }

    /// Moves data between the device and the first of `count` buffers, without CPU. `Err` with the
    /// host's number.
    pub(crate) fn transfer(
        self,
        instance: &Instance,
        is_in: bool,
        vector: Vector,
        count: usize,
    ) -> Result<usize, c_int> {
        let Some((mut buffer, length)) = vector.first(count) else {
            return Ok(0);
        };
        let endpoint = self.endpoint as u8;
        let done = if is_in {
            let buffer = buffer.bytes_mut(length);
            self.with_device(instance, |manner, occupant| {
                occupant.attempt(instance, manner.patience, |device| {
                    device.transfer_in(endpoint, buffer)
                })
            })
        } else {
            let data = buffer.bytes(length);
            self.with_device(instance, |manner, occupant| {
                occupant.attempt(instance, manner.patience, |device| {
                    device.transfer_out(endpoint, data).map(|()| length)
                })
            })
        };
        done.and_then(|(done, manner)| match done.min(length) {
            // Without this the kernel would wait for the rest.
            done if is_in && done < length && !manner.may_be_short => Err(libc::EIO),
            done => Ok(done),
        })
    }

    /// Makes a request on the control endpoint, without CPU; how many bytes of data there were.
    fn request(self, instance: &Instance, setup: Setup, mut data: Buffer) -> Result<usize, c_int> {
        const SET_ADDRESS: u8 = 5;
        if setup.request_type == 0 && setup.request == SET_ADDRESS {
            return Ok(0);
        }
        let length = usize::from(setup.length);
        let data = data.bytes_mut(length);
        self.with_device(instance, |_, occupant| {
            let device = occupant.device();
            let done = program::call(|| match setup.is_in() {
                true => device.control_in(&setup, data),
                false => device.control_out(&setup, data).map(|()| length),
            });
            Ok(done.unwrap_or(Err(Refusal::Stall)).map_err(|_| libc::EPIPE))
        })
        .map(|(done, _)| done.min(length))
    }

    /// Runs `f` without CPU, for a device that is there.
    fn with_device(
        self,
        instance: &Instance,
        f: impl FnOnce(Manner, &port::Occupant) -> Result<Result<usize, c_int>, Dead>,
    ) -> Result<(usize, Manner), c_int> {
        if instance.faults().strikes(Fault::Usb) {
            return Err(libc::EIO);
        }
        let done = || match ports(instance).find(self.port, self.endpoint) {
            Some((occupant, manner)) => {
                f(manner, &occupant).map(|done| done.map(|done| (done, manner)))
            }
            None => Ok(Err(libc::ENXIO)),
        };
        let locks = instance.unschedule(ptr::null_mut());
        let Ok(done) = done() else {
            instance.leave();
        };
        instance.schedule(locks, ptr::null_mut());
        done
    }
}

impl Instance {
    /// Plugs a device into the first USB port that is free. The kernel notices it within a quarter
    /// of a second of its time. `None` when every port has a device, or had one that the kernel has
    /// not yet seen go.
    pub fn plug_usb(&self, device: Box<dyn Device>) -> Option<Plugged> {
        let instance = Weak::clone(&self.this);
        let (port, occupant) = ports(self).insert(Weak::clone(&instance), device)?;
        Some(Plugged {
            instance,
            port,
            occupant,
        })
    }
}

/// A device in a port. Dropping it takes the device out: transfers fail, and the kernel detaches
/// its drivers when it notices, within a quarter of a second or so.
#[must_use = "the device is taken out when this is dropped"]
pub struct Plugged {
    instance: Weak<Instance>,
    port: u8,
    occupant: Weak<port::Occupant>,
}

impl Plugged {
    /// The number of the port.
    #[must_use]
    pub fn port(&self) -> u8 {
        self.port
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.upgrade()
            // Of a parent's kernel another thread may have had the lock when it forked.
            && !instance.is_foreign()
        {
            ports(&instance).remove(self.port, &self.occupant);
        }
    }
}

impl fmt::Debug for Plugged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugged")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// `struct usb_ctl_request`.
#[repr(C)]
#[derive(Clone, Copy)]
struct ControlRequest {
    address: c_int,
    setup: [u8; 8],
    data: Buffer,
    flags: c_int,
    actual_length: c_int,
}

/// The number of an ioctl of the group `U`.
const fn ioctl(direction: c_ulong, number: c_ulong, size: usize) -> c_ulong {
    direction | (size as c_ulong) << 16 | (b'U' as c_ulong) << 8 | number
}

const IN: c_ulong = 0x8000_0000;
const IN_OUT: c_ulong = 0xc000_0000;
const DO_REQUEST: c_ulong = ioctl(IN_OUT, 111, size_of::<ControlRequest>());
const SET_SHORT_XFER: c_ulong = ioctl(IN, 113, size_of::<c_int>());
const SET_TIMEOUT: c_ulong = ioctl(IN, 114, size_of::<c_int>());

/// Makes a request, or sets something for an endpoint: 0, or -1 and a number of NetBSD's in
/// `error`.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_ugenhc_ioctl(
    file: c_int,
    command: c_ulong,
    data: Buffer,
    error: Out<c_int>,
) -> c_int {
    let instance = &*caller();
    let result = match (Node::numbered(file), command) {
        (None, _) => Err(libc::EBADF),
        (Some(node), DO_REQUEST) => {
            // SAFETY: the kernel passes this structure for this command.
            let place = unsafe { data.holding::<ControlRequest>() };
            let mut request = place.get();
            let setup = Setup::from_bytes(request.setup);
            node.request(instance, setup, request.data).map(|done| {
                // It fits: a length of 16 bits is the most.
                request.actual_length = done as c_int;
                place.set(request);
            })
        }
        (Some(node), SET_SHORT_XFER | SET_TIMEOUT) => {
            // SAFETY: the kernel passes a number for these commands.
            let value = unsafe { data.holding::<c_int>() }.get();
            ports(instance).set(node.port, node.endpoint, |manner| match command {
                SET_TIMEOUT => manner.patience = value.max(0).unsigned_abs(),
                _ => manner.may_be_short = value != 0,
            });
            Ok(())
        }
        _ => Err(libc::ENOTTY),
    };
    match result {
        Ok(()) => 0,
        Err(number) => {
            error.set(from_host(number));
            -1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_usb_h() {
        let pointers = size_of::<usize>() == 8;
        let request = if pointers { 0xc020_556f } else { 0xc018_556f };
        assert_eq!(
            (DO_REQUEST, SET_SHORT_XFER, SET_TIMEOUT),
            (request, 0x8004_5571, 0x8004_5572)
        );
    }

    #[test]
    fn names_and_numbers_lead_to_endpoints() {
        let node = Node::named(c"/dev/ugen3.15").unwrap();
        assert_eq!(
            node,
            Node {
                port: 3,
                endpoint: 15
            }
        );
        assert_eq!(Node::numbered(node.number()), Some(node));
        for name in [
            c"/dev/ugen4.00",
            c"/dev/ugen0.16",
            c"/dev/ugen0",
            c"/dev/ugen.00",
        ] {
            assert_eq!(Node::named(name), None, "{name:?}");
        }
        for number in [-1, 0, 3, FIRST - 1, FIRST + 64, c_int::MAX, c_int::MIN] {
            assert_eq!(Node::numbered(number), None, "{number}");
        }
    }
}
