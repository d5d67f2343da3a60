//! What the generated declarations claim about themselves, checked when this crate is compiled.

/// Asserts size, alignment and the offsets of members.
macro_rules! layout {
    ($($name:ident $size:literal $align:literal { $($member:ident $offset:literal),* })*) => {
        $(const _: () = {
            assert!(size_of::<$name>() == $size);
            assert!(align_of::<$name>() == $align);
            $(assert!(core::mem::offset_of!($name, $member) == $offset);)*
        };)*
    };
}

/// Implements `Default` as all zeros.
macro_rules! zeroed {
    ($($name:ident)*) => {
        $(impl Default for $name {
            fn default() -> Self {
                // SAFETY: the generator names only types made of integers, raw pointers, options of
                // function pointers, and arrays and unions of these; all zeros is a value of each.
                unsafe { core::mem::zeroed() }
            }
        })*
    };
}
