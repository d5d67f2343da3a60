//! Socket addresses, between NetBSD and the host.
//!
//! What comes after the first two bytes of an Internet address is the same everywhere. Those are
//! length and family in NetBSD.

use std::ffi::c_int;
use std::mem::{self, offset_of};
use std::slice;

const INET: u8 = 2;
const INET6: u8 = 24;

const _: () = assert!(
    offset_of!(libc::sockaddr_in, sin_port) == 2
        && offset_of!(libc::sockaddr_in, sin_addr) == 4
        && offset_of!(libc::sockaddr_in6, sin6_port) == 2
        && offset_of!(libc::sockaddr_in6, sin6_flowinfo) == 4
        && offset_of!(libc::sockaddr_in6, sin6_addr) == 8
        && offset_of!(libc::sockaddr_in6, sin6_scope_id) == 24
);

/// The host's number of an address family; `None` for one that is not the Internet's.
pub(super) fn family(theirs: c_int) -> Option<c_int> {
    match u8::try_from(theirs) {
        Ok(INET) => Some(libc::AF_INET),
        Ok(INET6) => Some(libc::AF_INET6),
        _ => None,
    }
}

/// An address as the host reads and writes it.
#[derive(Clone, Copy)]
pub(super) struct Address {
    storage: libc::sockaddr_storage,
    pub(super) length: libc::socklen_t,
}

impl Address {
    /// Room for any.
    pub(super) fn room() -> Self {
        Self {
            // SAFETY: numbers only, for which zero is a value.
            storage: unsafe { mem::zeroed() },
            length: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }

    /// The address that the kernel has at `place`. The host's errno for what is none.
    ///
    /// # Safety
    ///
    /// `length` bytes can be read there.
    pub(super) unsafe fn read(place: *const u8, length: usize) -> Result<Self, c_int> {
        if length < 2 {
            return Err(libc::EINVAL);
        }
        // SAFETY: the caller's promise.
        let theirs = unsafe { slice::from_raw_parts(place, length) };
        let (family, size) = match theirs[1] {
            INET => (libc::AF_INET, size_of::<libc::sockaddr_in>()),
            INET6 => (libc::AF_INET6, size_of::<libc::sockaddr_in6>()),
            _ => return Err(libc::EAFNOSUPPORT),
        };
        if length < size {
            return Err(libc::EINVAL);
        }
        let mut ours = Self::room();
        ours.bytes_mut()[2..size].copy_from_slice(&theirs[2..size]);
        ours.storage.ss_family = family as libc::sa_family_t;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        {
            ours.storage.ss_len = size as u8;
        }
        ours.length = size as libc::socklen_t;
        Ok(ours)
    }

    /// Writes the address for the kernel and says how long it is. The host's errno when there is
    /// not so much room, or when it is no address of the Internet's.
    ///
    /// # Safety
    ///
    /// `room` bytes can be written at `place`.
    pub(super) unsafe fn write(&self, place: *mut u8, room: usize) -> Result<usize, c_int> {
        let (family, size) = match c_int::from(self.storage.ss_family) {
            libc::AF_INET => (INET, size_of::<libc::sockaddr_in>()),
            libc::AF_INET6 => (INET6, size_of::<libc::sockaddr_in6>()),
            _ => return Err(libc::EAFNOSUPPORT),
        };
        if room < size {
            return Err(libc::EINVAL);
        }
        // SAFETY: the caller's promise.
        let theirs = unsafe { slice::from_raw_parts_mut(place, size) };
        theirs[..2].copy_from_slice(&[size as u8, family]);
        theirs[2..].copy_from_slice(&self.bytes()[2..size]);
        Ok(size)
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    fn bytes(&self) -> &[u8; size_of::<libc::sockaddr_storage>()] {
        // SAFETY: the structure is numbers without gaps, all of which room() has set.
        unsafe { &*(&raw const self.storage).cast() }
    }

    fn bytes_mut(&mut self) -> &mut [u8; size_of::<libc::sockaddr_storage>()] {
        // SAFETY: as in bytes(), and every value of the bytes is one of the structure.
        unsafe { &mut *(&raw mut self.storage).cast() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(theirs: &[u8]) -> Result<Vec<u8>, c_int> {
        let mut back = [0xee; 28];
        // SAFETY: both are as long as is said.
        unsafe {
            let ours = Address::read(theirs.as_ptr(), theirs.len())?;
            assert_eq!(
                Some(c_int::from(ours.storage.ss_family)),
                family(theirs[1].into())
            );
            let length = ours.write(back.as_mut_ptr(), back.len())?;
            Ok(back[..length].to_vec())
        }
    }

    #[test]
    fn addresses_survive_the_way_there_and_back() {
        let v4 = [16, 2, 1, 2, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(there_and_back(&v4).unwrap(), v4);
        let mut v6: Vec<u8> = (0..28).collect();
        v6[..2].copy_from_slice(&[28, 24]);
        assert_eq!(there_and_back(&v6).unwrap(), v6);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(there_and_back(&[1]), Err(libc::EINVAL));
        assert_eq!(there_and_back(&[8, 2, 0, 0, 0, 0, 0, 0]), Err(libc::EINVAL));
        assert_eq!(there_and_back(&[16, 1, b'/', 0]), Err(libc::EAFNOSUPPORT));
        let v4 = [16, 2, 1, 2, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        // SAFETY: as long as is said.
        let ours = unsafe { Address::read(v4.as_ptr(), v4.len()) }.unwrap();
        let mut small = [0; 15];
        // SAFETY: as above.
        let refused = unsafe { ours.write(small.as_mut_ptr(), small.len()) };
        assert_eq!(refused, Err(libc::EINVAL));
    }
}
