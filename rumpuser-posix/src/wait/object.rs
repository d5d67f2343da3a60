//! Objects that hypercalls keep in the kernel's memory.

/// Something that hypercalls keep in the kernel's memory and know again.
///
/// # Safety
///
/// The word at [`KIND_AT`](Self::KIND_AT), of which [`MASK`](Self::MASK) is kept, is set to
/// [`KIND`](Self::KIND) when the object is made, and cleared when it is destroyed.
pub(crate) unsafe trait Object: Sized {
    /// A number that is no other kind's, and that memory seldom holds.
    const KIND: u32;
    /// The part of the word that holds the kind.
    const MASK: u32 = u32::MAX;
    /// Where that word is.
    const KIND_AT: usize;
    /// Why a kernel dies that uses one that is none.
    const STRANGER: &str;
}
