//! Error numbers: hypercalls answer with NetBSD's, whatever the host's are.

use std::ffi::c_int;
use std::io;

/// The calling thread's errno: after a failed system call into a kernel, the number of NetBSD's that
/// the kernel gave.
#[must_use]
pub fn last() -> i32 {
    ::errno::errno().0
}

/// NetBSD's number for an errno of the host; EINVAL for one that NetBSD does not know.
#[must_use]
pub fn from_host(error: i32) -> i32 {
    // Two names of one number on some hosts, so that they cannot be arms of the match.
    if error == libc::EWOULDBLOCK || error == libc::EAGAIN {
        return 35;
    }
    if error == libc::EOPNOTSUPP {
        return 45;
    }
    if error == libc::ENOTSUP {
        return 86;
    }
    match error {
        0 => 0,
        libc::EPERM => 1,
        libc::ENOENT => 2,
        libc::ESRCH => 3,
        libc::EINTR => 4,
        libc::EIO => 5,
        libc::ENXIO => 6,
        libc::E2BIG => 7,
        libc::ENOEXEC => 8,
        libc::EBADF => 9,
        libc::ECHILD => 10,
        libc::EDEADLK => 11,
        libc::ENOMEM => 12,
        libc::EACCES => 13,
        libc::EFAULT => 14,
        libc::ENOTBLK => 15,
        libc::EBUSY => 16,
        libc::EEXIST => 17,
        libc::EXDEV => 18,
        libc::ENODEV => 19,
        libc::ENOTDIR => 20,
        libc::EISDIR => 21,
        libc::EINVAL => 22,
        libc::ENFILE => 23,
        libc::EMFILE => 24,
        libc::ENOTTY => 25,
        libc::ETXTBSY => 26,
        libc::EFBIG => 27,
        libc::ENOSPC => 28,
        libc::ESPIPE => 29,
        libc::EROFS => 30,
        libc::EMLINK => 31,
        libc::EPIPE => 32,
        libc::EDOM => 33,
        libc::ERANGE => 34,
        libc::EINPROGRESS => 36,
        libc::EALREADY => 37,
        libc::ENOTSOCK => 38,
        libc::EDESTADDRREQ => 39,
        libc::EMSGSIZE => 40,
        libc::EPROTOTYPE => 41,
        libc::ENOPROTOOPT => 42,
        libc::EPROTONOSUPPORT => 43,
        libc::ESOCKTNOSUPPORT => 44,
        libc::EPFNOSUPPORT => 46,
        libc::EAFNOSUPPORT => 47,
        libc::EADDRINUSE => 48,
        libc::EADDRNOTAVAIL => 49,
        libc::ENETDOWN => 50,
        libc::ENETUNREACH => 51,
        libc::ENETRESET => 52,
        libc::ECONNABORTED => 53,
        libc::ECONNRESET => 54,
        libc::ENOBUFS => 55,
        libc::EISCONN => 56,
        libc::ENOTCONN => 57,
        libc::ESHUTDOWN => 58,
        libc::ETOOMANYREFS => 59,
        libc::ETIMEDOUT => 60,
        libc::ECONNREFUSED => 61,
        libc::ELOOP => 62,
        libc::ENAMETOOLONG => 63,
        libc::EHOSTDOWN => 64,
        libc::EHOSTUNREACH => 65,
        libc::ENOTEMPTY => 66,
        libc::EUSERS => 68,
        libc::EDQUOT => 69,
        libc::ESTALE => 70,
        libc::EREMOTE => 71,
        libc::ENOLCK => 77,
        libc::ENOSYS => 78,
        libc::EIDRM => 82,
        libc::ENOMSG => 83,
        libc::EOVERFLOW => 84,
        libc::EILSEQ => 85,
        libc::ECANCELED => 87,
        libc::EBADMSG => 88,
        #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd")))]
        libc::ENODATA => 89,
        #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd")))]
        libc::ENOSR => 90,
        #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd")))]
        libc::ENOSTR => 91,
        #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd")))]
        libc::ETIME => 92,
        #[cfg(not(target_os = "openbsd"))]
        libc::EMULTIHOP => 94,
        #[cfg(not(target_os = "openbsd"))]
        libc::ENOLINK => 95,
        libc::EPROTO => 96,
        _ => 22,
    }
}

/// NetBSD's number for an error of the standard library's.
pub(crate) fn from_io(error: &io::Error) -> c_int {
    from_host(error.raw_os_error().unwrap_or(match error.kind() {
        // The one kind that std makes up on the paths that hypercalls take: a path with a NUL.
        io::ErrorKind::InvalidInput => libc::EINVAL,
        _ => libc::EIO,
    }))
}

#[cfg(test)]
mod tests {
    use super::from_host;

    #[test]
    fn numbers_that_differ_are_translated() {
        assert_eq!(from_host(0), 0);
        assert_eq!(from_host(libc::EAGAIN), 35);
        assert_eq!(from_host(libc::EWOULDBLOCK), 35);
        assert_eq!(
            from_host(libc::ENOTSUP),
            if libc::ENOTSUP == libc::EOPNOTSUPP {
                45
            } else {
                86
            }
        );
        assert_eq!(from_host(libc::ENAMETOOLONG), 63);
        assert_eq!(from_host(libc::EOVERFLOW), 84);
        assert_eq!(from_host(9999), 22);
    }
}
