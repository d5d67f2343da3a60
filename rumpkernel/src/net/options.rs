//! The options that several kinds of socket have, as methods of each like in `std`.

/// What all sockets have.
macro_rules! common_options {
    ($socket:ident) => {
        impl $socket {
            /// Whether calls return `EAGAIN` instead of waiting.
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

/// What sockets have that data goes through.
macro_rules! timeouts {
    ($socket:ident) => {
        impl $socket {
            /// How long a read waits before it fails with `EAGAIN`, to the next hundredth of a
            /// second; `None`: for ever.
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

            /// How long a write waits before it fails with `EAGAIN`, as for
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

            /// How long a read waits.
            ///
            /// # Errors
            ///
            /// Those of getsockopt(2).
            pub fn read_timeout(&self) -> Result<Option<std::time::Duration>, $crate::Error> {
                self.socket.timeout(rumpkernel_sys::SO_RCVTIMEO)
            }

            /// How long a write waits.
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
