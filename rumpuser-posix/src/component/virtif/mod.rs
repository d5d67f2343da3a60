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

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::errno::from_host;
use crate::instance::{Instance, caller};

use inbox::Inbox;
pub use link::{Frame, Link, Port};
pub use nic::Deliver;
use nic::Nic;

/// The interfaces of one kernel, by unit.
#[derive(Default)]
pub(crate) struct Interfaces {
    units: Mutex<BTreeMap<u32, Arc<Nic>>>,
}

impl Interfaces {
    /// Takes all links off a dead kernel, none of whose threads runs any more.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.units.lock());
        for nic in all.values() {
            nic.inbox.close();
        }
    }

    fn get(&self, unit: u32) -> Option<Arc<Nic>> {
        self.units.lock().get(&unit).cloned()
    }

    fn remove(&self, unit: u32) {
        // A link is the program's, and may do anything as it is dropped: not under the lock.
        let nic = self.units.lock().remove(&unit);
        drop(nic);
    }
}

/// A unit with a link in it, for which the kernel can make an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plugged {
    /// The number in the interface's name.
    pub unit: u32,
    /// The interface's Ethernet address.
    pub address: [u8; 6],
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
        let mut units = self.interfaces.units.lock();
        let unit = (0..).find(|unit| !units.contains_key(unit)).unwrap_or(0);
        let nic = Arc::new(Nic::new(unit, address, deliver, link, inbox));
        units.insert(unit, Arc::clone(&nic));
        drop(units);
        // SAFETY: the nic is in the table, which keeps it as start() asks: see unplug(), destroy()
        // and clear(). Deliver is the caller's promise.
        if let Err(error) = unsafe { nic.start(self) } {
            self.interfaces.remove(unit);
            return Err(error);
        }
        Ok(Plugged { unit, address })
    }

    /// Takes the link out of a unit. Where the kernel has not made the interface, the link is dropped
    /// and the unit is free again; otherwise the interface stays, and receives nothing more.
    pub fn unplug(&self, unit: u32) {
        let Some(nic) = self.interfaces.get(unit) else {
            return;
        };
        nic.inbox.close();
        let _turn = self.parked.enter();
        // Of a dead kernel reclaim() drops it.
        if !nic.is_created() && nic.wait_until_ended(self).is_ok() {
            self.interfaces.remove(unit);
        }
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

/// The kernel makes an interface: stores its Ethernet address and what it is known by here.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_virt_create(
    unit: *const c_char,
    interface: *mut c_void,
    address: *mut u8,
    place: *mut *const Nic,
) -> c_int {
    let instance = caller();
    // SAFETY: the kernel passes the unit's number as a string.
    let unit = unsafe { CStr::from_ptr(unit) }.to_str();
    let unit = unit.ok().and_then(|unit| unit.parse().ok());
    let nic = match unit.and_then(|unit| instance.interfaces.get(unit)) {
        Some(nic) => {
            // SAFETY: the kernel passes room for an address.
            unsafe { slice::from_raw_parts_mut(address, 6) }.copy_from_slice(&nic.address);
            nic.created(instance, interface);
            // The table keeps it until the kernel destroys the interface.
            Arc::as_ptr(&nic)
        }
        None => ptr::null(),
    };
    // SAFETY: the kernel passes a place for it.
    unsafe { place.write(nic) };
    0
}

/// The kernel sends a frame. Without CPU, because a link may block.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_virt_send(nic: *const Nic, pieces: *const libc::iovec, count: usize) {
    let instance = caller();
    // SAFETY: null, or what create() stored, which destroy() has not been called with.
    let Some(nic) = (unsafe { nic.as_ref() }) else {
        return;
    };
    // SAFETY: the kernel passes so many pieces.
    let pieces = unsafe { slice::from_raw_parts(pieces, count) };
    // SAFETY: the pieces are the sending thread's, which is here.
    instance.unscheduled(|| unsafe { nic.send(pieces) });
}

/// The kernel begins to destroy an interface: nothing is delivered any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_virt_dying(nic: *const Nic) -> c_int {
    let instance = caller();
    // SAFETY: as in send().
    if let Some(nic) = unsafe { nic.as_ref() } {
        instance.unscheduled(|| nic.inbox.close());
    }
    0
}

/// The kernel is about to free an interface: waits until the receiver is out of it.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_virt_destroy(nic: *const Nic) {
    let instance = caller();
    // SAFETY: as in send().
    let Some(nic) = (unsafe { nic.as_ref() }) else {
        return;
    };
    let locks = instance.unschedule(ptr::null_mut());
    if nic.wait_until_ended(instance).is_err() {
        instance.leave();
    }
    instance.interfaces.remove(nic.unit);
    instance.schedule(locks, ptr::null_mut());
}
