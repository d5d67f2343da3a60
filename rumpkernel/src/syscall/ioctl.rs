//! ioctl(2).

use std::ffi::{c_ulong, c_void};
use std::ptr;

use rumpkernel_sys::{self as sys, calls};

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{CallKind, Input, Output};

impl Descriptor {
    /// Makes a request whose argument is a structure, and returns what the kernel made of it.
    ///
    /// # Safety
    ///
    /// `T` is what `command` takes, and each pointer in it is null or leads to one of `inputs`.
    pub(crate) unsafe fn ioctl<T: Copy>(
        &self,
        command: c_ulong,
        argument: T,
        inputs: &[Input<'_>],
    ) -> Result<T, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe { self.ioctl_into(command, argument, inputs, None) }
    }

    /// Makes a request whose argument also leads to memory that the kernel writes.
    ///
    /// # Safety
    ///
    /// `T` is what `command` takes, and each pointer in it is null or leads to one of `inputs` or to
    /// `output`.
    pub(crate) unsafe fn ioctl_into<T: Copy>(
        &self,
        command: c_ulong,
        mut argument: T,
        inputs: &[Input<'_>],
        output: Option<Output<'_>>,
    ) -> Result<T, ErrorKind> {
        let place = Output::new(&mut argument);
        let call = calls::ioctl(self.number(), command as sys::u_long, place.start());
        let mut outputs: Vec<_> = [Some(place), output].into_iter().flatten().collect();
        // SAFETY: the only pointer leads to `place`, which is what the command takes, as are the
        // pointers in there (caller).
        unsafe {
            self.kernel()
                .syscall(CallKind::Short, &call, inputs, &mut outputs)
        }?;
        Ok(argument)
    }

    /// Makes a request without an argument.
    pub(crate) fn ioctl_plain(&self, command: c_ulong) -> Result<(), ErrorKind> {
        let nothing = ptr::null_mut::<c_void>();
        let call = calls::ioctl(self.number(), command as sys::u_long, nothing);
        // SAFETY: a command that takes no argument reads none.
        unsafe { self.kernel().short(call, &[], &mut []) }.map(drop)
    }
}
