//! A unit of a driver: a block device that the kernel has made of others.

use std::ffi::{CStr, CString, c_int};
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use rumpkernel_sys as sys;

use crate::backend::{Handle, UnitNumber};
use crate::disk::Access;
use crate::mount::Below;
use crate::syscall::Descriptor;
use crate::{Errno, ErrorKind, syscall};

/// A driver of stacked devices, with what its units have in common.
#[derive(Debug)]
pub(crate) struct Driver {
    /// Such as `cgd`, the beginning of its nodes' names.
    pub(crate) name: &'static str,
    /// Whether minor numbers are of partitions, of which the raw one is used.
    pub(crate) has_partitions: bool,
    /// Undoes the configuration, by a request on the character device; `EBUSY` while the block device
    /// is open.
    pub(crate) clear: fn(&Descriptor) -> Result<(), ErrorKind>,
}

/// A configured unit of a driver, until it is dropped: then it is unconfigured. Everything that uses
/// the device shares it.
pub struct Unit {
    kernel: Handle,
    driver: &'static Driver,
    /// Not there any more where the kernel keeps the unit.
    number: Option<UnitNumber>,
    nodes: Nodes,
    access: Access,
    /// What it lies on.
    below: Mutex<Vec<Below>>,
}

/// The names of a unit's devices in the kernel.
#[derive(Debug)]
struct Nodes {
    block: CString,
    character: CString,
}

/// A unit that is not configured yet.
#[derive(Debug)]
pub(crate) struct Free {
    kernel: Handle,
    driver: &'static Driver,
    number: UnitNumber,
    nodes: Nodes,
}

/// How many units are tried: `EBUSY` may also mean that what is below is in use.
const MOST_TRIES: u32 = 64;

impl Free {
    /// Configures the first unit of a driver that is free with `set`, a request on its character
    /// device, which fails with `EBUSY` where the program has configured it by other means.
    pub(crate) fn configure<R>(
        kernel: &Handle,
        driver: &'static Driver,
        access: Access,
        below: Vec<Below>,
        mut set: impl FnMut(&Descriptor, &[Below]) -> Result<R, ErrorKind>,
    ) -> Result<(Unit, R), ErrorKind> {
        let mut first = 0;
        while first < MOST_TRIES {
            let free = Self::take(kernel, driver, first)?;
            first = free.number.get() + 1;
            let device = free.open()?;
            match set(&device, &below) {
                Err(ErrorKind::Errno(Errno::BUSY)) => {}
                Err(kind) => return Err(kind),
                Ok(answer) => return Ok((free.configured(access, below), answer)),
            }
        }
        Err(ErrorKind::Errno(Errno::BUSY))
    }

    fn take(kernel: &Handle, driver: &'static Driver, first: u32) -> Result<Self, ErrorKind> {
        let number = kernel.units().take(driver.name, first);
        let nodes = Nodes::make(kernel, driver, number.get())?;
        Ok(Self {
            kernel: Arc::clone(kernel),
            driver,
            number,
            nodes,
        })
    }

    fn open(&self) -> Result<Descriptor, ErrorKind> {
        syscall::tree::open(&self.kernel, &self.nodes.character, sys::O_RDWR, 0)
    }

    fn configured(self, access: Access, below: Vec<Below>) -> Unit {
        Unit {
            kernel: self.kernel,
            driver: self.driver,
            number: Some(self.number),
            nodes: self.nodes,
            access,
            below: Mutex::new(below),
        }
    }
}

impl Nodes {
    /// Makes the nodes of a unit beside those of unit 0, where they are not there yet.
    fn make(kernel: &Handle, driver: &Driver, unit: u32) -> Result<Self, ErrorKind> {
        let (minor, pattern, suffix) = if driver.has_partitions {
            let raw = integer(kernel, sys::KERN_RAWPARTITION)?;
            let letter = char::from(b'a' + (raw % 26) as u8);
            (unit * PARTITIONS + raw, "0a", letter.to_string())
        } else {
            (unit, "0", String::new())
        };
        let node = |name: &str, kind: c_int| {
            let [pattern, path] = [
                format!("/dev/{name}{pattern}"),
                format!("/dev/{name}{unit}{suffix}"),
            ];
            let device = syscall::tree::stat(kernel, &c_string(pattern))?.st_rdev;
            let path = c_string(path);
            match syscall::tree::mknod(
                kernel,
                &path,
                kind as u32 | 0o600,
                with_minor(device, minor),
            ) {
                Ok(()) | Err(ErrorKind::Errno(Errno::EXIST)) => Ok(path),
                Err(kind) => Err(kind),
            }
        };
        Ok(Self {
            block: node(driver.name, sys::S_IFBLK)?,
            character: node(&format!("r{}", driver.name), sys::S_IFCHR)?,
        })
    }
}

fn c_string(text: String) -> CString {
    CString::new(text).expect("names of drivers and numbers hold no NUL")
}

/// A variable below `kern`.
fn integer(kernel: &Handle, name: c_int) -> Result<u32, ErrorKind> {
    let value = syscall::sysctl::integer(kernel, &[sys::CTL_KERN, name])?;
    u32::try_from(value).map_err(|_| ErrorKind::Errno(Errno::INVAL))
}

/// By how much the minor numbers of units differ: `MAXPARTITIONS` of the machine's disklabel.h, but
/// eight where there were no more at first.
const PARTITIONS: u32 = match cfg!(any(
    target_arch = "x86",
    target_arch = "arm",
    target_arch = "sparc64"
)) {
    true => 8,
    false => 16,
};

/// A device of the same driver, as makedev(3) makes its number.
fn with_minor(device: sys::dev_t, minor: u32) -> sys::dev_t {
    let minor = sys::dev_t::from(minor);
    (device & 0x000f_ff00) | ((minor << 12) & 0xfff0_0000) | (minor & 0xff)
}

impl Unit {
    pub(crate) fn kernel(&self) -> &Handle {
        &self.kernel
    }

    /// The block device's node in the kernel.
    pub(crate) fn node(&self) -> &CStr {
        &self.nodes.block
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Opens the block device, on which nothing may be mounted, nor lie.
    pub(crate) fn open_block(&self, flags: c_int) -> Result<Descriptor, ErrorKind> {
        syscall::tree::open(&self.kernel, &self.nodes.block, flags, 0)
    }

    /// Opens the character device, for requests.
    pub(crate) fn open(&self) -> Result<Descriptor, ErrorKind> {
        syscall::tree::open(&self.kernel, &self.nodes.character, sys::O_RDWR, 0)
    }

    /// Adds something that the unit lies on from now on.
    pub(crate) fn add(&self, below: Below) {
        self.below.lock().push(below);
    }

    /// The device's size in bytes.
    pub(crate) fn size(&self) -> Result<u64, ErrorKind> {
        // SAFETY: the command takes an off_t.
        let size = unsafe { self.open()?.ioctl(sys::DIOCGMEDIASIZE, 0_i64, &[]) }?;
        u64::try_from(size).map_err(|_| ErrorKind::Errno(Errno::INVAL))
    }

    /// Unconfigures the unit if nobody else uses it; `EBUSY` otherwise, with the unit.
    pub(crate) fn unconfigure(unit: Arc<Self>) -> Result<(), (ErrorKind, Arc<Self>)> {
        let mut unit =
            Arc::try_unwrap(unit).map_err(|unit| (ErrorKind::Errno(Errno::BUSY), unit))?;
        match unit.clear() {
            Ok(()) => Ok(()),
            Err(kind) => Err((kind, Arc::new(unit))),
        }
    }

    fn clear(&mut self) -> Result<(), ErrorKind> {
        if self.number.is_some() {
            (self.driver.clear)(&self.open()?)?;
            self.number = None;
        }
        Ok(())
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if !self.kernel.is_of_parent() && (self.clear().is_ok() || self.kernel.end().is_some()) {
            return;
        }
        // The kernel goes on using what is below.
        self.below.get_mut().drain(..).for_each(Below::keep);
        if let Some(number) = self.number.take() {
            number.keep();
        }
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unit").field(&self.nodes.block).finish()
    }
}
