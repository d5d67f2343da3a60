//! What a process has of its host, from Linux's /proc.

use std::fs;

/// What must not grow, however many kernels come and go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    threads: usize,
    descriptors: usize,
    mappings: usize,
    /// Memory that is not a file's, in kilobytes.
    resident: usize,
}

impl Footprint {
    /// What there is now; a first kernel has come and gone.
    pub(crate) fn settled() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        Self {
            threads: number("Threads:"),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            mappings: fs::read_to_string("/proc/self/maps")
                .unwrap()
                .lines()
                .count(),
            resident: number("RssAnon:"),
        }
    }

    /// That as much is there again. The C library keeps some of what it once had, the more the more
    /// threads were busy at a time; a kernel takes 2 MB. What grows slowly shows in the endurance run.
    pub(crate) fn assert_unchanged(self) {
        let now = Self::settled();
        let told = format!("before {self:?}, now {now:?}");
        assert!(now.threads <= self.threads, "{told}");
        assert!(now.descriptors <= self.descriptors, "{told}");
        assert!(now.resident <= self.resident + (16 << 10), "{told}");
        assert!(now.mappings <= self.mappings + 50, "{told}");
    }
}
