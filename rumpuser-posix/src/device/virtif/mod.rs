//! `rumpcomp_virt_*`: the network interfaces virt0, virt1, … of the component rumpnet_virtif.
//!
//! The program [plugs](Instance::plug) a link into a unit and has the kernel make the interface of
//! that number. What the interface sends goes to the link on the sending thread; what comes goes to
//! the interface's port, and from there to the kernel on a thread of its own, so that a kernel is
//! never entered from the middle of another. An interface that nobody has plugged in has no device
//! (ENXIO when it is brought up).

mod inbox;
mod link;
mod nic;
mod units;

use std::ffi::{c_int, c_void};
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, Weak};

use crate::errno::from_host;
use crate::instance::{Instance, Out, Text, Vector, caller};
use crate::state::fault::Fault;
use crate::wait::Dead;

use inbox::Inbox;
pub use link::{Frame, Link, Port};
pub use nic::Deliver;
use nic::Nic;
use units::interfaces;

/// A link in a unit, for which the kernel can make an interface.
///
/// Dropping it takes the link out: where the kernel has not made the interface, the link is
/// dropped; otherwise the interface stays until the kernel destroys it, and receives nothing more.
/// The unit is free again when this value is dropped and the kernel has no such interface.
#[must_use = "the link is taken out when this is dropped"]
pub struct Plugged {
    instance: Weak<Instance>,
    unit: u32,
    nic: Weak<Nic>,
    address: [u8; 6],
}

impl Plugged {
    /// The number in the interface's name.
    #[must_use]
    pub fn unit(&self) -> u32 {
        self.unit
    }

    /// The interface's Ethernet address.
    #[must_use]
    pub fn address(&self) -> [u8; 6] {
        self.address
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        let Some(instance) = self.instance.upgrade() else {
            return;
        };
        if instance.is_foreign() {
            // The parent's, whose other threads may have had the locks when it forked.
            return;
        }
        if let Some(nic) = self.nic.upgrade() {
            nic.inbox.close();
        }
        drop(interfaces(&instance).unplug(self.unit));
    }
}

impl fmt::Debug for Plugged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugged")
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

impl Instance {
    /// Plugs a link into the first unit that is free, as the interface with this Ethernet address,
    /// or with one from the kernel's random numbers. The kernel can then make the interface
    /// (`SIOCIFCREATE`), and when it destroys the interface, the link is dropped.
    ///
    /// # Errors
    ///
    /// NetBSD's number for what the host says when it is asked for a thread or for randomness.
    ///
    /// # Safety
    ///
    /// `deliver` is this kernel's, which has been booted.
    pub unsafe fn plug(
        &self,
        mut link: Box<dyn Link>,
        address: Option<[u8; 6]>,
        deliver: Deliver,
    ) -> Result<Plugged, c_int> {
        let address = match address {
            Some(address) => address,
            None => self.random_address().map_err(from_host)?,
        };
        let inbox = Arc::new(Inbox::new(self.this.clone()));
        link.connect(Port {
            inbox: Arc::clone(&inbox),
        });
        let nic = Arc::new(Nic::new(address, deliver, link, inbox));
        let weak = Arc::downgrade(&nic);
        let (unit, handle) = interfaces(self).plug(nic);
        let plugged = Plugged {
            instance: Weak::clone(&self.this),
            unit,
            nic: weak,
            address,
        };
        let handle = ptr::without_provenance_mut(handle);
        self.start_detached(&format!("virt{unit}"), nic::receive, handle)?;
        Ok(plugged)
    }

    /// An Ethernet address that is nobody's, in the range that is free for such.
    fn random_address(&self) -> Result<[u8; 6], c_int> {
        const LOCAL_UNICAST: u8 = 0xb2;
        let mut address = [LOCAL_UNICAST, 0, 0, 0, 0, 0];
        let mut random = [MaybeUninit::new(0_u8); 5];
        self.random.fill(&mut random)?;
        for (place, byte) in address[1..].iter_mut().zip(random) {
            // SAFETY: initialised from the beginning.
            *place = unsafe { byte.assume_init() };
        }
        Ok(address)
    }
}

/// The kernel makes an interface: stores its Ethernet address and its handle, null for none.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_virt_create(
    unit: Text,
    interface: *mut c_void,
    address: Out<[u8; 6]>,
    handle: Out<*const c_void>,
) -> c_int {
    let instance = &*caller();
    let unit = unit.get().to_str().ok().and_then(|unit| unit.parse().ok());
    let created = match instance.faults().strikes(Fault::Interface) {
        true => None,
        false => unit.and_then(|unit| interfaces(instance).create(unit)),
    };
    let number = match created {
        Some((number, nic)) => {
            address.set(nic.address);
            nic.created(instance, interface);
            number
        }
        None => 0,
    };
    handle.set(ptr::without_provenance(number));
    0
}

/// The kernel sends a frame. Without CPU, because a link may block.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_virt_send(handle: *const c_void, pieces: Vector, count: usize) {
    let instance = &*caller();
    let pieces = pieces.readable(count);
    if instance.faults().strikes(Fault::Frame) {
        return;
    }
    instance.unscheduled(|| {
        if let Some(nic) = interfaces(instance).find(handle.addr()) {
            // SAFETY: the pieces are the sending thread's, which is here.
            unsafe { nic.send(pieces) };
        }
    });
}

/// The kernel begins to destroy an interface: nothing is delivered any more.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_virt_dying(handle: *const c_void) -> c_int {
    let instance = &*caller();
    instance.unscheduled(|| {
        if let Some(nic) = interfaces(instance).find(handle.addr()) {
            nic.inbox.close();
        }
    });
    0
}

/// The kernel is about to free an interface: waits until the receiver is out of it.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_virt_destroy(handle: *const c_void) {
    let instance = &*caller();
    let destroy = || {
        if let Some(nic) = interfaces(instance).find(handle.addr()) {
            nic.end(instance)?;
        }
        drop(interfaces(instance).destroy(handle.addr()));
        Ok::<(), Dead>(())
    };
    let locks = instance.unschedule(ptr::null_mut());
    if destroy().is_err() {
        instance.leave();
    }
    instance.schedule(locks, ptr::null_mut());
}
