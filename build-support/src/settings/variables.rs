//! The table of variables, which the documentation shows and a test compares.

/// The default of `RUMPKERNEL_STORE_LIMIT`, in bytes: some twenty full builds.
pub(super) const STORE_LIMIT: u64 = 2 << 30;

/// One environment variable. Each is also honoured with the target's triple as a suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does and which values it takes, in one sentence.
    pub meaning: &'static str,
    /// What holds when it is not set.
    pub default: &'static str,
}

const fn variable(name: &'static str, meaning: &'static str, default: &'static str) -> Variable {
    Variable {
        name,
        meaning,
        default,
    }
}

/// Every variable that a build reads.
pub const VARIABLES: &[Variable] = &[
    variable(
        "RUMPKERNEL_SOURCE",
        "NetBSD's sources: a source tree, a .tar.gz or a git repository",
        "the cache, then the network",
    ),
    variable(
        "RUMPKERNEL_SNAPSHOT",
        "the pinned snapshot to build, by name or by revision",
        "the first of vendor-dates.toml",
    ),
    variable(
        "RUMPKERNEL_UNPINNED",
        "`yes` accepts sources that differ from the pinned ones",
        "no",
    ),
    variable(
        "RUMPKERNEL_MIRROR",
        "a URL to download from in place of the snapshot's repository",
        "the repository in vendor-dates.toml",
    ),
    variable(
        "RUMPKERNEL_OFFLINE",
        "`yes` never touches the network",
        "what CARGO_NET_OFFLINE says",
    ),
    variable(
        "RUMPKERNEL_CACHE_DIR",
        "where snapshots and built components are kept",
        "rumpkernel in the user's XDG cache folder",
    ),
    variable(
        "RUMPKERNEL_STORE_LIMIT",
        "the size that built components may take there, such as `500M` or `4G`",
        "2G",
    ),
    variable(
        "RUMPKERNEL_SKIP_BUILD",
        "`yes` compiles no kernel: checking works, linking fails",
        "no",
    ),
    variable(
        "RUMPKERNEL_COMPONENTS",
        "components to link besides those of the features, separated by commas",
        "none",
    ),
    variable(
        "RUMPKERNEL_OWN_COMPONENTS",
        "folders with Makefiles of components of your own, separated as in `PATH`",
        "none",
    ),
    variable(
        "RUMPKERNEL_INET",
        "`net` (the kernel's own stack) or `sockin` (the host's) where both are linked",
        "net",
    ),
    variable(
        "RUMPKERNEL_CFLAGS",
        "flags for the C compiler after all others",
        "none",
    ),
    variable(
        "RUMPKERNEL_DIAGNOSTIC",
        "`yes` makes the kernel check its invariants",
        "the Cargo profile's debug-assertions",
    ),
    variable(
        "RUMPKERNEL_DEBUG",
        "`yes` adds the kernel's expensive checks",
        "no",
    ),
    variable(
        "RUMPKERNEL_LOCKDEBUG",
        "`yes` makes the kernel check how locks are used",
        "no",
    ),
    variable("RUMPKERNEL_KTRACE", "`no` leaves ktrace out", "yes"),
    variable(
        "RUMPKERNEL_LOCKS_UP",
        "`yes` uses cheaper locks that allow one virtual CPU only",
        "no",
    ),
    variable(
        "RUMPKERNEL_CURLWP",
        "how the current lwp is found: `__thread` or `hypercall`",
        "__thread",
    ),
    variable(
        "RUMPKERNEL_NBCOMPAT",
        "old system-call ABIs to serve: `all`, `none` or a list such as `50,60`",
        "all",
    ),
    variable(
        "RUMPKERNEL_DEBUGINFO",
        "`yes` compiles with -g1",
        "whether the Cargo profile has debug information",
    ),
    variable(
        "RUMPKERNEL_UBSAN",
        "`yes` makes kernel code report, on the kernel's console, what it does that C leaves undefined",
        "no",
    ),
];
