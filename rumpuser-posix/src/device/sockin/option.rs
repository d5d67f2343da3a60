//! Socket options, by level and name, from NetBSD's numbers to the host's.

use std::ffi::c_int;

const SOCKET: c_int = 0xffff;
const IP: c_int = 0;
const TCP: c_int = 6;
const IPV6: c_int = 41;

/// The host's level and name of an option. `None` for what the host has not, or what is the
/// business of the kernel's own part of the socket, such as its timeouts.
pub(super) fn of_host(level: c_int, name: c_int) -> Option<(c_int, c_int)> {
    let name = match (level, name) {
        (SOCKET, 0x0004) => libc::SO_REUSEADDR,
        (SOCKET, 0x0008) => libc::SO_KEEPALIVE,
        (SOCKET, 0x0010) => libc::SO_DONTROUTE,
        (SOCKET, 0x0020) => libc::SO_BROADCAST,
        (SOCKET, 0x0080) => libc::SO_LINGER,
        (SOCKET, 0x0100) => libc::SO_OOBINLINE,
        (SOCKET, 0x0200) => libc::SO_REUSEPORT,
        (SOCKET, 0x1001) => libc::SO_SNDBUF,
        (SOCKET, 0x1002) => libc::SO_RCVBUF,
        (SOCKET, 0x1007) => libc::SO_ERROR,
        (SOCKET, 0x1008) => libc::SO_TYPE,
        (IP, 3) => libc::IP_TOS,
        (IP, 4) => libc::IP_TTL,
        (IP, 9) => libc::IP_MULTICAST_IF,
        (IP, 10) => libc::IP_MULTICAST_TTL,
        (IP, 11) => libc::IP_MULTICAST_LOOP,
        (IP, 12) => libc::IP_ADD_MEMBERSHIP,
        (IP, 13) => libc::IP_DROP_MEMBERSHIP,
        (TCP, 1) => libc::TCP_NODELAY,
        (TCP, 2) => libc::TCP_MAXSEG,
        #[cfg(any(target_os = "linux", target_os = "android"))]
        (TCP, 3) => libc::TCP_KEEPIDLE,
        #[cfg(not(target_os = "openbsd"))]
        (TCP, 5) => libc::TCP_KEEPINTVL,
        #[cfg(not(target_os = "openbsd"))]
        (TCP, 6) => libc::TCP_KEEPCNT,
        (IPV6, 4) => libc::IPV6_UNICAST_HOPS,
        (IPV6, 9) => libc::IPV6_MULTICAST_IF,
        (IPV6, 10) => libc::IPV6_MULTICAST_HOPS,
        (IPV6, 11) => libc::IPV6_MULTICAST_LOOP,
        (IPV6, 12) => JOIN,
        (IPV6, 13) => LEAVE,
        (IPV6, 27) => libc::IPV6_V6ONLY,
        _ => return None,
    };
    let level = match level {
        SOCKET => libc::SOL_SOCKET,
        IP => libc::IPPROTO_IP,
        TCP => libc::IPPROTO_TCP,
        _ => libc::IPPROTO_IPV6,
    };
    Some((level, name))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const JOIN: c_int = libc::IPV6_ADD_MEMBERSHIP;
#[cfg(any(target_os = "linux", target_os = "android"))]
const LEAVE: c_int = libc::IPV6_DROP_MEMBERSHIP;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const JOIN: c_int = libc::IPV6_JOIN_GROUP;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const LEAVE: c_int = libc::IPV6_LEAVE_GROUP;

#[cfg(test)]
mod tests {
    use super::of_host;

    #[test]
    fn numbers_that_differ_are_translated() {
        assert_eq!(
            of_host(0xffff, 4),
            Some((libc::SOL_SOCKET, libc::SO_REUSEADDR))
        );
        assert_eq!(of_host(6, 1), Some((libc::IPPROTO_TCP, libc::TCP_NODELAY)));
        assert_eq!(of_host(0, 4), Some((libc::IPPROTO_IP, libc::IP_TTL)));
        // SO_RCVTIMEO, and a level that is nobody's.
        assert_eq!(of_host(0xffff, 0x100c), None);
        assert_eq!(of_host(99, 4), None);
    }
}
