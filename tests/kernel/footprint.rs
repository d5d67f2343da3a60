//! What kernels must leave of this process.

use rumpkernel_tests::Footprint;

/// The C library keeps the more the more threads were busy at a time; a kernel takes 2 MB and a
/// hundred mappings. What grows slowly shows in the endurance run.
const KILOBYTES: u64 = 16 << 10;
const MAPPINGS: usize = 50;

/// What there is now; a first kernel has come and gone.
pub(crate) fn settled() -> Footprint {
    Footprint::settled().unwrap()
}

/// That as much is there again.
pub(crate) fn assert_unchanged(before: Footprint) {
    settled().compare(&before, KILOBYTES, MAPPINGS).unwrap();
}
