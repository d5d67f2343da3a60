//! What is plugged into a kernel's USB ports.

use std::fmt;
use std::sync::Weak;

use super::port::Occupant;

/// The setup packet of a control transfer (USB 2.0, 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// `bmRequestType`: direction, type and recipient.
    pub request_type: u8,
    /// `bRequest`.
    pub request: u8,
    /// `wValue`.
    pub value: u16,
    /// `wIndex`.
    pub index: u16,
    /// `wLength`: how many bytes of data follow at most.
    pub length: u16,
}

impl Setup {
    const IN: u8 = 0x80;

    pub(super) fn from_bytes(bytes: [u8; 8]) -> Self {
        let [request_type, request, rest @ ..] = bytes;
        let [v0, v1, i0, i1, l0, l1] = rest;
        Self {
            request_type,
            request,
            value: u16::from_le_bytes([v0, v1]),
            index: u16::from_le_bytes([i0, i1]),
            length: u16::from_le_bytes([l0, l1]),
        }
    }

    /// Whether data go from the device to the host.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.request_type & Self::IN != 0
    }

    /// Whether every device knows the request (USB 2.0, 9.4), rather than those of a class or
    /// vendor.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        const TYPE: u8 = 0x60;
        self.request_type & TYPE == 0
    }
}

/// Why a device does not do what it is asked for (USB 2.0, 8.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// NAK: not now. The transfer is tried again when the device [has notified](Notifier::notify)
    /// the host, and from time to time. To a request on the control endpoint it is a stall.
    Nak,
    /// STALL: the request is not supported, or the endpoint is halted.
    Stall,
}

/// A USB device: what a program emulates, or passes on.
///
/// The kernel is its host: it asks for descriptors, sets a configuration, and attaches the drivers
/// that it has for the device's interfaces. It takes each device for one of full speed, gives it no
/// address of the program's concern (`SET_ADDRESS` does not come here), and does not use
/// isochronous endpoints.
///
/// The methods are called on threads that are inside the kernel and have given their virtual CPU
/// back, several at a time for different endpoints. They may block, which holds up what waits for
/// the transfer, and may use other kernels, but not this one. A panic is caught, and stalls the
/// endpoint. The device is dropped when it is unplugged or its kernel is gone; a panic in that is
/// caught, too.
pub trait Device: Send + Sync {
    /// Called once, before anything else. What the device gets here tells the kernel of new data.
    fn plugged(&mut self, notifier: Notifier) {
        let _ = notifier;
    }

    /// A control transfer from the device: fills `data`, which has the length that `setup` says,
    /// and says how much that was.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    fn control_in(&self, setup: &Setup, data: &mut [u8]) -> Result<usize, Refusal>;

    /// A control transfer to the device, or one without data.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    fn control_out(&self, setup: &Setup, data: &[u8]) -> Result<(), Refusal>;

    /// A bulk or interrupt transfer from an endpoint, whose number (1 to 15) is given without
    /// direction. Less than the buffer holds ends the transfer, as a short packet does.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    fn transfer_in(&self, endpoint: u8, buffer: &mut [u8]) -> Result<usize, Refusal>;

    /// A bulk or interrupt transfer to an endpoint.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    fn transfer_out(&self, endpoint: u8, data: &[u8]) -> Result<(), Refusal>;
}

/// A device's way to say that an endpoint that has answered [`Refusal::Nak`] has something now.
/// Usable from any thread, and after the device is unplugged; clones do the same.
#[derive(Clone)]
pub struct Notifier {
    pub(super) occupant: Weak<Occupant>,
}

impl Notifier {
    /// Has the kernel ask again.
    pub fn notify(&self) {
        if let Some(occupant) = self.occupant.upgrade() {
            occupant.changed();
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}
