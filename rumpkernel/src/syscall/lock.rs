//! System calls that lock files.

use std::ffi::c_int;

use rumpkernel_sys::{self as sys, calls};

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{CallKind, Input, Output};

impl Descriptor {
    /// flock(2). Without `LOCK_NB` it waits for whoever has the lock.
    pub(crate) fn flock(&self, how: c_int) -> Result<(), ErrorKind> {
        let call = calls::flock(self.number(), how);
        let kind = match how & sys::LOCK_NB {
            0 => CallKind::Endless,
            _ => CallKind::Short,
        };
        // SAFETY: no argument is a pointer, and nothing else is read.
        unsafe { self.kernel().syscall(kind, &call, &[], &mut []) }.map(drop)
    }

    /// `F_SETLK` or `F_SETLKW` of fcntl(2); the latter waits for whoever has the lock.
    pub(crate) fn set_lock(&self, command: c_int, lock: &sys::flock) -> Result<(), ErrorKind> {
        let lock = Input::new(lock);
        let call = calls::fcntl(
            self.number(),
            command,
            lock.start::<sys::flock>().cast_mut().cast(),
        );
        let kind = match command {
            sys::F_SETLKW => CallKind::Endless,
            _ => CallKind::Short,
        };
        // SAFETY: the only pointer leads to `lock`, one struct flock, which these commands read.
        unsafe { self.kernel().syscall(kind, &call, &[lock], &mut []) }.map(drop)
    }

    /// `F_GETLK` of fcntl(2): replaces `lock` with one that is in its way.
    pub(crate) fn get_lock(&self, lock: &mut sys::flock) -> Result<(), ErrorKind> {
        let place = Output::new(lock);
        let call = calls::fcntl(self.number(), sys::F_GETLK, place.start());
        // SAFETY: the only pointer leads to `place`, one struct flock.
        unsafe { self.kernel().short(call, &[], &mut [place]) }.map(drop)
    }
}
