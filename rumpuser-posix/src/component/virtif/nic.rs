//! One network interface, as the host keeps it.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::inbox::Inbox;
use super::link::{Frame, Link};
use crate::component::upcalls;
use crate::instance::{Dead, Instance, Wake, caller};
use crate::program::{self, Theirs};

/// `rump_virtif_virt_deliverpkt`: takes the kernel's interface, and a frame in pieces.
pub type Deliver = unsafe extern "C" fn(*mut c_void, *mut libc::iovec, usize);

/// One interface and what it is plugged into.
pub(super) struct Nic {
    pub(super) link: Theirs<Box<dyn Link>>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) address: [u8; 6],
    pub(super) unit: u32,
    deliver: Deliver,
    /// The kernel's interface; null until the kernel has made it.
    interface: AtomicPtr<c_void>,
    /// The frame that is being delivered. It is here because the receiver may be taken out of the
    /// kernel by a jump, which drops nothing.
    hand: UnsafeCell<Option<Frame>>,
    /// The receiver is no more, or never was.
    ended: AtomicBool,
}

// SAFETY: only the receiver, which is one thread, touches `hand`; nobody drops a Nic before the
// receiver has ended or its kernel's threads are gone. The rest is Sync.
unsafe impl Sync for Nic {}

impl Nic {
    pub(super) fn new(
        unit: u32,
        address: [u8; 6],
        deliver: Deliver,
        link: Box<dyn Link>,
        inbox: Arc<Inbox>,
    ) -> Self {
        Self {
            link: Theirs::new(link),
            inbox,
            address,
            unit,
            deliver,
            interface: AtomicPtr::new(ptr::null_mut()),
            hand: UnsafeCell::new(None),
            ended: AtomicBool::new(false),
        }
    }

    /// Starts the receiver. `Err` with NetBSD's number.
    ///
    /// # Safety
    ///
    /// The nic stays where it is until the receiver has [ended](Self::wait_until_ended), or all of the
    /// kernel's threads have. `deliver` is the kernel's.
    pub(super) unsafe fn start(&self, instance: &Instance) -> Result<(), c_int> {
        let name = format!("virt{}", self.unit);
        let this = ptr::from_ref(self).cast_mut().cast();
        instance.start_detached(&name, receive, this)
    }

    /// The kernel has made the interface.
    pub(super) fn created(&self, instance: &Instance, interface: *mut c_void) {
        self.interface.store(interface, Ordering::Release);
        self.inbox.changed(instance);
    }

    pub(super) fn is_created(&self) -> bool {
        !self.interface.load(Ordering::Acquire).is_null()
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

    /// Waits for the receiver to end, which it does after the inbox is closed. The caller may run code
    /// of the kernel, but has no virtual CPU.
    pub(super) fn wait_until_ended(&self, instance: &Instance) -> Result<(), Dead> {
        let key = ptr::from_ref(&self.ended).addr();
        let pending = || !self.ended.load(Ordering::Acquire);
        while pending() {
            if instance.parked.park(key, pending, || {}, || {}, None) == Wake::Dead {
                return Err(Dead);
            }
        }
        Ok(())
    }

    fn end(&self, instance: &Instance) {
        self.inbox.close();
        let key = ptr::from_ref(&self.ended).addr();
        self.ended.store(true, Ordering::Release);
        // From here on the nic may be gone.
        instance.parked.unpark_all(key);
    }

    /// Waits for a frame and takes it to hand. `None` when there will be no more.
    fn receive(&self, instance: &Instance) -> Result<Option<libc::iovec>, Dead> {
        let frame = self.inbox.next(instance, || self.is_created())?;
        // SAFETY: this is the receiver.
        let hand = unsafe { &mut *self.hand.get() };
        *hand = frame;
        Ok(hand.as_ref().map(|frame| libc::iovec {
            iov_base: frame.as_ptr().cast_mut().cast(),
            iov_len: frame.len(),
        }))
    }
}

/// The receiver: a thread of the kernel's process that hands frames to the kernel.
unsafe extern "C" fn receive(nic: *mut c_void) -> *mut c_void {
    // SAFETY: start() passes its nic, which stays until the end of this thread.
    let nic = unsafe { &*nic.cast::<Nic>() };
    let instance = caller();
    if instance.become_kernel_thread().is_ok() {
        let upcalls = upcalls(instance);
        loop {
            let mut piece = match nic.receive(instance) {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(Dead) => instance.leave(),
            };
            let interface = nic.interface.load(Ordering::Acquire);
            // SAFETY: functions of the kernel, in the order that it asks for; the interface exists
            // until this thread has ended, the frame stays in hand, and nothing here has a
            // destructor.
            unsafe {
                (upcalls.schedule)();
                (nic.deliver)(interface, &mut piece, 1);
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
    nic.end(instance);
    ptr::null_mut()
}
