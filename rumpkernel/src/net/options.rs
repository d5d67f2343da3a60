//! The options that several kinds of socket have, as methods of each like in `std`.

/// The options of all sockets.
macro_rules! common_options {
    ($socket:ident) => {
        impl $socket {
            /// Makes calls return `EAGAIN` instead of waiting, or wait again.
            ///
            /// # Errors
            ///
            /// Those of fcntl(2).
            pub fn set_nonblocking(&self, nonblocking: bool) -> Result<(), $crate::Error> {
                self.socket.set_nonblocking(nonblocking)
            }

            /// The error that came since the last call, `SO_ERROR`.
            ///
            /// # Errors
            ///
            /// Those of getsockopt(2).
            pub fn take_error(&self) -> Result<Option<$crate::Errno>, $crate::Error> {
                self.socket.take_error()
            }

            /// The time to live of packets, `IP_TTL`, or the hop limit in IPv6.
            ///
            /// # Errors
            ///
            /// Those of getsockopt(2).
            pub fn ttl(&self) -> Result<u32, $crate::Error> {
                self.socket.ttl()
            }

            /// Sets the time to live of packets.
            ///
            /// # Errors
            ///
            /// `EINVAL` above 255; others of setsockopt(2).
            pub fn set_ttl(&self, ttl: u32) -> Result<(), $crate::Error> {
                self.socket.set_ttl(ttl)
            }
        }
    };
}

/// The options of sockets that carry data.
macro_rules! timeouts {
    ($socket:ident) => {
        impl $socket {
            /// Sets how long a read waits before it fails with `EAGAIN`, to the next hundredth of
            /// a second; `None`: for ever.
            ///
            /// # Errors
            ///
            /// `EINVAL` for zero; others of setsockopt(2).
            pub fn set_read_timeout(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> Result<(), $crate::Error> {
                self.socket
                    .set_timeout(rumpkernel_sys::SO_RCVTIMEO, timeout)
            }

            /// Sets how long a write waits before it fails with `EAGAIN`, as for
            /// [`set_read_timeout`](Self::set_read_timeout).
            ///
            /// # Errors
            ///
            /// `EINVAL` for zero; others of setsockopt(2).
            pub fn set_write_timeout(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> Result<(), $crate::Error> {
                self.socket
                    .set_timeout(rumpkernel_sys::SO_SNDTIMEO, timeout)
            }

            /// Returns how long a read waits, as set by
            /// [`set_read_timeout`](Self::set_read_timeout).
            ///
            /// # Errors
            ///
            /// Those of getsockopt(2).
            pub fn read_timeout(&self) -> Result<Option<std::time::Duration>, $crate::Error> {
                self.socket.timeout(rumpkernel_sys::SO_RCVTIMEO)
            }

            /// Returns how long a write waits, as set by
            /// [`set_write_timeout`](Self::set_write_timeout).
            ///
            /// # Errors
            ///
            /// Those of getsockopt(2).
            pub fn write_timeout(&self) -> Result<Option<std::time::Duration>, $crate::Error> {
                self.socket.timeout(rumpkernel_sys::SO_SNDTIMEO)
            }
        }
    };
}

pub(super) use {common_options, timeouts};
