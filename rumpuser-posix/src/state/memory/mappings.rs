//! Mappings of anonymous memory that belong to one kernel, each between two guard pages.

use std::ffi::{c_int, c_void};
use std::ptr;

use parking_lot::Mutex;

use crate::errno::last;
use crate::host::page_size;
use crate::host::room::ROOM;
use crate::table::Table;

/// The mappings of one kernel, private and zero at first: their lengths by their addresses.
#[derive(Debug, Default)]
pub(super) struct Mappings(Mutex<Table<usize>>);

impl Mappings {
    /// A mapping at a multiple of `alignment`, or the host's errno.
    pub(super) fn map(
        &self,
        wish: *mut c_void,
        length: usize,
        alignment: usize,
        protection: c_int,
    ) -> Result<*mut c_void, c_int> {
        let page = page_size();
        let (length, whole) = length
            .max(1)
            .checked_next_multiple_of(page)
            .and_then(|length| {
                let slack = if alignment > page { alignment } else { 0 };
                let slack = slack.checked_add(2 * page)?.checked_add(ROOM)?;
                Some((length, length.checked_add(slack)?))
            })
            .ok_or(libc::ENOMEM)?;
        let wish = if wish.is_null() {
            wish
        } else {
            wish.wrapping_byte_sub(page)
        };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new private mapping at a place of the host's choice.
        let reserved = unsafe { libc::mmap(wish, whole, libc::PROT_NONE, flags, -1, 0) };
        if reserved == libc::MAP_FAILED {
            return Err(last());
        }
        let first = reserved.wrapping_byte_add(page);
        let start =
            first.wrapping_byte_add(first.addr().wrapping_neg() & (alignment.max(page) - 1));
        let before = start.addr() - page - reserved.addr();
        let after = whole - before - length - 2 * page;
        // SAFETY: whole pages of this new mapping: what alignment and room have left over, and
        // what is between the guards.
        let status = unsafe {
            if before > 0 {
                libc::munmap(reserved, before);
            }
            libc::munmap(start.wrapping_byte_add(length + page), after);
            libc::mprotect(start, length, protection)
        };
        if status != 0 {
            let error = last();
            // SAFETY: nobody knows of it.
            unsafe { with_guards(start.addr(), length) };
            return Err(error);
        }
        let mut mappings = self.0.lock();
        if mappings.try_reserve(1).is_err() {
            drop(mappings);
            // SAFETY: as above.
            unsafe { with_guards(start.addr(), length) };
            return Err(libc::ENOMEM);
        }
        mappings.insert(start.expose_provenance(), length);
        Ok(start)
    }

    /// A mapping of the first bytes of a file, shared, or the host's errno.
    #[cfg(feature = "rumpnet_shmif")]
    pub(super) fn map_file(
        &self,
        file: std::os::fd::RawFd,
        length: usize,
    ) -> Result<*mut c_void, c_int> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let place = self.map(ptr::null_mut(), length, 0, protection)?;
        let flags = libc::MAP_SHARED | libc::MAP_FIXED;
        // SAFETY: takes the place of a new mapping, of which nobody knows.
        if unsafe { libc::mmap(place, length, protection, flags, file, 0) } == libc::MAP_FAILED {
            let error = last();
            // SAFETY: as above.
            unsafe { self.unmap(place) };
            return Err(error);
        }
        Ok(place)
    }

    /// Unmaps a mapping. False if it is none of this kernel's.
    ///
    /// # Safety
    ///
    /// Nobody uses it any more.
    pub(super) unsafe fn unmap(&self, mapping: *mut c_void) -> bool {
        let length = self.0.lock().remove(&mapping.addr());
        if let Some(length) = length {
            // SAFETY: it was this kernel's, by the table, and is unused by the contract.
            unsafe { with_guards(mapping.addr(), length) };
        }
        length.is_some()
    }

    /// Unmaps everything.
    ///
    /// # Safety
    ///
    /// Nobody uses any of it any more.
    pub(super) unsafe fn unmap_all(&self) {
        for (mapping, length) in self.0.lock().drain() {
            // SAFETY: as in unmap().
            unsafe { with_guards(mapping, length) };
        }
    }
}

/// Unmaps what map() made.
///
/// # Safety
///
/// The mapping is map()'s, has that length and is not used any more.
unsafe fn with_guards(mapping: usize, length: usize) {
    let page = page_size();
    // SAFETY: by the contract; the guards lie around it.
    unsafe {
        libc::munmap(
            ptr::with_exposed_provenance_mut(mapping - page),
            length + 2 * page,
        )
    };
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Held by tests that map memory: one looks at what has been unmapped, where others would map.
    pub(in crate::state::memory) static MAPPING: Mutex<()> = Mutex::new(());

    /// The lines of /proc/self/maps that begin or end at an address.
    fn neighbours(address: usize, length: usize) -> Vec<String> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let (start, end) = (format!("{address:x}"), format!("{:x}", address + length));
        let ends = [format!("-{start} "), format!("{end}-")];
        maps.lines()
            .filter(|line| line.contains(&ends[0]) || line.starts_with(&ends[1]))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn a_mapping_lies_between_guards() {
        let _alone = MAPPING.lock();
        let mappings = Mappings::default();
        let page = page_size();
        for (length, alignment) in [
            (1, 0),
            (page, page),
            (3 * page + 1, 1 << 20),
            (1 << 20, 1 << 21),
        ] {
            let rw = libc::PROT_READ | libc::PROT_WRITE;
            let start = mappings
                .map(ptr::null_mut(), length, alignment, rw)
                .unwrap();
            assert!(start.addr().is_multiple_of(alignment.max(1)));
            // SAFETY: the mapping is as long.
            unsafe { ptr::write_bytes(start.cast::<u8>(), 1, length) };
            let length = length.next_multiple_of(page);
            let guards = neighbours(start.addr(), length);
            assert_eq!(guards.len(), 2, "{guards:?}");
            assert!(
                guards.iter().all(|line| line.contains("---p")),
                "{guards:?}"
            );
            // SAFETY: nobody uses it.
            unsafe {
                assert!(mappings.unmap(start));
                assert!(!mappings.unmap(start));
            }
            let start = format!("{:x}-", start.addr());
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            assert!(!maps.lines().any(|line| line.starts_with(&start)));
        }
        let error = mappings.map(ptr::null_mut(), usize::MAX, 1, libc::PROT_READ);
        assert_eq!(error, Err(libc::ENOMEM));
    }
}
