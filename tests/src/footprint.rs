//! What this process has of its host's, from Linux's /proc.

use std::fmt;
use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

use crate::emulator;

/// What must not grow, however many kernels come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Memory that is no file's, in kilobytes. Not known under an emulator, which keeps what it has translated.
    resident: Option<u64>,
    threads: usize,
    descriptors: usize,
    mappings: usize,
}

impl Footprint {
    fn now() -> io::Result<Self> {
        let resident = match emulator() {
            Some(_) => None,
            None => Some(Self::memory()?),
        };
        Ok(Self {
            resident,
            threads: fs::read_dir("/proc/self/task")?.count(),
            descriptors: fs::read_dir("/proc/self/fd")?.count(),
            mappings: fs::read_to_string("/proc/self/maps")?.lines().count(),
        })
    }

    fn memory() -> io::Result<u64> {
        const MEMORY: &str = "RssAnon:";
        let status = fs::read_to_string("/proc/self/status")?;
        status
            .lines()
            .find_map(|line| line.strip_prefix(MEMORY))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| io::Error::other(format!("/proc/self/status has no {MEMORY}")))
    }

    /// The footprint once nothing changes any more: a joined thread can still be in the list of
    /// tasks for a moment.
    ///
    /// # Errors
    ///
    /// Those of reading /proc.
    pub fn settled() -> io::Result<Self> {
        // What is free in the C library's arenas comes and goes in pieces of megabytes.
        #[cfg(target_env = "gnu")]
        // SAFETY: it takes a number and may be called at any time.
        unsafe {
            libc::malloc_trim(0)
        };
        let mut last = Self::now()?;
        for _ in 0..50 {
            thread::sleep(Duration::from_millis(20));
            let now = Self::now()?;
            if now == last {
                break;
            }
            last = now;
        }
        Ok(last)
    }

    /// Whether this is as much as before, give or take what the C library keeps of what it once had:
    /// so many kilobytes and mappings. Memory is not compared where it is not known.
    ///
    /// # Errors
    ///
    /// What there is more of.
    pub fn compare(&self, before: &Self, kilobytes: u64, mappings: usize) -> Result<(), String> {
        let grown: Vec<&str> = [
            (
                "memory",
                self.resident > before.resident.map(|before| before + kilobytes),
            ),
            ("threads", self.threads > before.threads),
            ("descriptors", self.descriptors > before.descriptors),
            ("mappings", self.mappings > before.mappings + mappings),
        ]
        .into_iter()
        .filter(|(_, grown)| *grown)
        .map(|(what, _)| what)
        .collect();
        if grown.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "not everything was given back: {}; before {before}, now {self}",
                grown.join(", ")
            ))
        }
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resident {
            Some(resident) => write!(f, "{:.1} MiB resident", resident as f64 / 1024.0)?,
            None => write!(f, "memory not known under an emulator")?,
        }
        write!(
            f,
            ", {} threads, {} descriptors, {} mappings",
            self.threads, self.descriptors, self.mappings
        )
    }
}
