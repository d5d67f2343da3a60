//! One kernel's copy of an image in memory.
//!
//! It lies between two guard pages. What has content is mapped from the image's file and copied
//! when it is written to; what is zero at first is anonymous memory. Once the words that depend on
//! where it lies are filled in, what the kernel does not write to is made read-only. Code is
//! executable from the beginning and never writable.

use std::ffi::{c_int, c_void};
use std::io;
use std::ops::Range;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Image, LoadError, file, hypercalls};
use crate::host::page_size;
use crate::instance::backtrace::Code;
use crate::instance::lwp;

/// A function of an image without arguments: a constructor.
pub(crate) type Constructor = unsafe extern "C" fn();

/// An image that has been mapped for one kernel.
#[derive(Debug)]
pub(crate) struct Mapping {
    image: &'static Image,
    /// The address that the image's offsets count from.
    base: usize,
    reserved: Reserved,
}

impl Mapping {
    /// Maps `image` and fills it in.
    ///
    /// # Safety
    ///
    /// `image` describes a kernel for this machine: its offsets lie in its segments, and those of
    /// words in segments that are not executable.
    pub(crate) unsafe fn new(image: &'static Image) -> Result<Self, LoadError> {
        if image.size == 0 {
            return Err(LoadError::Empty);
        }
        let page = page_size();
        if (image.page as usize) < page {
            return Err(LoadError::PageSize {
                image: image.page,
                host: page,
            });
        }
        let descriptor = file::of(image)?;
        let alignment = image.page as usize;
        let size = (image.size as usize).next_multiple_of(page);
        let reserved = Reserved::new(size + 2 * alignment)
            .map_err(LoadError::host("reserve addresses for the image"))?;
        // A guard before it, and what alignment leaves of the other behind it.
        let base = (reserved.start + 1).next_multiple_of(alignment);
        let mapping = Self {
            image,
            base,
            reserved,
        };
        for segment in image.segments {
            let first = if segment.executable {
                libc::PROT_READ | libc::PROT_EXEC
            } else {
                libc::PROT_READ | libc::PROT_WRITE
            };
            mapping
                .place(&segment.range, first, descriptor)
                .map_err(LoadError::host("map the image"))?;
        }
        // SAFETY: by the contract of this function; the segments are mapped, and nobody else knows
        // of them.
        unsafe { mapping.fill()? };
        for segment in image.segments {
            if !segment.writable && !segment.executable {
                mapping
                    .protect(&segment.range)
                    .map_err(LoadError::host("protect the image"))?;
            }
        }
        Ok(mapping)
    }

    /// Maps a segment: from the file as far as there is content, then zeroes.
    fn place(&self, range: &Range<u32>, protection: c_int, file: RawFd) -> io::Result<()> {
        let page = page_size();
        let (start, end) = (range.start as usize, range.end as usize);
        let split = end.min(self.image.content.len()).max(start);
        let fixed = libc::MAP_PRIVATE | libc::MAP_FIXED;
        if split > start {
            // What does not fill the last page is zero in the file too, which ends with a page.
            map_at(
                self.base + start,
                split - start,
                protection,
                fixed,
                file,
                start,
            )?;
        }
        let split = split.next_multiple_of(page);
        if end > split {
            let anonymous = fixed | libc::MAP_ANON;
            map_at(self.base + split, end - split, protection, anonymous, -1, 0)?;
        }
        Ok(())
    }

    fn protect(&self, range: &Range<u32>) -> io::Result<()> {
        let start = self.base + range.start as usize;
        let length = range.len().next_multiple_of(page_size());
        // SAFETY: whole pages of this mapping, that only the kernel will use.
        match unsafe { libc::mprotect(start as *mut c_void, length, libc::PROT_READ) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn word(&self, offset: u32) -> *mut usize {
        (self.base + offset as usize) as *mut usize
    }

    /// Fills in what depends on where the image, the hypercalls and the current lwp are.
    ///
    /// # Safety
    ///
    /// As for [`new`](Self::new), while the mapping can be written.
    unsafe fn fill(&self) -> Result<(), LoadError> {
        // SAFETY: words of the mapping, by the contract.
        unsafe { self.add(self.image.relative, self.base) };
        for import in self.image.imports {
            let function = hypercall(import.name)?;
            // SAFETY: as above.
            unsafe { self.add(import.places, function.addr()) };
        }
        for import in self.image.descriptors {
            let descriptor = hypercall(import.name)?.cast::<[usize; 3]>();
            for &place in import.places {
                // SAFETY: where functions have descriptors their addresses are those of these; the
                // image says that three words of the mapping are for it.
                unsafe {
                    self.word(place)
                        .cast::<[usize; 3]>()
                        .write_unaligned(*descriptor)
                };
            }
        }
        if !self.image.lwp.is_empty() {
            let distance = lwp::distance().ok_or(LoadError::ThreadLocals)?;
            // SAFETY: as above.
            unsafe { self.add(self.image.lwp, distance.cast_unsigned()) };
        }
        Ok(())
    }

    /// Adds `value` to the words at `places`.
    ///
    /// # Safety
    ///
    /// As for [`fill`](Self::fill).
    unsafe fn add(&self, places: &[u32], value: usize) {
        for &place in places {
            let word = self.word(place);
            // SAFETY: by the contract; the image need not align its words.
            unsafe { word.write_unaligned(word.read_unaligned().wrapping_add(value)) };
        }
    }

    /// The constructors, to be called in this order on a thread that is in the kernel.
    pub(crate) fn constructors(&self) -> &[Constructor] {
        let Range { start, end } = self.image.constructors;
        let count = (end - start) as usize / size_of::<Constructor>();
        // SAFETY: the image says that these are words that hold addresses of functions; they have
        // been filled in, and are not written to while the image is mapped.
        unsafe { std::slice::from_raw_parts(self.word(start).cast(), count) }
    }

    /// Where the exported function or variable `name` is. Null when there is none, or no mapping
    /// any more.
    pub(crate) fn symbol(&self, name: &str) -> *const c_void {
        match self.image.export(name) {
            Some(offset) if self.reserved.is_mapped() => {
                ptr::with_exposed_provenance(self.base + offset as usize)
            }
            _ => ptr::null(),
        }
    }

    /// Where the kernel's code is, or was.
    pub(crate) fn code(&self) -> Code {
        Code::loaded(self.image, self.base)
    }

    /// Gives the memory back. Done once; more calls do nothing.
    ///
    /// # Safety
    ///
    /// Nobody runs the image's code or uses its data, now or later.
    pub(crate) unsafe fn unmap(&self) {
        // SAFETY: by the contract of this function.
        unsafe { self.reserved.unmap() };
    }
}

/// Addresses of the process that belong to one mapping.
#[derive(Debug)]
struct Reserved {
    start: usize,
    length: usize,
    mapped: AtomicBool,
}

impl Reserved {
    fn new(length: usize) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new mapping at a place of the host's choice.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            start: start.expose_provenance(),
            length,
            mapped: AtomicBool::new(true),
        })
    }

    fn is_mapped(&self) -> bool {
        self.mapped.load(Ordering::Acquire)
    }

    /// # Safety
    ///
    /// As for [`Mapping::unmap`].
    unsafe fn unmap(&self) {
        if self.mapped.swap(false, Ordering::AcqRel) {
            // SAFETY: the addresses are this value's, and by the contract nobody uses them.
            unsafe { libc::munmap(self.start as *mut c_void, self.length) };
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // SAFETY: whoever is in a kernel holds its instance, and so this.
        unsafe { self.unmap() };
    }
}

/// A function of the host.
fn hypercall(name: &'static str) -> Result<*const c_void, LoadError> {
    hypercalls::find(name).ok_or(LoadError::Import(name))
}

/// Maps over addresses that are reserved.
fn map_at(
    address: usize,
    length: usize,
    protection: c_int,
    flags: c_int,
    file: RawFd,
    offset: usize,
) -> io::Result<()> {
    let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
    // SAFETY: Mapping::place() passes addresses that are reserved for it, and hold nothing yet.
    let start = unsafe {
        libc::mmap(
            address as *mut c_void,
            length,
            protection,
            flags,
            file,
            offset,
        )
    };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
