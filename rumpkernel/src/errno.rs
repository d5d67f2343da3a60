//! NetBSD's error numbers, errno(2).
//!
//! The numbers are NetBSD's own, on every host: from 35 upwards they differ from Linux's. Names
//! are those of errno(2) without the leading `E`; the messages are in this project's words.

use std::ffi::c_int;
use std::fmt;
use std::io;

use crate::ErrorKind;

/// An error number of the NetBSD kernel, errno(2).
///
/// Every value is representable, named or not, so that a kernel newer than this crate loses
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Errno(i32);

impl Errno {
    /// The error with this number.
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The number, as in NetBSD's `sys/errno.h`.
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// The name as in errno(2), such as `ENOENT`; `None` for a number that has none.
    pub fn name(self) -> Option<&'static str> {
        self.known().map(|(name, _)| name)
    }

    /// Returns what the error means, in a few lower-case words; `None` for a number without a
    /// name.
    pub fn message(self) -> Option<&'static str> {
        self.known().map(|(_, message)| message)
    }

    /// The kind under which `std::io` knows this error.
    pub fn io_kind(self) -> io::ErrorKind {
        use io::ErrorKind as Kind;
        match self {
            Self::NOENT => Kind::NotFound,
            Self::PERM | Self::ACCES => Kind::PermissionDenied,
            Self::EXIST => Kind::AlreadyExists,
            Self::AGAIN => Kind::WouldBlock,
            Self::INTR => Kind::Interrupted,
            Self::INVAL => Kind::InvalidInput,
            Self::NOMEM => Kind::OutOfMemory,
            Self::TOOBIG => Kind::ArgumentListTooLong,
            Self::BUSY => Kind::ResourceBusy,
            Self::XDEV => Kind::CrossesDevices,
            Self::NOTDIR => Kind::NotADirectory,
            Self::ISDIR => Kind::IsADirectory,
            Self::TXTBSY => Kind::ExecutableFileBusy,
            Self::FBIG => Kind::FileTooLarge,
            Self::NOSPC => Kind::StorageFull,
            Self::SPIPE => Kind::NotSeekable,
            Self::ROFS => Kind::ReadOnlyFilesystem,
            Self::MLINK => Kind::TooManyLinks,
            Self::PIPE => Kind::BrokenPipe,
            Self::DEADLK => Kind::Deadlock,
            Self::NAMETOOLONG => Kind::InvalidFilename,
            Self::NOTEMPTY => Kind::DirectoryNotEmpty,
            Self::DQUOT => Kind::QuotaExceeded,
            Self::STALE => Kind::StaleNetworkFileHandle,
            Self::NOSYS | Self::OPNOTSUPP | Self::NOTSUP => Kind::Unsupported,
            Self::ADDRINUSE => Kind::AddrInUse,
            Self::ADDRNOTAVAIL => Kind::AddrNotAvailable,
            Self::NETDOWN => Kind::NetworkDown,
            Self::NETUNREACH => Kind::NetworkUnreachable,
            Self::HOSTUNREACH => Kind::HostUnreachable,
            Self::CONNABORTED => Kind::ConnectionAborted,
            Self::CONNRESET => Kind::ConnectionReset,
            Self::CONNREFUSED => Kind::ConnectionRefused,
            Self::NOTCONN => Kind::NotConnected,
            Self::TIMEDOUT => Kind::TimedOut,
            _ => Kind::Other,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some((name, message)) => write!(f, "{message} ({name})"),
            None => write!(f, "NetBSD error {}", self.0),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "Errno({})", self.0),
        }
    }
}

macro_rules! numbers {
    ($($constant:ident = $number:literal, $name:literal, $message:literal;)*) => {
        impl Errno {
            $(
                #[doc = concat!("`", $name, "`: ", $message, ".")]
                pub const $constant: Self = Self($number);
            )*

            fn known(self) -> Option<(&'static str, &'static str)> {
                match self.0 {
                    $($number => Some(($name, $message)),)*
                    _ => None,
                }
            }
        }
    };
}

numbers! {
    PERM = 1, "EPERM", "not allowed for this caller";
    NOENT = 2, "ENOENT", "no such file or directory";
    SRCH = 3, "ESRCH", "no such process";
    INTR = 4, "EINTR", "the call was interrupted";
    IO = 5, "EIO", "the device could not read or write";
    NXIO = 6, "ENXIO", "no device behind this node";
    TOOBIG = 7, "E2BIG", "arguments too long";
    NOEXEC = 8, "ENOEXEC", "not a format that can be executed";
    BADF = 9, "EBADF", "descriptor not open, or not open for this";
    CHILD = 10, "ECHILD", "no child processes";
    DEADLK = 11, "EDEADLK", "would deadlock";
    NOMEM = 12, "ENOMEM", "out of memory";
    ACCES = 13, "EACCES", "permission denied";
    FAULT = 14, "EFAULT", "bad address";
    NOTBLK = 15, "ENOTBLK", "not a block device";
    BUSY = 16, "EBUSY", "in use";
    EXIST = 17, "EEXIST", "exists already";
    XDEV = 18, "EXDEV", "not on the same file system";
    NODEV = 19, "ENODEV", "not supported by this device, or its driver is missing";
    NOTDIR = 20, "ENOTDIR", "not a directory";
    ISDIR = 21, "EISDIR", "is a directory";
    INVAL = 22, "EINVAL", "invalid argument";
    NFILE = 23, "ENFILE", "too many open files in the kernel";
    MFILE = 24, "EMFILE", "too many open files in the process";
    NOTTY = 25, "ENOTTY", "not a request that this device knows";
    TXTBSY = 26, "ETXTBSY", "program file in use";
    FBIG = 27, "EFBIG", "file too large";
    NOSPC = 28, "ENOSPC", "no space left";
    SPIPE = 29, "ESPIPE", "cannot seek here";
    ROFS = 30, "EROFS", "read-only file system";
    MLINK = 31, "EMLINK", "too many links";
    PIPE = 32, "EPIPE", "nobody reads at the other end";
    DOM = 33, "EDOM", "argument outside the domain of the function";
    RANGE = 34, "ERANGE", "result out of range";
    AGAIN = 35, "EAGAIN", "not ready, or timed out: try again";
    INPROGRESS = 36, "EINPROGRESS", "started, not finished yet";
    ALREADY = 37, "EALREADY", "in progress already";
    NOTSOCK = 38, "ENOTSOCK", "not a socket";
    DESTADDRREQ = 39, "EDESTADDRREQ", "destination address needed";
    MSGSIZE = 40, "EMSGSIZE", "message too long";
    PROTOTYPE = 41, "EPROTOTYPE", "protocol does not fit the socket type";
    NOPROTOOPT = 42, "ENOPROTOOPT", "no such option at this protocol";
    PROTONOSUPPORT = 43, "EPROTONOSUPPORT", "protocol not supported";
    SOCKTNOSUPPORT = 44, "ESOCKTNOSUPPORT", "socket type not supported";
    OPNOTSUPP = 45, "EOPNOTSUPP", "operation not supported here";
    PFNOSUPPORT = 46, "EPFNOSUPPORT", "protocol family not supported";
    AFNOSUPPORT = 47, "EAFNOSUPPORT", "address family not supported";
    ADDRINUSE = 48, "EADDRINUSE", "address in use";
    ADDRNOTAVAIL = 49, "EADDRNOTAVAIL", "no interface has this address";
    NETDOWN = 50, "ENETDOWN", "network is down";
    NETUNREACH = 51, "ENETUNREACH", "no route to the network";
    NETRESET = 52, "ENETRESET", "network dropped the connection";
    CONNABORTED = 53, "ECONNABORTED", "connection aborted on this side";
    CONNRESET = 54, "ECONNRESET", "connection reset by the peer";
    NOBUFS = 55, "ENOBUFS", "no buffer space";
    ISCONN = 56, "EISCONN", "connected already";
    NOTCONN = 57, "ENOTCONN", "not connected";
    SHUTDOWN = 58, "ESHUTDOWN", "cannot send after shutdown";
    TOOMANYREFS = 59, "ETOOMANYREFS", "too many references";
    TIMEDOUT = 60, "ETIMEDOUT", "timed out";
    CONNREFUSED = 61, "ECONNREFUSED", "connection refused";
    LOOP = 62, "ELOOP", "too many symbolic links on the way";
    NAMETOOLONG = 63, "ENAMETOOLONG", "name too long";
    HOSTDOWN = 64, "EHOSTDOWN", "host is down";
    HOSTUNREACH = 65, "EHOSTUNREACH", "no route to the host";
    NOTEMPTY = 66, "ENOTEMPTY", "directory not empty";
    PROCLIM = 67, "EPROCLIM", "too many processes";
    USERS = 68, "EUSERS", "too many users";
    DQUOT = 69, "EDQUOT", "quota exceeded";
    STALE = 70, "ESTALE", "file handle is stale";
    REMOTE = 71, "EREMOTE", "too many levels of remote in the path";
    BADRPC = 72, "EBADRPC", "bad RPC structure";
    RPCMISMATCH = 73, "ERPCMISMATCH", "wrong RPC version";
    PROGUNAVAIL = 74, "EPROGUNAVAIL", "RPC program not available";
    PROGMISMATCH = 75, "EPROGMISMATCH", "wrong version of the RPC program";
    PROCUNAVAIL = 76, "EPROCUNAVAIL", "no such RPC procedure";
    NOLCK = 77, "ENOLCK", "no locks left";
    NOSYS = 78, "ENOSYS", "not part of this kernel";
    FTYPE = 79, "EFTYPE", "wrong file type or format";
    AUTH = 80, "EAUTH", "authentication failed";
    NEEDAUTH = 81, "ENEEDAUTH", "authentication needed";
    IDRM = 82, "EIDRM", "identifier removed";
    NOMSG = 83, "ENOMSG", "no message of this type";
    OVERFLOW = 84, "EOVERFLOW", "value too large for its type";
    ILSEQ = 85, "EILSEQ", "illegal byte sequence";
    NOTSUP = 86, "ENOTSUP", "not supported";
    CANCELED = 87, "ECANCELED", "cancelled";
    BADMSG = 88, "EBADMSG", "corrupt message";
    NODATA = 89, "ENODATA", "no message available";
    NOSR = 90, "ENOSR", "no STREAM resources";
    NOSTR = 91, "ENOSTR", "not a STREAM";
    TIME = 92, "ETIME", "STREAM ioctl timed out";
    NOATTR = 93, "ENOATTR", "no such attribute";
    MULTIHOP = 94, "EMULTIHOP", "multihop attempted";
    NOLINK = 95, "ENOLINK", "link severed";
    PROTO = 96, "EPROTO", "protocol error";
}

/// Makes a result of the error number that a function of the kernel returned, 0 for none.
pub(crate) fn check(code: c_int) -> Result<(), ErrorKind> {
    match code {
        0 => Ok(()),
        code => Err(ErrorKind::Errno(Errno::from_raw(code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_snapshot_has_a_name() {
        for number in 1..=96 {
            let errno = Errno::from_raw(number);
            assert!(
                errno.name().is_some_and(|name| name.starts_with('E')),
                "{number}"
            );
            assert!(errno.message().is_some(), "{number}");
        }
        assert_eq!(Errno::from_raw(97).name(), None);
        assert_eq!(Errno::from_raw(97).to_string(), "NetBSD error 97");
    }

    #[test]
    fn the_kind_is_the_one_that_std_gives_on_netbsd() {
        // std::sys::pal::unix::decode_error_kind, applied to NetBSD's numbers.
        assert_eq!(Errno::from_raw(35).io_kind(), io::ErrorKind::WouldBlock);
        assert_eq!(
            Errno::from_raw(61).io_kind(),
            io::ErrorKind::ConnectionRefused
        );
        assert_eq!(
            Errno::from_raw(66).io_kind(),
            io::ErrorKind::DirectoryNotEmpty
        );
        assert_eq!(Errno::from_raw(96).io_kind(), io::ErrorKind::Other);
    }
}
