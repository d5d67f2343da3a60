//! Messages for sendmsg(2) and recvmsg(2), between NetBSD and the host.

use std::ffi::c_int;
use std::mem;

use super::address::Address;
use crate::instance::Buffer;

/// NetBSD's `struct msghdr`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Message {
    name: Buffer,
    name_length: u32,
    /// The host looks at them itself.
    pieces: *mut libc::iovec,
    count: c_int,
    control: Buffer,
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
    /// The address in it, if there is one.
    pub(super) fn address(&self) -> Result<Option<Address>, c_int> {
        if !self.asks_for_address() {
            return Ok(None);
        }
        let theirs = self.name.bytes(self.name_length as usize);
        Address::from_kernel(theirs).map(Some)
    }

    /// Returns whether there is an address, or room for one.
    pub(super) fn asks_for_address(&self) -> bool {
        !self.name.address().is_null()
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

    /// Takes in what the host has said of a message that it received, the sender's address to the
    /// place that is meant for it.
    pub(super) fn received(&mut self, flags: c_int, from: Option<&Address>) -> Result<(), c_int> {
        self.flags = flags_back(flags);
        self.control_length = 0;
        let room = mem::take(&mut self.name_length);
        if let Some(from) = from {
            let from = from.for_kernel(room as usize)?;
            self.name.fill(from.bytes());
            // Of 28 bytes at most.
            self.name_length = from.bytes().len() as u32;
        }
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
