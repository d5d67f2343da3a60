//! The macro that makes [`EntryPoints`](crate::EntryPoints) of the generated list of functions.

use core::ffi::{CStr, c_void};

/// Declares the functions of a kernel and the table of them.
///
/// `every` kernel has the first; a `component` brings the next, with the feature that stands
/// before them; for `absent` ones there is no feature yet, so that only an image can have them.
macro_rules! entry_points {
    (
        every { $($field:ident = $link:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)?;)* }
        component { $($feature:literal
            $optional:ident = $optional_link:ident($($optional_argument:ident: $optional_kind:ty),*)
            $(-> $optional_result:ty)?;)* }
        absent { $($later:literal
            $absent:ident = $absent_link:ident($($absent_argument:ident: $absent_kind:ty),*)
            $(-> $absent_result:ty)?;)* }
    ) => {
        unsafe extern "C" {
            $(pub fn $link($($argument: $kind),*) $(-> $result)?;)*
            $(#[cfg(feature = $feature)]
            pub fn $optional_link($($optional_argument: $optional_kind),*) $(-> $optional_result)?;)*
        }

        /// The functions of one kernel, through which it is reached.
        ///
        /// A member `sys_name` is the system call name(2), in the version that the structures of
        /// this crate belong to. It returns -1 after giving NetBSD's error number to the hypercall
        /// `rumpuser_seterrno`. The other members have the name that `rump/rump.h` declares without
        /// `rump_` and `pub_`; those that return an `int` return an error number, or 0. Those that
        /// not every kernel has are options.
        ///
        /// The `boot_` members come before `init`, and all that enters the kernel comes after it.
        #[derive(Debug, Clone, Copy)]
        pub struct EntryPoints {
            $(#[doc = concat!("`", stringify!($link), "`.")]
            pub $field: unsafe extern "C" fn($($argument: $kind),*) $(-> $result)?,)*
            $(#[doc = concat!("`", stringify!($optional_link), "`, of the component `", $feature, "`.")]
            pub $optional:
                Option<unsafe extern "C" fn($($optional_argument: $optional_kind),*) $(-> $optional_result)?>,)*
            $(#[doc = concat!("`", stringify!($absent_link), "`, of the component `", $later, "`.")]
            pub $absent:
                Option<unsafe extern "C" fn($($absent_argument: $absent_kind),*) $(-> $absent_result)?>,)*
        }

        /// The kernel that is linked into this program.
        pub static LINKED: EntryPoints = EntryPoints {
            $($field: $link,)*
            $(
                #[cfg(feature = $feature)]
                $optional: Some($optional_link),
                #[cfg(not(feature = $feature))]
                $optional: None,
            )*
            $($absent: None,)*
        };

        impl EntryPoints {
            /// Fills the table with the addresses that `resolve` gives for the names of symbols.
            ///
            /// # Errors
            ///
            /// The name of the first symbol that every kernel has and for which `resolve` gives null.
            ///
            /// # Safety
            ///
            /// `resolve` must give null or the address of the function of that name, in a kernel
            /// whose sources this crate's layout check has passed, and which stays mapped for as
            /// long as a copy of the table is used.
            pub unsafe fn load(
                mut resolve: impl FnMut(&CStr) -> *const c_void,
            ) -> Result<Self, &'static CStr> {
                // SAFETY: the caller vouches for the addresses; each member has the type that the
                // function of its name has, which the layout check asserts.
                unsafe {
                    Ok(Self {
                        $($field: $crate::entry_points::required(&mut resolve, symbol!($link))?,)*
                        $($optional: $crate::entry_points::optional(resolve(symbol!($optional_link))),)*
                        $($absent: $crate::entry_points::optional(resolve(symbol!($absent_link))),)*
                    })
                }
            }
        }
    };
}

/// The name of a symbol as a C string.
macro_rules! symbol {
    ($name:ident) => {
        const {
            match core::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes())
            {
                Ok(name) => name,
                Err(_) => panic!("an identifier holds no NUL"),
            }
        }
    };
}

/// A function that every kernel has.
///
/// # Safety
///
/// As [`optional`], for the address that `resolve` gives.
pub(crate) unsafe fn required<F: Copy>(
    resolve: &mut impl FnMut(&CStr) -> *const c_void,
    name: &'static CStr,
) -> Result<F, &'static CStr> {
    // SAFETY: the caller's promise.
    unsafe { optional(resolve(name)) }.ok_or(name)
}

/// A function that some kernels have.
///
/// # Safety
///
/// `F` is a type of function pointers, and `address` is null or that of a function of this type.
pub(crate) unsafe fn optional<F: Copy>(address: *const c_void) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*const c_void>()) };
    // SAFETY: the sizes agree, and the address is that of a function of type `F`.
    (!address.is_null()).then(|| unsafe { core::mem::transmute_copy(&address) })
}

#[cfg(test)]
mod tests {
    use core::ffi::{CStr, c_int, c_void};
    use core::ptr::null;

    use crate::{EntryPoints, LINKED};

    extern "C" fn answer() -> c_int {
        42
    }

    fn address(_: &CStr) -> *const c_void {
        answer as extern "C" fn() -> c_int as *const c_void
    }

    #[test]
    fn a_symbol_that_every_kernel_has_is_required() {
        let all_but = |missing: &'static CStr| {
            move |name: &CStr| {
                if name == missing {
                    null()
                } else {
                    address(name)
                }
            }
        };
        for missing in [c"rump_init", c"rump___sysimpl_stat50", c"rump_sys_pipe"] {
            // SAFETY: no function of the table is called.
            let result = unsafe { EntryPoints::load(all_but(missing)) };
            assert_eq!(result.err(), Some(missing));
        }
    }

    #[test]
    fn every_function_of_the_linked_kernel_is_there() {
        // Looking at the table makes the linker resolve all of it.
        let table = core::hint::black_box(&LINKED);
        assert_eq!(table.vfs_getmp.is_some(), cfg!(feature = "rumpvfs"));
        let init: unsafe extern "C" fn() -> c_int = crate::rump_init;
        assert!(core::ptr::fn_addr_eq(table.init, init));
    }

    #[test]
    fn a_component_may_be_missing() {
        let without = |name: &CStr| {
            if name == c"rump_pub_shmif_create" {
                null()
            } else {
                address(name)
            }
        };
        // SAFETY: of the table only `init` is called, and `answer` has its type.
        let table = unsafe { EntryPoints::load(without) }.unwrap();
        assert!(table.shmif_create.is_none());
        assert!(table.vfs_getmp.is_some());
        // SAFETY: see above.
        assert_eq!(unsafe { (table.init)() }, 42);
    }
}
