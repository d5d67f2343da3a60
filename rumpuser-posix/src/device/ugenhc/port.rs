//! A kernel's USB ports, and who is in them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::{mem, ptr};

use parking_lot::Mutex;

use super::device::{Device, Notifier, Refusal};
use crate::instance::{Extension, Instance};
use crate::program::{self, Theirs};
use crate::wait::{Dead, Wake};

/// How many USB ports a kernel can have: host controllers, of one port each, in NetBSD's
/// configuration.
pub const PORTS: u8 = 4;
/// How many endpoints a device has in each direction, with that for control.
pub(super) const ENDPOINTS: usize = 16;

const NANOS_IN_MILLISECOND: i64 = 1_000_000;

/// A device in a port.
pub(super) struct Occupant {
    device: Theirs<Box<dyn Device>>,
    instance: Weak<Instance>,
    /// Counts the times at which transfers have to look again.
    changes: AtomicUsize,
    gone: AtomicBool,
}

impl Occupant {
    fn new(instance: Weak<Instance>, mut device: Box<dyn Device>) -> Arc<Self> {
        Arc::new_cyclic(|occupant| {
            device.plugged(Notifier {
                occupant: Weak::clone(occupant),
            });
            Self {
                device: Theirs::new(device),
                instance,
                changes: AtomicUsize::new(0),
                gone: AtomicBool::new(false),
            }
        })
    }

    pub(super) fn device(&self) -> &dyn Device {
        &**self.device
    }

    fn key(&self) -> usize {
        ptr::from_ref(&self.changes).addr()
    }

    /// Makes transfers that wait look again.
    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        if let Some(instance) = self.instance.upgrade() {
            instance.parked.unpark_all(self.key());
        }
    }

    fn leave(&self) {
        self.gone.store(true, Ordering::SeqCst);
        self.changed();
    }

    /// Has the device do something, again and again for as long as it is not ready and so many
    /// milliseconds of the kernel's time, 0 for ever, have not passed. `Err` with the host's
    /// number.
    pub(super) fn attempt<T>(
        &self,
        instance: &Instance,
        patience: u32,
        mut transfer: impl FnMut(&dyn Device) -> Result<T, Refusal>,
    ) -> Result<Result<T, i32>, Dead> {
        let deadline = match patience {
            0 => None,
            patience => instance
                .time
                .after(0, i64::from(patience).saturating_mul(NANOS_IN_MILLISECOND)),
        };
        loop {
            let seen = self.changes.load(Ordering::SeqCst);
            if self.gone.load(Ordering::SeqCst) {
                return Ok(Err(libc::ENXIO));
            }
            match program::call(|| transfer(self.device())).unwrap_or(Err(Refusal::Stall)) {
                Ok(result) => return Ok(Ok(result)),
                Err(Refusal::Stall) => return Ok(Err(libc::EPIPE)),
                Err(Refusal::Nak) => {}
            }
            let unchanged = || self.changes.load(Ordering::SeqCst) == seen;
            match instance
                .parked
                .park(self.key(), unchanged, || {}, || {}, deadline)
            {
                Wake::Dead => return Err(Dead),
                Wake::TimedOut => return Ok(Err(libc::ETIMEDOUT)),
                Wake::Unparked(_) | Wake::Invalid => {}
            }
        }
    }
}

/// What the kernel has set for an endpoint.
#[derive(Clone, Copy, Default)]
pub(super) struct Manner {
    /// How long a transfer waits, in milliseconds; 0 for ever.
    pub(super) patience: u32,
    /// Whether less than was asked for will do.
    pub(super) may_be_short: bool,
}

#[derive(Default)]
struct Port {
    occupant: Option<Arc<Occupant>>,
    /// The kernel has seen a device come, and has not yet seen it go.
    seen: bool,
    manners: [Manner; ENDPOINTS],
}

/// The ports of one kernel.
pub(super) struct Ports {
    count: u8,
    ports: Mutex<[Port; PORTS as usize]>,
}

/// The ports of this kernel.
pub(super) fn ports(instance: &Instance) -> &Ports {
    instance.extensions.get(|| Ports::new(instance.usb_ports))
}

impl Extension for Ports {
    // None of the kernel's threads runs any more.
    fn clear(&self) {
        let all = mem::take(&mut *self.ports.lock());
        drop(all);
    }
}

impl Ports {
    fn new(count: u8) -> Self {
        Self {
            count: count.min(PORTS),
            ports: Mutex::default(),
        }
    }

    pub(super) fn has(&self, port: usize) -> bool {
        port < usize::from(self.count)
    }

    /// The device in a port, and what is set for an endpoint.
    pub(super) fn find(&self, port: usize, endpoint: usize) -> Option<(Arc<Occupant>, Manner)> {
        let ports = self.ports.lock();
        let port = &ports[port];
        Some((port.occupant.clone()?, port.manners[endpoint]))
    }

    /// Changes what is set for an endpoint.
    pub(super) fn set(&self, port: usize, endpoint: usize, change: impl FnOnce(&mut Manner)) {
        change(&mut self.ports.lock()[port].manners[endpoint]);
    }

    /// The kernel looks for a device in a port, or opens one of its endpoints. Whether there is
    /// one.
    pub(super) fn open(&self, port: usize, endpoint: usize) -> bool {
        let port = &mut self.ports.lock()[port];
        port.manners[endpoint] = Manner::default();
        let there = port.occupant.is_some();
        port.seen |= there;
        there
    }

    /// The kernel has seen that the device in a port is gone.
    pub(super) fn forget(&self, port: usize) {
        self.ports.lock()[port].seen = false;
    }

    /// Puts a device into the first port that is free; returns the port's number and who is in it.
    pub(super) fn insert(
        &self,
        instance: Weak<Instance>,
        device: Box<dyn Device>,
    ) -> Option<(u8, Weak<Occupant>)> {
        let free = |port: &Port| port.occupant.is_none() && !port.seen;
        // A device is the program's, and is not called under the lock.
        let occupant = Occupant::new(instance, device);
        let mut ports = self.ports.lock();
        let number = (0..self.count).find(|&number| free(&ports[usize::from(number)]));
        let port = number.map(|number| &mut ports[usize::from(number)]);
        if let Some(port) = port {
            port.occupant = Some(Arc::clone(&occupant));
        }
        drop(ports);
        Some((number?, Arc::downgrade(&occupant)))
    }

    /// Takes this device out of a port, if it is there.
    pub(super) fn remove(&self, port: u8, occupant: &Weak<Occupant>) {
        let is_it = |there: &mut Arc<Occupant>| Arc::as_ptr(there) == occupant.as_ptr();
        let occupant = self.ports.lock()[usize::from(port)].occupant.take_if(is_it);
        if let Some(occupant) = occupant {
            occupant.leave();
        }
    }
}
