//! System calls that take names below an open directory.

use std::ffi::{CStr, c_int};

use rumpkernel_sys::{self as sys, calls};

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{Input, Output};

impl Descriptor {
    pub(crate) fn openat(&self, name: &CStr, flags: c_int, mode: u32) -> Result<Self, ErrorKind> {
        let name = Input::string(name);
        let call = calls::openat(self.number(), name.start(), flags, mode);
        // SAFETY: the only pointer leads to `name`, a C string.
        let number = unsafe { self.kernel().short(call, &[name], &mut []) }?;
        Ok(Self::adopt(self.kernel(), number.int()))
    }

    /// `flags` is `AT_SYMLINK_NOFOLLOW` or nothing.
    pub(crate) fn fstatat(&self, name: &CStr, flags: c_int) -> Result<sys::stat, ErrorKind> {
        let mut stat = sys::stat::default();
        let (name, place) = (Input::string(name), Output::new(&mut stat));
        let call = calls::fstatat(self.number(), name.start(), place.start(), flags);
        // SAFETY: the pointers lead to `name`, a C string, and to `place`, one struct stat.
        unsafe { self.kernel().short(call, &[name], &mut [place]) }?;
        Ok(stat)
    }

    pub(crate) fn mkdirat(&self, name: &CStr, mode: u32) -> Result<(), ErrorKind> {
        let name = Input::string(name);
        let call = calls::mkdirat(self.number(), name.start(), mode);
        // SAFETY: as in openat().
        unsafe { self.kernel().short(call, &[name], &mut []) }.map(drop)
    }

    /// `flags` is `AT_REMOVEDIR` or nothing.
    pub(crate) fn unlinkat(&self, name: &CStr, flags: c_int) -> Result<(), ErrorKind> {
        let name = Input::string(name);
        let call = calls::unlinkat(self.number(), name.start(), flags);
        // SAFETY: as in openat().
        unsafe { self.kernel().short(call, &[name], &mut []) }.map(drop)
    }

    pub(crate) fn renameat(&self, from: &CStr, target: &Self, to: &CStr) -> Result<(), ErrorKind> {
        let (from, to) = (Input::string(from), Input::string(to));
        let call = calls::renameat(self.number(), from.start(), target.number(), to.start());
        // SAFETY: the pointers lead to two C strings.
        unsafe { self.kernel().short(call, &[from, to], &mut []) }.map(drop)
    }

    /// Does not follow `original` if it is a symbolic link.
    pub(crate) fn linkat(
        &self,
        original: &CStr,
        target: &Self,
        to: &CStr,
    ) -> Result<(), ErrorKind> {
        let (from, to) = (Input::string(original), Input::string(to));
        let call = calls::linkat(self.number(), from.start(), target.number(), to.start(), 0);
        // SAFETY: as in renameat().
        unsafe { self.kernel().short(call, &[from, to], &mut []) }.map(drop)
    }

    pub(crate) fn symlinkat(&self, target: &CStr, link: &CStr) -> Result<(), ErrorKind> {
        let (target, link) = (Input::string(target), Input::string(link));
        let call = calls::symlinkat(target.start(), self.number(), link.start());
        // SAFETY: as in renameat().
        unsafe { self.kernel().short(call, &[target, link], &mut []) }.map(drop)
    }

    pub(crate) fn readlinkat(&self, name: &CStr, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let (name, buffer) = (Input::string(name), Output::new(buffer));
        let room = buffer.length();
        let call = calls::readlinkat(self.number(), name.start(), buffer.start(), room);
        // SAFETY: the pointers lead to `name`, a C string, and to `buffer`, which has `room` bytes.
        let count = unsafe { self.kernel().short(call, &[name], &mut [buffer]) }?;
        Ok(count.count(room))
    }

    pub(crate) fn fchmodat(&self, name: &CStr, mode: u32, flags: c_int) -> Result<(), ErrorKind> {
        let name = Input::string(name);
        let call = calls::fchmodat(self.number(), name.start(), mode, flags);
        // SAFETY: as in openat().
        unsafe { self.kernel().short(call, &[name], &mut []) }.map(drop)
    }

    pub(crate) fn fchownat(
        &self,
        name: &CStr,
        user: u32,
        group: u32,
        flags: c_int,
    ) -> Result<(), ErrorKind> {
        let name = Input::string(name);
        let call = calls::fchownat(self.number(), name.start(), user, group, flags);
        // SAFETY: as in openat().
        unsafe { self.kernel().short(call, &[name], &mut []) }.map(drop)
    }

    pub(crate) fn utimensat(
        &self,
        name: &CStr,
        times: &[sys::timespec; 2],
        flags: c_int,
    ) -> Result<(), ErrorKind> {
        let (name, times) = (Input::string(name), Input::new(times));
        let call = calls::utimensat(self.number(), name.start(), times.start(), flags);
        // SAFETY: the pointers lead to `name`, a C string, and to the two entries that are read.
        unsafe { self.kernel().short(call, &[name, times], &mut []) }.map(drop)
    }
}
