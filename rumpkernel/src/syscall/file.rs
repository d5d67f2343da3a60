//! System calls on an open file.

use std::ffi::{CString, c_int};

use rumpkernel_sys as sys;

use super::Descriptor;
use super::descriptor::within;
use crate::ErrorKind;

impl Descriptor {
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let (fd, start, length) = (self.number(), buffer.as_mut_ptr(), buffer.len());
        // SAFETY: `buffer` is borrowed for the call and has `length` writable bytes.
        let count = unsafe {
            self.gate()
                .syscall(move |k| (k.sys_read)(fd, start.cast(), length))
        }?;
        Ok(within(count, length))
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let (fd, start, length) = (self.number(), bytes.as_ptr(), bytes.len());
        // SAFETY: `bytes` is borrowed for the call and has `length` readable bytes.
        let count = unsafe {
            self.gate()
                .syscall(move |k| (k.sys_write)(fd, start.cast(), length))
        }?;
        Ok(within(count, length))
    }

    pub(crate) fn pread(&self, buffer: &mut [u8], offset: i64) -> Result<usize, ErrorKind> {
        let (fd, start, length) = (self.number(), buffer.as_mut_ptr(), buffer.len());
        // SAFETY: as in read().
        let count = unsafe {
            self.gate()
                .syscall(move |k| (k.sys_pread)(fd, start.cast(), length, offset))
        }?;
        Ok(within(count, length))
    }

    pub(crate) fn pwrite(&self, bytes: &[u8], offset: i64) -> Result<usize, ErrorKind> {
        let (fd, start, length) = (self.number(), bytes.as_ptr(), bytes.len());
        // SAFETY: as in write().
        let count = unsafe {
            self.gate()
                .syscall(move |k| (k.sys_pwrite)(fd, start.cast(), length, offset))
        }?;
        Ok(within(count, length))
    }

    pub(crate) fn lseek(&self, offset: i64, whence: c_int) -> Result<i64, ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_lseek)(fd, offset, whence))
        }
    }

    pub(crate) fn fsync(&self) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe { self.gate().syscall(move |k| (k.sys_fsync)(fd)) }.map(drop)
    }

    pub(crate) fn fdatasync(&self) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe { self.gate().syscall(move |k| (k.sys_fdatasync)(fd)) }.map(drop)
    }

    pub(crate) fn ftruncate(&self, length: i64) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe { self.gate().syscall(move |k| (k.sys_ftruncate)(fd, length)) }.map(drop)
    }

    pub(crate) fn fstat(&self) -> Result<sys::stat, ErrorKind> {
        let fd = self.number();
        let mut stat = sys::stat::default();
        let place = &raw mut stat;
        // SAFETY: `place` is one writable struct stat.
        unsafe { self.gate().syscall(move |k| (k.sys_fstat)(fd, place)) }?;
        Ok(stat)
    }

    /// Returns what the file's file system was mounted from, a device's node or anything else.
    pub(crate) fn mounted_from(&self) -> Result<CString, ErrorKind> {
        let fd = self.number();
        let mut statvfs = Box::<sys::statvfs>::default();
        let place = &raw mut *statvfs;
        // SAFETY: `place` is one writable struct statvfs.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_fstatvfs1)(fd, place, sys::ST_NOWAIT))
        }?;
        let name = statvfs.f_mntfromname.iter().map(|byte| *byte as u8);
        let name: Vec<u8> = name.take_while(|byte| *byte != 0).collect();
        Ok(CString::new(name).unwrap_or_default())
    }

    pub(crate) fn fchmod(&self, mode: u32) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe { self.gate().syscall(move |k| (k.sys_fchmod)(fd, mode)) }.map(drop)
    }

    pub(crate) fn fchown(&self, user: u32, group: u32) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_fchown)(fd, user, group))
        }
        .map(drop)
    }

    pub(crate) fn futimens(&self, times: &[sys::timespec; 2]) -> Result<(), ErrorKind> {
        let (fd, times) = (self.number(), times.as_ptr());
        // SAFETY: `times` is borrowed for the call and has the two entries that are read.
        unsafe { self.gate().syscall(move |k| (k.sys_futimens)(fd, times)) }.map(drop)
    }

    pub(crate) fn getdents(&self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let (fd, start, length) = (self.number(), buffer.as_mut_ptr(), buffer.len());
        // SAFETY: as in read().
        let count = unsafe {
            self.gate()
                .syscall(move |k| (k.sys_getdents)(fd, start.cast(), length))
        }?;
        Ok(within(count as isize, length))
    }
}
