//! The file system of the seventh edition of Unix, mount_v7fs(8).

use std::ffi::{CStr, c_int};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium};
use crate::ErrorKind;

/// The order of bytes in a [`V7fs`]; the names and values of sys/endian.h.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// As on x86.
    #[default]
    Little,
    /// As on m68k.
    Big,
    /// The two halves of a number with the high one first, each little-endian: the PDP-11's own.
    Pdp,
}

/// The file system of the seventh edition of Unix (1979) in a host image or disk. Names are of 14
/// bytes, and longer ones are cut. Times are seconds from 1901 to 2038.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct V7fs {
    medium: Medium,
    order: ByteOrder,
}

on_medium! {
    ///
    /// It is little-endian unless [`byte_order`](Self::byte_order) says otherwise: it does not tell.
    V7fs
}

impl V7fs {
    fn new(medium: Medium) -> Self {
        Self {
            medium,
            order: ByteOrder::default(),
        }
    }

    /// The order of bytes in the file system.
    pub fn byte_order(mut self, order: ByteOrder) -> Self {
        self.order = order;
        self
    }
}

impl FileSystem for V7fs {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let endian: c_int = match self.order {
            ByteOrder::Little => 1234,
            ByteOrder::Big => 4321,
            ByteOrder::Pdp => 3412,
        };
        let structure = sys::v7fs_args {
            fspec: device.start(),
            endian,
        };
        // SAFETY: this is the driver's structure, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"v7fs", structure, vec![device.into_memory()]) })
    }
}
