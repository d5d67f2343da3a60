//! What every kind of file system tells about itself.

use std::ffi::CStr;
use std::fmt;
use std::mem::MaybeUninit;
use std::path::Path;

use super::Medium;
use crate::ErrorKind;

/// A kind of file system that [`Kernel::mount`](crate::Kernel::mount) can mount, with what it lies
/// on and the options that are its own.
///
/// The types of this module implement it. A program can add one of its own, for a driver of its
/// own say: [`arguments`](Self::arguments) names the driver and gives its argument structure.
pub trait FileSystem: fmt::Debug {
    /// Returns the medium that it lies on, if it lies on one, which is opened before mounting.
    fn medium(&mut self) -> Option<&mut Medium> {
        None
    }

    /// The kernel's directory that it shows, if it shows one. It is looked for before mounting.
    fn directory(&self) -> Option<&Path> {
        None
    }

    /// Returns whether the driver writes safely, on request, or never.
    fn writing(&self) -> Writing {
        Writing::Safe
    }

    /// Returns whether it can keep a journal, [`MountOptions::log`](super::MountOptions::log).
    fn has_log(&self) -> bool {
        false
    }

    /// The driver's name and its argument structure for mount(2). `device` is the device node of the
    /// disk.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the options, such as [`ErrorKind::BadParameter`].
    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind>;
}

impl<F: FileSystem + ?Sized> FileSystem for Box<F> {
    fn medium(&mut self) -> Option<&mut Medium> {
        (**self).medium()
    }

    fn directory(&self) -> Option<&Path> {
        (**self).directory()
    }

    fn writing(&self) -> Writing {
        (**self).writing()
    }

    fn has_log(&self) -> bool {
        (**self).has_log()
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        (**self).arguments(device)
    }
}

/// What a driver can do with a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writing {
    /// It writes as well as it reads: mounted for both unless
    /// [`MountOptions::read_only`](super::MountOptions::read_only) says otherwise.
    Safe,
    /// It can write some, or not safely: mounted for reading only unless
    /// [`MountOptions::read_write`](super::MountOptions::read_write) is asked for.
    OnRequest,
    /// It cannot write.
    Never,
}

/// A driver's name and argument structure for mount(2), with the memory that pointers in it lead
/// to.
pub struct Arguments {
    kind: &'static CStr,
    /// Aligned for every C structure.
    structure: Box<[MaybeUninit<u64>]>,
    /// In bytes.
    size: usize,
    memory: Vec<Box<[u8]>>,
}

/// Bytes of a structure, among which can be padding.
type Bytes = [MaybeUninit<u8>];

impl Arguments {
    /// Those of a driver that takes none. `kind` is its name in NetBSD, such as `kernfs`.
    pub fn none(kind: &'static CStr) -> Self {
        Self {
            kind,
            structure: Box::default(),
            size: 0,
            memory: Vec::new(),
        }
    }

    /// Copies the argument structure of the driver that NetBSD calls `kind`. `memory` is what
    /// pointers in it lead to.
    ///
    /// # Safety
    ///
    /// `T` is the argument structure of this driver, and each pointer in it is null, or leads to
    /// the first byte of one of `memory`, which is as long as the driver takes it to be (a string
    /// ends in a NUL).
    pub unsafe fn new<T: Copy>(kind: &'static CStr, structure: T, memory: Vec<Box<[u8]>>) -> Self {
        const { assert!(align_of::<T>() <= align_of::<u64>()) };
        let words = size_of::<T>().div_ceil(size_of::<u64>());
        let mut place = vec![MaybeUninit::<u64>::zeroed(); words].into_boxed_slice();
        // SAFETY: there is room for a `T`, aligned as one.
        unsafe { place.as_mut_ptr().cast::<T>().write(structure) };
        Self {
            kind,
            structure: place,
            size: size_of::<T>(),
            memory,
        }
    }

    /// The driver's name in NetBSD.
    pub(crate) fn kind(&self) -> &'static CStr {
        self.kind
    }

    /// The structure, unless there is none, and the memory.
    pub(crate) fn parts(&mut self) -> (Option<&mut Bytes>, &[Box<[u8]>]) {
        let start = self.structure.as_mut_ptr().cast();
        // SAFETY: the box has so many bytes, and is borrowed.
        let structure = unsafe { std::slice::from_raw_parts_mut(start, self.size) };
        ((self.size > 0).then_some(structure), &self.memory)
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field("kind", &self.kind)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
