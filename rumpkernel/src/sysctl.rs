//! The kernel's variables.

use crate::error::During as _;
use crate::{Error, Kernel, syscall};

impl Kernel {
    /// The value of a variable that is a number, such as `net.inet.tcp.sack.enable`, sysctl(7).
    ///
    /// # Errors
    ///
    /// `ENOENT` when the kernel has no variable of this name; `ENOMEM` or `EINVAL` when it is no
    /// `int`; others of sysctl(3).
    pub fn sysctl(&self, name: &str) -> Result<i32, Error> {
        syscall::sysctl::get(self.handle(), name).during_at("sysctl", name)
    }

    /// Sets a variable that is a number.
    ///
    /// # Errors
    ///
    /// `ENOENT` when the kernel has no variable of this name; `EINVAL` for a value that it does not
    /// take; others of sysctl(3).
    pub fn set_sysctl(&self, name: &str, value: i32) -> Result<(), Error> {
        syscall::sysctl::set(self.handle(), name, value).during_at("sysctl", name)
    }
}
