//! Signal numbers: from NetBSD's to the host's.

use std::ffi::c_int;

/// The host's number for a signal of NetBSD's, `None` where the host has no such signal.
pub(crate) fn to_host(number: c_int) -> Option<c_int> {
    Some(match number {
        1 => libc::SIGHUP,
        2 => libc::SIGINT,
        3 => libc::SIGQUIT,
        4 => libc::SIGILL,
        5 => libc::SIGTRAP,
        6 => libc::SIGABRT,
        8 => libc::SIGFPE,
        9 => libc::SIGKILL,
        10 => libc::SIGBUS,
        11 => libc::SIGSEGV,
        12 => libc::SIGSYS,
        13 => libc::SIGPIPE,
        14 => libc::SIGALRM,
        15 => libc::SIGTERM,
        16 => libc::SIGURG,
        17 => libc::SIGSTOP,
        18 => libc::SIGTSTP,
        19 => libc::SIGCONT,
        20 => libc::SIGCHLD,
        21 => libc::SIGTTIN,
        22 => libc::SIGTTOU,
        23 => libc::SIGIO,
        24 => libc::SIGXCPU,
        25 => libc::SIGXFSZ,
        26 => libc::SIGVTALRM,
        27 => libc::SIGPROF,
        28 => libc::SIGWINCH,
        30 => libc::SIGUSR1,
        31 => libc::SIGUSR2,
        #[cfg(any(target_os = "linux", target_os = "android"))]
        32 => libc::SIGPWR,
        // 7 (SIGEMT) and 29 (SIGINFO) are known to the BSDs only.
        #[cfg(any(target_vendor = "apple", target_os = "netbsd", target_os = "freebsd"))]
        7 => libc::SIGEMT,
        #[cfg(any(target_vendor = "apple", target_os = "netbsd", target_os = "freebsd"))]
        29 => libc::SIGINFO,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::to_host;

    #[test]
    fn numbers_that_differ_are_translated() {
        assert_eq!(to_host(10), Some(libc::SIGBUS));
        assert_eq!(to_host(30), Some(libc::SIGUSR1));
        assert_eq!(to_host(0), None);
        assert_eq!(to_host(64), None);
    }
}
