//! An unmodified NetBSD kernel inside a Rust program: file systems, TCP/IP and disks, behind an API
//! that feels like `std::fs` and `std::net`.
//!
//! ```no_run
//! # #[cfg(feature = "tmpfs")]
//! # fn main() -> Result<(), rumpkernel::Error> {
//! use rumpkernel::{Kernel, fs, mount::Tmpfs};
//!
//! let kernel = Kernel::boot()?;
//! fs::create_dir(&kernel, "/mnt")?;
//! let mount = kernel.mount(Tmpfs::new(), "/mnt")?;
//! fs::write(&kernel, "/mnt/hello", "from NetBSD\n")?;
//! assert_eq!(fs::read_to_string(&kernel, "/mnt/hello")?, "from NetBSD\n");
//! mount.unmount().map_err(|failed| failed.error)?;
//! kernel.shutdown()
//! # }
//! # #[cfg(not(feature = "tmpfs"))]
//! # fn main() {}
//! ```
//!
//! - [`Kernel`] boots a kernel, mounts file systems and ends it; [`Builder`] takes boot parameters.
//! - `Process` is a process in a kernel, with credentials, working directory and root of its own.
//! - `mount`: the file systems that can be mounted.
//! - [`detect`]: what lies in an image, and whether it can be mounted.
//! - `disk`: what they lie on: host images and devices, memory, partitions, overlays.
//! - `stacked`: devices that the kernel makes of disks: encrypted, RAID, files as disks, snapshots.
//! - `fs`: files and directories in the kernel, with the shape of `std::fs`.
//! - `net`: sockets in the kernel, with the shape of `std::net`.
//! - [`Error`] says what failed and carries NetBSD's [`Errno`].
//!
//! Which drivers are there is chosen with features, see the README; `mount` and `fs` come with any
//! file system, `net` with `netinet` or `netinet6`.
//!
//! # Blocking and interrupting
//!
//! Calls block the calling thread as they do in `std`. A thread that waits in a socket comes back
//! when its timeout is over, when another thread shuts the socket down, or when the kernel ends.
//! NetBSD's rump kernels do not wake a sleeping thread for a signal, so there is no other way to
//! interrupt a call.
//!
//! # Time and chance
//!
//! A kernel's time is its [`Clock`]'s: the host's, one that begins elsewhere or runs at another
//! rate, or one that stands still until the program moves it with a [`Hand`]. File times, timeouts
//! and the timers of protocols follow it, and waiting for them takes no time:
//!
//! ```no_run
//! # #[cfg(any(feature = "netinet", feature = "netinet6", feature = "sockin"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::{Duration, SystemTime};
//! use rumpkernel::{Hand, Kernel, net::UdpSocket};
//!
//! let hour = Duration::from_secs(3600);
//! let hand = Hand::new(SystemTime::UNIX_EPOCH + 30 * 365 * 24 * hour)?;
//! let kernel = Kernel::builder().clock(hand.clock()).seed(1).boot()?;
//! let socket = UdpSocket::bind(&kernel, "127.0.0.1:0")?;
//! socket.set_read_timeout(Some(hour))?;
//! let before = hand.now();
//! // Nobody sends anything, and the timeout is over within a second.
//! hand.run(|| socket.recv(&mut [0; 16]))?.unwrap_err();
//! assert!(hand.now() >= before + hour);
//! # Ok(())
//! # }
//! # #[cfg(not(any(feature = "netinet", feature = "netinet6", feature = "sockin")))]
//! # fn main() {}
//! ```
//!
//! With a clock that is moved by hand and [random numbers from a seed](Builder::seed) a kernel, or
//! a network of kernels on one clock, does the same in every run; see [`Hand`].
//!
//! # Durability
//!
//! What `File::sync_all`, `Kernel::sync`, `Mount::unmount` and `Kernel::shutdown` return `Ok` for
//! is on the host's disk: first the kernel writes it to the image, and then the host is made to
//! write the image, fdatasync(2).
//!
//! Most writes happen after the call that caused them has returned. When the host fails one of them
//! (its disk is full, say), or fails to make one durable, the kernel has thrown the data away by
//! the time that somebody asks. Therefore each failure is remembered by the disk, and these return
//! it as [`ErrorKind::Disk`], each of them once, whoever else was told:
//!
//! - the next sync of each file that was open on the disk's file system (a file on a device of the
//!   kernel's own, such as vnd, hears of all disks);
//! - the next `Kernel::sync`, of whatever handle; and `Kernel::shutdown` if there was none;
//! - `Mount::unmount` of the file system on that disk. A `Mount` or kernel that is dropped instead
//!   prints it on the kernel's console.
//!
//! An `Ok` after that is about what was written since.
//!
//! # Containment
//!
//! A panic of the kernel is an [`Error`], and the program goes on. So is a fault in the kernel's
//! code: a null pointer, a division by zero, a stack overflow. Either way the error says where it
//! was ([`Error::backtrace`]), every call in that kernel returns, and its images are closed without
//! further writes. [`Kernel::kill`] does the same to a kernel that loops or hangs.
//!
//! For that the first boot takes the signals SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP. What is
//! not a fault in the code of the kernel that the thread is in is handed on to whoever had them
//! before, Rust's own handler for stack overflows included. A program with a handler of its own
//! installs it before the first boot, or calls the handler that it replaces. Kernel code is C, so
//! that all this works with `panic = "abort"`, too.
//!
//! A fault whose signal is blocked ends the process. So these signals are unblocked in each thread
//! that makes its first call into a kernel, and in the kernel's own threads. A thread that blocks
//! them afterwards is on its own. On Linux a real-time signal that nobody uses is taken, too, for
//! [`Kernel::kill`].
//!
//! This contains accidents, not attackers: the kernel's code shares the program's memory, and a
//! fault that was noticed may come after others that were not. It is no reason to trust an image or
//! a peer that one would not trust otherwise. Against those put the kernel into a process of its
//! own, with as few rights as it can have (a user of its own, seccomp(2), namespaces), or into a
//! virtual machine.

mod backend;
mod builder;
mod console;
pub mod detect;
#[cfg(feature = "vfs")]
pub mod disk;
mod errno;
mod error;
#[cfg(feature = "vfs")]
pub mod fs;
mod kernel;
#[cfg(feature = "vfs")]
pub mod mount;
#[cfg(any(feature = "netinet", feature = "netinet6", feature = "sockin"))]
pub mod net;
#[cfg(feature = "vfs")]
mod path;
#[cfg(feature = "vfs")]
mod process;
#[cfg(feature = "vfs")]
#[cfg_attr(
    not(all(feature = "cgd", feature = "raidframe", feature = "vnd")),
    allow(dead_code, reason = "which drivers there are depends on the features")
)]
pub mod stacked;
#[cfg(any(
    feature = "netinet",
    feature = "netinet6",
    feature = "sockin",
    feature = "vfs"
))]
mod syscall;
#[cfg(all(
    any(feature = "shmif", feature = "virtif"),
    any(feature = "netinet", feature = "netinet6", feature = "sockin")
))]
mod sysctl;
#[cfg(feature = "ugenhc")]
pub mod usb;

pub use builder::Builder;
pub use errno::Errno;
pub use error::{Error, ErrorKind};
pub use kernel::Kernel;
#[cfg(feature = "vfs")]
pub use process::Process;
pub use rumpkernel_sys;
pub use rumpuser_posix::{
    Backtrace, Clock, ClockError, DiskEvent, DiskFailure, DiskOperation, Fault, Faults, Frame,
    Hand, Recording, Spawned,
};
