//! Messages for sendmsg(2) and recvmsg(2), between NetBSD and the host.

use std::ffi::{c_int, c_void};
use std::mem;

use super::address::Address;
use crate::instance::access;

/// NetBSD's `struct msghdr`.
#[repr(C)]
pub(super) struct Message {
    name: *mut u8,
    name_length: u32,
    pieces: *mut libc::iovec,
    count: c_int,
    control: *mut c_void,
    control_length: u32,
    flags: c_int,
}

/// NetBSD's flags, and the host's.
const FLAGS: [(c_int, c_int); 8] = [
    (0x01, libc::MSG_OOB),
    (0x02, libc::MSG_PEEK),
    (0x04, libc::MSG_DONTROUTE),
    (0x08, libc::MSG_EOR),
    (0x10, libc::MSG_TRUNC),
    (0x20, libc::MSG_CTRUNC),
    (0x40, libc::MSG_WAITALL),
    (0x80, libc::MSG_DONTWAIT),
];

/// The host's flags.
pub(super) fn flags(theirs: c_int) -> c_int {
    let known = FLAGS.iter().filter(|(their, _)| theirs & their != 0);
    known.fold(0, |all, (_, our)| all | our)
}

/// NetBSD's flags; it has no others that the host reports.
fn flags_back(ours: c_int) -> c_int {
    let known = FLAGS.iter().filter(|(_, our)| ours & our != 0);
    known.fold(0, |all, (their, _)| all | their)
}

impl Message {
    /// Looks at a message of the kernel's and at the address in it, which is none of the host's to
    /// read and write.
    ///
    /// # Safety
    ///
    /// Nobody else writes to it meanwhile.
    pub(super) unsafe fn look_at(message: *const Self) {
        // SAFETY: what is there is of no concern here.
        let message = unsafe { access::values(message, 1) };
        if let Some(message) = message.first()
            && !message.name.is_null()
        {
            access::writable(message.name.cast(), message.name_length as usize);
        }
    }

    /// The address in it, if there is one.
    ///
    /// # Safety
    ///
    /// The name is null or has as many bytes as is said.
    pub(super) unsafe fn address(&self) -> Result<Option<Address>, c_int> {
        if self.name.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        unsafe { Address::read(self.name, self.name_length as usize) }.map(Some)
    }

    /// Whether the sender asks for an address.
    pub(super) fn asks_for_address(&self) -> bool {
        !self.name.is_null()
    }

    /// The same message for the host, which holds pointers to this one's pieces and to `address`.
    /// No ancillary data: the kernel's part has none.
    pub(super) fn for_host(&self, address: Option<&mut Address>) -> libc::msghdr {
        // SAFETY: numbers and pointers, for which zero is a value.
        let mut ours: libc::msghdr = unsafe { mem::zeroed() };
        if let Some(address) = address {
            ours.msg_namelen = address.length;
            ours.msg_name = address.as_mut_ptr().cast();
        }
        ours.msg_iov = self.pieces;
        // Never negative; the type differs between hosts.
        ours.msg_iovlen = self.count as _;
        ours
    }

    /// Writes what the host has said of a message that it received.
    ///
    /// # Safety
    ///
    /// As for [`address`](Self::address), and the name can be written.
    pub(super) unsafe fn received(
        &mut self,
        flags: c_int,
        from: Option<&Address>,
    ) -> Result<(), c_int> {
        self.flags = flags_back(flags);
        self.control_length = 0;
        self.name_length = match from {
            // SAFETY: the caller's promise.
            Some(from) => unsafe { from.write(self.name, self.name_length as usize) }? as u32,
            None => 0,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_translated_both_ways() {
        assert_eq!(flags(0x82), libc::MSG_DONTWAIT | libc::MSG_PEEK);
        assert_eq!(flags(0x400), 0, "what the host need not know");
        assert_eq!(flags_back(libc::MSG_TRUNC | libc::MSG_CTRUNC), 0x30);
    }
}
