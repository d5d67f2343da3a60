//! The ways in which hypercalls can fail.

use std::fmt;
use std::str::FromStr;

/// Declares the kinds with their names.
macro_rules! kinds {
    ($($(#[$docs:meta])* $name:ident = $text:literal,)*) => {
        /// A way in which hypercalls can fail. Its name, by [`Display`](fmt::Display) and
        /// [`FromStr`], is in lower case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[$docs])* $name,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// `rumpuser_malloc` finds no memory. A kernel that boots dies of it.
    Memory = "memory",
    /// `rumpuser_anonmmap` finds no memory.
    Mapping = "mapping",
    /// `rumpuser_mutex_init`, `rumpuser_rw_init`, `rumpuser_cv_init` and the cookie of a thread
    /// that is to be joined find no memory, of which the kernel dies: it cannot be told.
    Lock = "lock",
    /// `rumpuser_getparam` fails, as for a parameter that is not set.
    Parameter = "parameter",
    /// `rumpuser_getfileinfo` fails with an I/O error.
    FileInfo = "file-info",
    /// `rumpuser_open` fails with an I/O error.
    Open = "open",
    /// `rumpuser_close` closes and reports an I/O error.
    Close = "close",
    /// A read of a disk or file fails with an I/O error.
    Read = "read",
    /// A read of a disk or file ends early, as if the file had been cut short.
    ShortRead = "short-read",
    /// A write to a disk or file fails with an I/O error.
    Write = "write",
    /// Data cannot be made durable.
    Sync = "sync",
    /// No thread can be created.
    Thread = "thread",
    /// `rumpuser_clock_gettime` cannot tell the time.
    Clock = "clock",
    /// `rumpuser_clock_sleep` comes back at once, with an error.
    Sleep = "sleep",
    /// `rumpuser_getrandom` has no random numbers.
    Random = "random",
    /// `rumpcomp_virt_create` makes no interface.
    Interface = "interface",
    /// A frame that an interface sends is lost.
    Frame = "frame",
    /// `rumpcomp_shmif_mmap` cannot map the bus.
    Bus = "bus",
    /// A call for a socket of the host's fails, out of buffers.
    Socket = "socket",
    /// A request or transfer of a USB device fails with an I/O error.
    Usb = "usb",
    /// `rumpcomp_netsmb_iconv_open` knows no such converter.
    Converter = "converter",
    /// The kernel image cannot be mapped.
    Image = "image",
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No [`Fault`] has the name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault {name:?}; there are {}", Fault::ALL.iter().map(|fault| fault.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownFault {
    name: String,
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let found = Self::ALL.iter().copied().find(|fault| fault.name() == name);
        found.ok_or_else(|| UnknownFault {
            name: name.to_owned(),
        })
    }
}
