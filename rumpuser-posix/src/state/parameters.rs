//! Boot parameters: what a kernel asks the host for while it boots, by name.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The boot parameters of one kernel.
///
/// A parameter that is not set here is looked up in the environment under the name that the kernel
/// uses (`RUMP_NCPU`, `RUMP_MEMLIMIT`, …) when the kernel asks for it, and then has the kernel's
/// default. The environment is never written.
///
/// ```
/// use std::num::NonZeroU32;
/// use rumpuser_posix::Parameters;
///
/// let parameters = Parameters::new()
///     .cpus(NonZeroU32::new(1).unwrap())
///     .memory_limit(64 << 20)
///     .host_name("router");
/// assert_eq!(parameters.get("RUMP_MEMLIMIT"), Some("67108864"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    table: BTreeMap<String, String>,
}

impl Parameters {
    /// The name under which the kernel asks for its number of CPUs; the environment's `RUMP_NCPU`.
    pub const CPUS: &'static str = "_RUMPUSER_NCPU";
    /// The name under which the kernel asks for its host name.
    pub const HOST_NAME: &'static str = "_RUMPUSER_HOSTNAME";

    /// No parameter set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of virtual CPUs: how many threads can be inside the kernel at a time. Default 2.
    #[must_use]
    pub fn cpus(self, count: NonZeroU32) -> Self {
        self.set(Self::CPUS, &count.to_string())
    }

    /// The most memory that the kernel takes from the host, in bytes. Default: no limit.
    #[must_use]
    pub fn memory_limit(self, bytes: u64) -> Self {
        self.set("RUMP_MEMLIMIT", &bytes.to_string())
    }

    /// Whether the kernel may start threads. Most of what a kernel does needs them. Default: yes.
    #[must_use]
    pub fn threads(self, enabled: bool) -> Self {
        self.set("RUMP_THREADS", if enabled { "1" } else { "0" })
    }

    /// Whether the kernel prints its boot messages. Default: no.
    #[must_use]
    pub fn verbose(self, enabled: bool) -> Self {
        self.set("RUMP_VERBOSE", if enabled { "1" } else { "0" })
    }

    /// The most vnodes that the kernel keeps.
    #[must_use]
    pub fn vnodes(self, count: u32) -> Self {
        self.set("RUMP_NVNODES", &count.to_string())
    }

    /// Makes the kernel's own disk driver fail that many of 10,000 transfers with an I/O error.
    #[must_use]
    pub fn block_failures(self, per_ten_thousand: u32) -> Self {
        self.set("RUMP_BLKFAIL", &per_ten_thousand.to_string())
    }

    /// The base-2 logarithm of the sector size, in bytes, of disks that the kernel opens by a host
    /// path. At least and by default 9. An attached disk has its own
    /// [block size](crate::Disk::block_size).
    #[must_use]
    pub fn block_sector_shift(self, shift: u32) -> Self {
        self.set("RUMP_BLKSECTSHIFT", &shift.to_string())
    }

    /// The directory, as the kernel names it, from which kernel modules are loaded.
    #[must_use]
    pub fn module_base(self, path: &str) -> Self {
        self.set("RUMP_MODULEBASE", path)
    }

    /// The kernel's host name. Default: `rump-<process>.<name of the host>`.
    #[must_use]
    pub fn host_name(self, name: &str) -> Self {
        self.set(Self::HOST_NAME, name)
    }

    /// Sets a parameter that has no method of its own, by the name that the kernel asks for.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.table.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The value set for `name`; the environment is not looked at.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.table.get(name).map(String::as_str)
    }

    /// The first name whose value the kernel could not take, because it holds a NUL.
    pub(crate) fn invalid(&self) -> Option<&str> {
        self.table
            .iter()
            .find(|(name, value)| name.contains('\0') || value.contains('\0'))
            .map(|(name, _)| name.as_str())
    }
}
