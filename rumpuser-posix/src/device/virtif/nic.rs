//! One network interface, as the host keeps it.

use std::ffi::c_void;
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::inbox::Inbox;
use super::link::{Frame, Link, Port};
use super::units::interfaces;
use crate::instance::{Instance, caller};
use crate::program::{self, Theirs};
use crate::wait::{Dead, Wake};

/// `rump_virtif_virt_deliverpkt`: takes the kernel's interface, and a frame in pieces.
pub type Deliver = unsafe extern "C" fn(*mut c_void, *mut libc::iovec, usize);

/// One interface and what it is plugged into.
pub(super) struct Nic {
    link: Theirs<Box<dyn Link>>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) address: [u8; 6],
    deliver: Deliver,
    /// The kernel's interface; null until the kernel has made it.
    interface: AtomicPtr<c_void>,
    /// The receiver is no more, or never was.
    ended: AtomicBool,
}

/// A frame for an interface, in the receiver's room. Plain values: the receiver may be taken out of
/// the kernel by a jump, which drops nothing.
#[derive(Clone, Copy)]
struct Arrival {
    deliver: Deliver,
    interface: *mut c_void,
    length: usize,
}

impl Nic {
    pub(super) fn new(
        address: [u8; 6],
        deliver: Deliver,
        link: Box<dyn Link>,
        inbox: Arc<Inbox>,
    ) -> Self {
        Self {
            link: Theirs::new(link),
            inbox,
            address,
            deliver,
            interface: AtomicPtr::new(ptr::null_mut()),
            ended: AtomicBool::new(false),
        }
    }

    /// The kernel has made the interface.
    pub(super) fn created(&self, instance: &Instance, interface: *mut c_void) {
        self.interface.store(interface, Ordering::Release);
        self.inbox.changed(instance);
    }

    /// Sends a frame that lies in pieces.
    ///
    /// # Safety
    ///
    /// Each piece is readable, until this returns.
    pub(super) unsafe fn send(&self, pieces: &[libc::iovec]) {
        let pieces = pieces.iter().filter(|piece| piece.iov_len > 0);
        // SAFETY: the caller's promise.
        let pieces = pieces
            .map(|piece| unsafe { slice::from_raw_parts(piece.iov_base.cast(), piece.iov_len) });
        let frame = Frame::gather(pieces);
        let _panicked = program::call(|| self.link.send(frame));
    }

    /// Ends the receiver, and waits for that. The caller may run code of the kernel, but has no
    /// virtual CPU.
    pub(super) fn end(&self, instance: &Instance) -> Result<(), Dead> {
        self.inbox.close();
        let key = ptr::from_ref(&self.ended).addr();
        let pending = || !self.ended.load(Ordering::Acquire);
        while pending() {
            if instance.parked.park(key, pending, || {}, || {}, None) == Wake::Dead {
                return Err(Dead);
            }
        }
        Ok(())
    }

    /// The receiver has ended.
    fn ended(&self, instance: &Instance) {
        self.inbox.close();
        self.ended.store(true, Ordering::Release);
        instance
            .parked
            .unpark_all(ptr::from_ref(&self.ended).addr());
    }

    /// Waits for a frame and copies it to `room`. `None` when there will be no more.
    fn receive(
        &self,
        instance: &Instance,
        room: &mut [u8; Port::LONGEST],
    ) -> Result<Option<Arrival>, Dead> {
        let interface = || self.interface.load(Ordering::Acquire);
        let frame = self.inbox.next(instance, || !interface().is_null())?;
        Ok(frame.map(|frame| {
            room[..frame.len()].copy_from_slice(&frame);
            Arrival {
                deliver: self.deliver,
                interface: interface(),
                length: frame.len(),
            }
        }))
    }
}

/// Waits for the next frame for the interface of a handle. `None` when there will be no more.
fn next(
    instance: &Instance,
    handle: usize,
    room: &mut [u8; Port::LONGEST],
) -> Result<Option<Arrival>, Dead> {
    match interfaces(instance).find(handle) {
        Some(nic) => nic.receive(instance, room),
        None => Ok(None),
    }
}

/// The receiver: a thread of the kernel's process that hands frames to the kernel.
pub(super) unsafe extern "C" fn receive(handle: *mut c_void) -> *mut c_void {
    let handle = handle.addr();
    let instance = &*caller();
    if instance.become_kernel_thread().is_ok() {
        let upcalls = instance.upcalls();
        let mut room = [0; Port::LONGEST];
        loop {
            let arrival = match next(instance, handle, &mut room) {
                Ok(Some(arrival)) => arrival,
                Ok(None) => break,
                Err(Dead) => instance.leave(),
            };
            let mut piece = libc::iovec {
                iov_base: room.as_mut_ptr().cast(),
                iov_len: arrival.length,
            };
            // SAFETY: functions of the kernel, in the order that it asks for; it destroys no
            // interface before this thread has ended, and nothing here has a destructor.
            unsafe {
                (upcalls.schedule)();
                (arrival.deliver)(arrival.interface, &mut piece, 1);
                (upcalls.unschedule)();
            }
        }
        // SAFETY: as above.
        unsafe {
            (upcalls.schedule)();
            (upcalls.lwproc_release)();
            (upcalls.unschedule)();
        }
    }
    // Nobody waits for the receiver of one that the kernel never made.
    if let Some(nic) = interfaces(instance).find(handle) {
        nic.ended(instance);
    }
    ptr::null_mut()
}
