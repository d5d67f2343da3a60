//! What an interface is plugged into.

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::inbox::Inbox;

/// An Ethernet frame: addresses, type and payload, without preamble and checksum.
///
/// Clones share the bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(Arc<[u8]>);

impl Frame {
    /// One frame of several pieces.
    pub(super) fn gather<'a>(pieces: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let length = pieces.clone().map(<[u8]>::len).sum();
        let mut bytes = Arc::<[u8]>::new_uninit_slice(length);
        if let Some(mut rest) = Arc::get_mut(&mut bytes) {
            for piece in pieces {
                let (place, after) = rest.split_at_mut(piece.len());
                place.copy_from_slice(uninit(piece));
                rest = after;
            }
        }
        // SAFETY: nobody else has the new allocation, and the pieces, whose lengths add up to its
        // length, have been written one after the other.
        Self(unsafe { bytes.assume_init() })
    }
}

/// Bytes as what may be copied to memory that is not initialised.
fn uninit(bytes: &[u8]) -> &[MaybeUninit<u8>] {
    // SAFETY: same layout, and nothing can be written through the result.
    unsafe { &*(std::ptr::from_ref(bytes) as *const [MaybeUninit<u8>]) }
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Frame {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Vec<u8>> for Frame {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes)", self.0.len())
    }
}

/// What an interface is plugged into: a wire, a hub, a tunnel of the program's own.
///
/// It is dropped when the interface is destroyed or its kernel is gone. A panic in that is caught,
/// too.
pub trait Link: Send + Sync {
    /// Called once, before the interface sends: frames for the interface go to `port`.
    fn connect(&mut self, port: Port);

    /// Takes a frame that the interface sends. One that cannot be carried is lost, as on any wire.
    ///
    /// It is called on a thread that is inside the sending kernel and has given its virtual CPU
    /// back: so it may block, which holds up what else that thread would send, and may use other
    /// kernels, but not this one. A panic is caught, and the frame lost.
    fn send(&self, frame: Frame);
}

/// The way in to one interface; clones lead to the same. Usable from any thread, and after the
/// interface is gone.
#[derive(Clone, Debug)]
pub struct Port {
    pub(super) inbox: Arc<Inbox>,
}

impl Port {
    /// The shortest frame that is delivered: addresses and type without payload, in bytes.
    pub const SHORTEST: usize = 14;
    /// The longest frame that is delivered, a jumbo frame, in bytes. The kernel itself drops what
    /// is longer than the interface's MTU.
    pub const LONGEST: usize = 9018;
    /// How many frames wait at a port until its kernel takes them.
    pub const ROOM: usize = 1024;

    /// Hands a frame to the interface, whose kernel takes it on a thread of its own. False if the
    /// frame is lost: it is too short or too long, too many wait, or the interface is no more.
    pub fn deliver(&self, frame: Frame) -> bool {
        self.inbox.push(Duration::ZERO, 0, frame)
    }

    /// Like [`deliver`](Self::deliver), but the frame arrives when so much time has passed by the
    /// kernel's clock. Frames that arrive at the same time come in the order of `rank`, and those
    /// of the same rank in the order of the calls.
    pub fn deliver_after(&self, delay: Duration, rank: u64, frame: Frame) -> bool {
        self.inbox.push(delay, rank, frame)
    }

    /// The kernel's monotonic clock. `None` when the kernel is no more.
    #[must_use]
    pub fn now(&self) -> Option<Duration> {
        self.inbox.now()
    }

    /// Whether there is still an interface behind the port.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.inbox.is_open()
    }

    /// How many frames were lost at this port.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.inbox.lost()
    }
}
