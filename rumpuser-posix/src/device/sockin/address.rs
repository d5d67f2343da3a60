//! Socket addresses, between NetBSD and the host.
//!
//! What comes after the first two bytes of an Internet address is the same everywhere. Those are
//! length and family in NetBSD.

use std::ffi::c_int;
use std::mem::{self, offset_of};

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

    /// The address that the kernel has so. The host's errno for what is none.
    pub(super) fn from_kernel(theirs: &[u8]) -> Result<Self, c_int> {
        let (family, size) = match theirs.get(1) {
            Some(&INET) => (libc::AF_INET, size_of::<libc::sockaddr_in>()),
            Some(&INET6) => (libc::AF_INET6, size_of::<libc::sockaddr_in6>()),
            Some(_) => return Err(libc::EAFNOSUPPORT),
            None => return Err(libc::EINVAL),
        };
        if theirs.len() < size {
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

    /// The address as the kernel has it. The host's errno when the kernel has not so much room for
    /// it, or when it is no address of the Internet's.
    pub(super) fn for_kernel(&self, room: usize) -> Result<KernelAddress, c_int> {
        let (family, size) = match c_int::from(self.storage.ss_family) {
            libc::AF_INET => (INET, size_of::<libc::sockaddr_in>()),
            libc::AF_INET6 => (INET6, size_of::<libc::sockaddr_in6>()),
            _ => return Err(libc::EAFNOSUPPORT),
        };
        if room < size {
            return Err(libc::EINVAL);
        }
        let mut theirs = KernelAddress {
            bytes: [0; size_of::<libc::sockaddr_in6>()],
            size,
        };
        theirs.bytes[..2].copy_from_slice(&[size as u8, family]);
        theirs.bytes[2..size].copy_from_slice(&self.bytes()[2..size]);
        Ok(theirs)
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

/// An address as the kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct KernelAddress {
    bytes: [u8; size_of::<libc::sockaddr_in6>()],
    size: usize,
}

impl KernelAddress {
    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(theirs: &[u8]) -> Result<Vec<u8>, c_int> {
        let ours = Address::from_kernel(theirs)?;
        assert_eq!(
            Some(c_int::from(ours.storage.ss_family)),
            family(theirs[1].into())
        );
        Ok(ours.for_kernel(28)?.bytes().to_vec())
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
        let ours = Address::from_kernel(&v4).unwrap();
        assert_eq!(ours.for_kernel(15).err(), Some(libc::EINVAL));
    }
}
