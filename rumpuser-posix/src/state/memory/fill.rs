//! A pattern in memory that nobody has initialized, for tests.
//!
//! Fresh memory of the host's is zero, and so a kernel that writes uninitialized memory to a disk
//! or to the network looks as if it wrote zeros. With a pattern it can be searched for.

use std::ffi::c_void;
use std::mem::MaybeUninit;

/// How much of a new thread's stack is filled: deeper than any call of the kernel's goes.
const STACK: usize = 32 << 10;

/// The byte that uninitialized memory is filled with, if any.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fill(pub(crate) Option<u8>);

impl Fill {
    /// Fills a block that the kernel gets, or has given back.
    ///
    /// # Safety
    ///
    /// The block is null or has this length, and nobody uses it.
    pub(crate) unsafe fn block(self, block: *mut c_void, length: usize) {
        if let Some(byte) = self.0
            && !block.is_null()
        {
            // SAFETY: by the contract of this function.
            unsafe { block.cast::<u8>().write_bytes(byte, length) };
        }
    }

    /// Fills the part of the calling thread's stack that its next calls use.
    pub(crate) fn stack(self) {
        if let Some(byte) = self.0 {
            below(byte);
        }
    }
}

/// Has a frame that nobody reads, and leaves it behind full.
#[inline(never)]
fn below(byte: u8) {
    let mut frame = MaybeUninit::<[u8; STACK]>::uninit();
    // SAFETY: the frame has this length.
    unsafe { frame.as_mut_ptr().cast::<u8>().write_bytes(byte, STACK) };
    std::hint::black_box(&mut frame);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_filled_if_wanted() {
        let mut block = [1_u8; 64];
        let place = block.as_mut_ptr().cast();
        // SAFETY: the block has that length; null is left alone.
        unsafe {
            Fill(None).block(place, 64);
            assert_eq!(block, [1; 64]);
            Fill(Some(7)).block(place, 60);
            Fill(Some(7)).block(std::ptr::null_mut(), 60);
        }
        assert_eq!((block[59], block[60]), (7, 1));
    }
}
