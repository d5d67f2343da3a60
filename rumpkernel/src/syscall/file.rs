//! System calls on an open file.

use std::ffi::{CString, c_int};

use rumpkernel_sys::{self as sys, calls};

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{Input, Output, Returned};
use crate::errno::check;

impl Descriptor {
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let buffer = Output::new(buffer);
        let room = buffer.length();
        let call = calls::read(self.number(), buffer.start(), room);
        // SAFETY: the only pointer leads to `buffer`, which has `room` bytes.
        let count = unsafe { self.kernel().short(call, &[], &mut [buffer]) }?;
        Ok(count.count(room))
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let bytes = Input::new(bytes);
        let call = calls::write(self.number(), bytes.start(), bytes.length());
        // SAFETY: the only pointer leads to `bytes`, of which the length is given.
        let count = unsafe { self.kernel().short(call, &[bytes], &mut []) }?;
        Ok(count.count(bytes.length()))
    }

    pub(crate) fn pread(&self, buffer: &mut [u8], offset: i64) -> Result<usize, ErrorKind> {
        let buffer = Output::new(buffer);
        let room = buffer.length();
        let call = calls::pread(self.number(), buffer.start(), room, offset);
        // SAFETY: as in read().
        let count = unsafe { self.kernel().short(call, &[], &mut [buffer]) }?;
        Ok(count.count(room))
    }

    pub(crate) fn pwrite(&self, bytes: &[u8], offset: i64) -> Result<usize, ErrorKind> {
        let bytes = Input::new(bytes);
        let call = calls::pwrite(self.number(), bytes.start(), bytes.length(), offset);
        // SAFETY: as in write().
        let count = unsafe { self.kernel().short(call, &[bytes], &mut []) }?;
        Ok(count.count(bytes.length()))
    }

    pub(crate) fn lseek(&self, offset: i64, whence: c_int) -> Result<i64, ErrorKind> {
        let call = calls::lseek(self.number(), offset, whence);
        self.kernel().plain(call).map(Returned::offset)
    }

    pub(crate) fn fsync(&self) -> Result<(), ErrorKind> {
        self.kernel().plain(calls::fsync(self.number())).map(drop)
    }

    pub(crate) fn fdatasync(&self) -> Result<(), ErrorKind> {
        self.kernel()
            .plain(calls::fdatasync(self.number()))
            .map(drop)
    }

    pub(crate) fn ftruncate(&self, length: i64) -> Result<(), ErrorKind> {
        self.kernel()
            .plain(calls::ftruncate(self.number(), length))
            .map(drop)
    }

    pub(crate) fn fstat(&self) -> Result<sys::stat, ErrorKind> {
        let mut stat = sys::stat::default();
        let place = Output::new(&mut stat);
        let call = calls::fstat(self.number(), place.start());
        // SAFETY: the only pointer leads to `place`, one struct stat.
        unsafe { self.kernel().short(call, &[], &mut [place]) }?;
        Ok(stat)
    }

    /// fstatvfs1(2) with what is known without waiting.
    pub(crate) fn fstatvfs(&self) -> Result<Box<sys::statvfs>, ErrorKind> {
        let mut statvfs = Box::<sys::statvfs>::default();
        let place = Output::new(&mut *statvfs);
        let call = calls::fstatvfs1(self.number(), place.start(), sys::ST_NOWAIT);
        // SAFETY: the only pointer leads to `place`, one struct statvfs.
        unsafe { self.kernel().short(call, &[], &mut [place]) }?;
        Ok(statvfs)
    }

    /// Returns what the file's file system was mounted from, a device's node or anything else.
    pub(crate) fn mounted_from(&self) -> Result<CString, ErrorKind> {
        let statvfs = self.fstatvfs()?;
        let name = statvfs.f_mntfromname.iter().map(|byte| *byte as u8);
        let name: Vec<u8> = name.take_while(|byte| *byte != 0).collect();
        Ok(CString::new(name).unwrap_or_default())
    }

    pub(crate) fn fchmod(&self, mode: u32) -> Result<(), ErrorKind> {
        self.kernel()
            .plain(calls::fchmod(self.number(), mode))
            .map(drop)
    }

    pub(crate) fn fchown(&self, user: u32, group: u32) -> Result<(), ErrorKind> {
        self.kernel()
            .plain(calls::fchown(self.number(), user, group))
            .map(drop)
    }

    pub(crate) fn fchflags(&self, flags: u32) -> Result<(), ErrorKind> {
        self.kernel()
            .plain(calls::fchflags(self.number(), flags.into()))
            .map(drop)
    }

    /// Returns its errno as a result that is no failure.
    pub(crate) fn posix_fallocate(&self, start: i64, length: i64) -> Result<(), ErrorKind> {
        let call = calls::posix_fallocate(self.number(), start, length);
        check(self.kernel().plain(call)?.int())
    }

    pub(crate) fn fdiscard(&self, start: i64, length: i64) -> Result<(), ErrorKind> {
        self.kernel()
            .plain(calls::fdiscard(self.number(), start, length))
            .map(drop)
    }

    pub(crate) fn futimens(&self, times: &[sys::timespec; 2]) -> Result<(), ErrorKind> {
        let times = Input::new(times);
        let call = calls::futimens(self.number(), times.start());
        // SAFETY: the only pointer leads to `times`, the two entries that are read.
        unsafe { self.kernel().short(call, &[times], &mut []) }.map(drop)
    }

    pub(crate) fn getdents(&self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let buffer = Output::new(buffer);
        let room = buffer.length();
        let call = calls::getdents(self.number(), buffer.start(), room);
        // SAFETY: as in read().
        let count = unsafe { self.kernel().short(call, &[], &mut [buffer]) }?;
        Ok(count.count(room))
    }
}
