//! The choices that users make through environment variables, read in one place.
//!
//! [`Settings::read`] asks an injected lookup for every variable of [`VARIABLES`], with the
//! target's suffix first (`RUMPKERNEL_CFLAGS_x86_64_unknown_linux_gnu`), and remembers which names
//! it asked for. A variable that is set to nothing counts as not set.

mod parse;
mod variables;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::component::{CurLwp, Options};
use parse::Reader;
pub use variables::{VARIABLES, Variable};

/// Which TCP/IP component serves `PF_INET` when a program's features ask for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inet {
    /// The kernel's own stack: `net` with `netinet` and `netinet6`.
    Net,
    /// The host's sockets, through `sockin`.
    Sockin,
}

/// A value that a variable cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is `{value}`: expected {allowed}")]
pub struct InvalidSetting {
    /// The variable, with the target's suffix if it was found with it.
    pub variable: String,
    /// Its value.
    pub value: String,
    /// What it may be.
    pub allowed: &'static str,
}

/// All settings, typed. `None` stands for a default that depends on the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RUMPKERNEL_SOURCE`: a source tree, archive or git repository to build from.
    pub source: Option<PathBuf>,
    /// `RUMPKERNEL_SNAPSHOT`: the pin to build instead of the default.
    pub snapshot: Option<String>,
    /// `RUMPKERNEL_UNPINNED`: accept sources that differ from the pin.
    pub unpinned: bool,
    /// `RUMPKERNEL_MIRROR`: where to download from instead of the pin's repository.
    pub mirror: Option<String>,
    /// `RUMPKERNEL_OFFLINE`, else `CARGO_NET_OFFLINE`: never touch the network.
    pub offline: bool,
    /// `RUMPKERNEL_CACHE_DIR`: where snapshots and built components are kept.
    pub cache_dir: Option<PathBuf>,
    /// `RUMPKERNEL_STORE_LIMIT`: the size in bytes that built components may take.
    pub store_limit: u64,
    /// `RUMPKERNEL_SKIP_BUILD`: compile and link nothing.
    pub skip_build: bool,
    /// `RUMPKERNEL_COMPONENTS`: components to link besides the features'.
    pub components: Vec<String>,
    /// `RUMPKERNEL_OWN_COMPONENTS`: folders with Makefiles of components of the user's own.
    pub own_components: Vec<PathBuf>,
    /// `RUMPKERNEL_INET`.
    pub inet: Option<Inet>,
    /// `RUMPKERNEL_CFLAGS`: flags after all others.
    pub cflags: Vec<String>,
    /// `RUMPKERNEL_DIAGNOSTIC`: the kernel checks its own invariants.
    pub diagnostic: Option<bool>,
    /// `RUMPKERNEL_DEBUG`: the kernel's expensive checks.
    pub debug: bool,
    /// `RUMPKERNEL_LOCKDEBUG`: the kernel checks its use of locks.
    pub lockdebug: bool,
    /// `RUMPKERNEL_KTRACE`: ktrace(1) support.
    pub ktrace: bool,
    /// `RUMPKERNEL_LOCKS_UP`: locks for one virtual CPU only.
    pub locks_up: bool,
    /// `RUMPKERNEL_CURLWP`.
    pub curlwp: Option<CurLwp>,
    /// `RUMPKERNEL_NBCOMPAT`: `all`, `none`, or releases such as `50,60`.
    pub nbcompat: String,
    /// `RUMPKERNEL_DEBUGINFO`: compile with `-g1`.
    pub debuginfo: Option<bool>,
    /// `RUMPKERNEL_UBSAN`: kernel code reports what it does that C leaves undefined.
    pub ubsan: bool,
    /// Every variable that was asked for, set or not. A build is out of date when one changes.
    pub names_read: Vec<String>,
}

impl Settings {
    /// Reads all variables for a target through `lookup`.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`] names the variable, its value and what is allowed.
    pub fn read(
        target: &str,
        lookup: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, InvalidSetting> {
        let mut reader = Reader::new(target, lookup);
        Ok(Self {
            source: reader.path("RUMPKERNEL_SOURCE"),
            snapshot: reader.text("RUMPKERNEL_SNAPSHOT")?,
            unpinned: reader.flag("RUMPKERNEL_UNPINNED")?.unwrap_or(false),
            mirror: reader.text("RUMPKERNEL_MIRROR")?,
            offline: reader.offline()?,
            cache_dir: reader.path("RUMPKERNEL_CACHE_DIR"),
            store_limit: reader
                .size("RUMPKERNEL_STORE_LIMIT")?
                .unwrap_or(variables::STORE_LIMIT),
            skip_build: reader.flag("RUMPKERNEL_SKIP_BUILD")?.unwrap_or(false),
            components: reader.list("RUMPKERNEL_COMPONENTS")?,
            own_components: reader.paths("RUMPKERNEL_OWN_COMPONENTS"),
            inet: reader.choice(
                "RUMPKERNEL_INET",
                &[("net", Inet::Net), ("sockin", Inet::Sockin)],
                "net or sockin",
            )?,
            cflags: reader.flags("RUMPKERNEL_CFLAGS")?,
            diagnostic: reader.flag("RUMPKERNEL_DIAGNOSTIC")?,
            debug: reader.flag("RUMPKERNEL_DEBUG")?.unwrap_or(false),
            lockdebug: reader.flag("RUMPKERNEL_LOCKDEBUG")?.unwrap_or(false),
            ktrace: reader.flag("RUMPKERNEL_KTRACE")?.unwrap_or(true),
            locks_up: reader.flag("RUMPKERNEL_LOCKS_UP")?.unwrap_or(false),
            curlwp: reader.choice(
                "RUMPKERNEL_CURLWP",
                &[
                    ("__thread", CurLwp::ThreadLocal),
                    ("hypercall", CurLwp::Hypercall),
                ],
                "__thread or hypercall",
            )?,
            nbcompat: reader.compat("RUMPKERNEL_NBCOMPAT")?,
            debuginfo: reader.flag("RUMPKERNEL_DEBUGINFO")?,
            ubsan: reader.flag("RUMPKERNEL_UBSAN")?.unwrap_or(false),
            names_read: reader.names_read,
        })
    }
}

impl Settings {
    /// The knobs of NetBSD's Makefiles. `debug_assertions` decides what no variable does.
    #[must_use]
    pub fn options(&self, debug_assertions: bool) -> Options {
        Options {
            diagnostic: self.diagnostic.unwrap_or(debug_assertions),
            debug: self.debug,
            lockdebug: self.lockdebug,
            ktrace: self.ktrace,
            locks_up: self.locks_up,
            curlwp: self.curlwp.unwrap_or_default(),
            nbcompat: self.nbcompat.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "x86_64-unknown-linux-gnu";

    fn read(variables: &[(&str, &str)]) -> Result<Settings, InvalidSetting> {
        Settings::read(TARGET, &|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn every_variable_of_the_table_is_read_both_ways_and_no_other() {
        let mut expected: Vec<String> = Vec::new();
        for variable in VARIABLES {
            expected.push(format!("{}_x86_64_unknown_linux_gnu", variable.name));
            expected.push(variable.name.to_owned());
        }
        expected.push("CARGO_NET_OFFLINE".to_owned());
        expected.sort();
        let mut names = read(&[]).unwrap().names_read;
        names.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_targets_own_variable_wins() {
        let settings = read(&[
            ("RUMPKERNEL_CFLAGS", "-O1"),
            (
                "RUMPKERNEL_CFLAGS_x86_64_unknown_linux_gnu",
                "-O3 '-DX=a b'",
            ),
            ("RUMPKERNEL_DIAGNOSTIC", "yes"),
            ("RUMPKERNEL_SNAPSHOT", ""),
        ])
        .unwrap();
        assert_eq!(settings.cflags, ["-O3", "-DX=a b"]);
        assert_eq!(settings.diagnostic, Some(true));
        assert_eq!(settings.snapshot, None);
    }

    #[test]
    fn values_become_what_they_mean() {
        let settings = read(&[
            ("RUMPKERNEL_STORE_LIMIT", "512M"),
            ("RUMPKERNEL_INET", "sockin"),
            ("RUMPKERNEL_NBCOMPAT", "50,70"),
            ("RUMPKERNEL_COMPONENTS", "rumpfs_v7fs, rumpdev_md"),
            ("CARGO_NET_OFFLINE", "true"),
        ])
        .unwrap();
        assert_eq!(settings.store_limit, 512 << 20);
        assert_eq!(settings.inet, Some(Inet::Sockin));
        assert_eq!(settings.nbcompat, "50,70");
        assert_eq!(settings.components, ["rumpfs_v7fs", "rumpdev_md"]);
        assert!(settings.offline && settings.ktrace);
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_variable_value_and_choices() {
        for (variable, value, allowed) in [
            ("RUMPKERNEL_DIAGNOSTIC", "maybe", "yes or no"),
            (
                "RUMPKERNEL_INET_x86_64_unknown_linux_gnu",
                "lwip",
                "net or sockin",
            ),
            ("RUMPKERNEL_CURLWP", "tls", "__thread"),
            ("RUMPKERNEL_STORE_LIMIT", "99999999999G", "a size"),
            ("RUMPKERNEL_STORE_LIMIT", "-1", "a size"),
            ("RUMPKERNEL_NBCOMPAT", "70;80", "list"),
            ("RUMPKERNEL_CFLAGS", "'-O2", "quotes"),
        ] {
            let error = read(&[(variable, value)]).unwrap_err().to_string();
            for word in [variable, value, allowed] {
                assert!(error.contains(word), "{error}");
            }
        }
    }
}
