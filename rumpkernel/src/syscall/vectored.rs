//! System calls that read into and write from several buffers at once.

use std::ffi::c_int;
use std::io::{IoSlice, IoSliceMut};

use rumpkernel_sys::{self as sys, SystemCall, calls};
use smallvec::SmallVec;

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{Input, Output};

/// The most buffers that the kernel takes in one call, `IOV_MAX`. What is more is left for the
/// next call.
const MOST: usize = 1024;

type Parts = SmallVec<[sys::iovec; 8]>;

impl Descriptor {
    pub(crate) fn readv(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, ErrorKind> {
        let number = self.number();
        self.fill(buffers, |parts, count| calls::readv(number, parts, count))
    }

    pub(crate) fn preadv(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        offset: i64,
    ) -> Result<usize, ErrorKind> {
        let number = self.number();
        self.fill(buffers, |parts, count| {
            calls::preadv(number, parts, count, offset)
        })
    }

    pub(crate) fn writev(&self, buffers: &[IoSlice<'_>]) -> Result<usize, ErrorKind> {
        let number = self.number();
        self.drain(buffers, |parts, count| calls::writev(number, parts, count))
    }

    pub(crate) fn pwritev(&self, buffers: &[IoSlice<'_>], offset: i64) -> Result<usize, ErrorKind> {
        let number = self.number();
        self.drain(buffers, |parts, count| {
            calls::pwritev(number, parts, count, offset)
        })
    }

    fn fill(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        call: impl FnOnce(*const sys::iovec, c_int) -> SystemCall,
    ) -> Result<usize, ErrorKind> {
        let mut outputs: SmallVec<[Output<'_>; 8]> = buffers
            .iter_mut()
            .take(MOST)
            .map(|buffer| Output::new(&mut **buffer))
            .collect();
        let parts: Parts = outputs
            .iter()
            .map(|output| sys::iovec {
                iov_base: output.start(),
                iov_len: output.length(),
            })
            .collect();
        if parts.is_empty() {
            // The kernel refuses what other systems take for nothing to do.
            return Ok(0);
        }
        let room = total(&parts);
        let table = Input::new(&*parts);
        let call = call(table.start(), parts.len() as c_int);
        // SAFETY: the call reads as many entries as `table` has, each of which leads to an output
        // of the length that it says.
        let count = unsafe { self.kernel().short(call, &[table], &mut outputs) }?;
        Ok(count.count(room))
    }

    fn drain(
        &self,
        buffers: &[IoSlice<'_>],
        call: impl FnOnce(*const sys::iovec, c_int) -> SystemCall,
    ) -> Result<usize, ErrorKind> {
        let buffers = &buffers[..buffers.len().min(MOST)];
        let parts: Parts = buffers
            .iter()
            .map(|buffer| sys::iovec {
                iov_base: buffer.as_ptr().cast_mut().cast(),
                iov_len: buffer.len(),
            })
            .collect();
        let mut inputs: SmallVec<[Input<'_>; 9]> =
            buffers.iter().map(|buffer| Input::new(&**buffer)).collect();
        if parts.is_empty() {
            // The kernel refuses what other systems take for nothing to do.
            return Ok(0);
        }
        let room = total(&parts);
        let table = Input::new(&*parts);
        inputs.push(table);
        let call = call(table.start(), parts.len() as c_int);
        // SAFETY: as in fill(), with inputs.
        let count = unsafe { self.kernel().short(call, &inputs, &mut []) }?;
        Ok(count.count(room))
    }
}

fn total(parts: &[sys::iovec]) -> usize {
    parts.iter().map(|part| part.iov_len).sum()
}
