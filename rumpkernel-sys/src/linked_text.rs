//! Where the code of the linked kernel lies.

use core::ops::Range;
use core::ptr;

// Linkers define these for sections with such a name, which the build gives to all kernel code.
unsafe extern "C" {
    static __start_rumpkernel_text: u8;
    static __stop_rumpkernel_text: u8;
}

/// The addresses of the code of the kernel that is linked into this program, all of it and nothing
/// else.
///
/// It may be called anywhere, in signal handlers too.
#[must_use]
pub fn linked_text() -> Range<usize> {
    let start = ptr::addr_of!(__start_rumpkernel_text).addr();
    let end = ptr::addr_of!(__stop_rumpkernel_text).addr();
    start..end
}

#[cfg(test)]
mod tests {
    use core::hint::black_box;

    use super::linked_text;
    use crate::LINKED;

    #[test]
    fn functions_of_the_kernel_lie_in_it_and_others_do_not() {
        let text = linked_text();
        let table = black_box(&LINKED);
        for function in [
            table.init as usize,
            table.sys_read as usize,
            table.lwproc_newlwp as usize,
        ] {
            assert!(text.contains(&function), "{function:#x} {text:x?}");
        }
        assert!(!text.contains(&(linked_text as fn() -> _ as usize)));
        assert!(!text.contains(&(&raw const LINKED).addr()));
    }
}
