//! What this process has of the host's.

use std::fmt;
use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

/// What a process holds, by the host's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footprint {
    resident: u64,
    threads: usize,
    descriptors: usize,
    mappings: usize,
}

impl Footprint {
    fn now() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix("kB"))
            .and_then(|number| number.trim().parse::<u64>().ok())
            .ok_or_else(|| io::Error::other("/proc/self/status has no VmRSS"))?;
        Ok(Self {
            resident: kilobytes << 10,
            threads: fs::read_dir("/proc/self/task")?.count(),
            descriptors: fs::read_dir("/proc/self/fd")?.count(),
            mappings: fs::read_to_string("/proc/self/maps")?.lines().count(),
        })
    }

    /// The footprint once nothing changes any more: a joined thread can still be in the list of
    /// tasks for a moment.
    pub(crate) fn settled() -> io::Result<Self> {
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

    /// Whether this is as much as before, give or take what allocators keep.
    pub(crate) fn compare(&self, before: &Self, slack: u64) -> super::Outcome {
        // The allocator's arenas come and go, a few mappings each; a kernel has a hundred.
        const ARENAS: usize = 80;
        let grown = [
            ("resident memory", self.resident > before.resident + slack),
            ("threads", self.threads > before.threads),
            ("descriptors", self.descriptors > before.descriptors),
            ("mappings", self.mappings > before.mappings + ARENAS),
        ];
        let grown: Vec<&str> = grown
            .iter()
            .filter(|(_, grown)| *grown)
            .map(|(what, _)| *what)
            .collect();
        if grown.is_empty() {
            Ok(())
        } else {
            Err(format!("not everything was given back: {}", grown.join(", ")).into())
        }
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} MiB resident, {} threads, {} descriptors, {} mappings",
            self.resident as f64 / f64::from(1 << 20),
            self.threads,
            self.descriptors,
            self.mappings
        )
    }
}
