//! A kernel that has gone to the background.

use std::os::unix::net::UnixStream;

/// The child's end of its connection to the waiting parent. A socket, for it raises no SIGPIPE.
#[derive(Debug)]
pub(crate) struct Daemon(pub(crate) UnixStream);
