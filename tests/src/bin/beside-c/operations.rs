//! The operations that are measured: one row of the table each.

use std::time::Duration;

use crate::programs::Program;

/// How many threads call the kernel, unless the command line says otherwise.
pub(crate) const THREADS: [usize; 4] = [1, 2, 4, 8];

/// How long a process measures a call, and what takes longer to get going.
const CALL: Duration = Duration::from_millis(40);
const NETWORK: Duration = Duration::from_millis(80);
const DISK: Duration = Duration::from_millis(150);

/// What a program is asked to do, and how its result is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// What the table calls it.
    pub(crate) title: &'static str,
    /// What the programs call it.
    pub(crate) operation: &'static str,
    pub(crate) threads: usize,
    pub(crate) duration: Duration,
    pub(crate) unit: Unit,
    pub(crate) volume: Volume,
    pub(crate) programs: &'static [Program],
}

/// What the table shows of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    /// Thousands of operations a second.
    Thousands,
    /// Millions of bytes a second, of operations with this many bytes.
    Megabytes(u32),
    /// Megabytes of resident memory.
    Resident,
}

/// The file system that an operation needs beside the kernel's own tmpfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Volume {
    None,
    /// A large file on FFS, and on ext2.
    Ffs,
    Ext2,
    /// An empty FFS, new for each process.
    Empty,
}

const RAW: &[Program] = &[Program::C, Program::Rust];

const BOOT: Row = Row {
    title: "boot with inet, inet6, tmpfs, FFS and ext2, static",
    operation: "boot",
    threads: 1,
    duration: Duration::ZERO,
    unit: Unit::Milliseconds,
    volume: Volume::None,
    programs: RAW,
};

const CALLS: [(&str, &str); 5] = [
    ("getpid", "getpid"),
    ("stat", "stat"),
    ("open and close", "open-close"),
    ("read 1 B of /dev/zero", "zero"),
    ("pread 4 KiB of a file on tmpfs", "pread"),
];

const LOCKS: [(&str, &str); 4] = [
    ("lock and release a mutex", "mutex"),
    ("lock and release a spin mutex", "spin"),
    ("lock and release as a reader", "reader"),
    ("lock and release as a writer", "writer"),
];

const TCP_BULK: u32 = 65_536;
const BLOCK: u32 = 4096;

/// All rows, with the calls for each number of threads.
pub(crate) fn rows(threads: &[usize]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (title, operation) in CALLS {
        for &threads in threads {
            rows.push(Row {
                title,
                operation,
                threads,
                duration: CALL,
                unit: Unit::Nanoseconds,
                programs: &Program::ALL,
                ..BOOT
            });
        }
    }
    let hypercall = |title, operation, threads| Row {
        title,
        operation,
        threads,
        duration: CALL,
        unit: Unit::Nanoseconds,
        ..BOOT
    };
    rows.extend(LOCKS.map(|(title, operation)| hypercall(title, operation, 1)));
    for &threads in threads {
        rows.push(hypercall("malloc and free 64 bytes", "malloc", threads));
    }
    let tcp = |title, operation, unit| Row {
        title,
        operation,
        unit,
        duration: NETWORK,
        ..BOOT
    };
    let disk = |title, operation, unit, volume| Row {
        title,
        operation,
        unit,
        volume,
        duration: DISK,
        ..BOOT
    };
    let (stream, read) = (Unit::Megabytes(TCP_BULK), Unit::Megabytes(BLOCK));
    let (random, cold) = ("random-read", "sequential-read");
    let thousands = Unit::Thousands;
    rows.extend([
        tcp("TCP on lo0, one direction", "tcp-stream", stream),
        tcp(
            "TCP on lo0, round trip of 1 B",
            "tcp-ping",
            Unit::Microseconds,
        ),
        disk("random reads of 4 KiB, FFS", random, thousands, Volume::Ffs),
        disk(
            "random reads of 4 KiB, ext2",
            random,
            thousands,
            Volume::Ext2,
        ),
        disk(
            "cold sequential reads of 4 KiB, FFS",
            cold,
            read,
            Volume::Ffs,
        ),
        disk(
            "cold sequential reads of 4 KiB, ext2",
            cold,
            read,
            Volume::Ext2,
        ),
        disk(
            "create, write 1 B, fsync, close; FFS",
            "create",
            thousands,
            Volume::Empty,
        ),
        BOOT,
        Row {
            title: "resident memory after boot",
            unit: Unit::Resident,
            ..BOOT
        },
    ]);
    rows
}

impl Row {
    /// Whether the operation's name contains one of the words, if there are any.
    pub(crate) fn is_called(&self, words: &[String]) -> bool {
        let contains = |word: &String| self.operation.contains(word.as_str());
        words.is_empty() || words.iter().any(contains)
    }
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::Thousands => "k/s",
            Self::Megabytes(_) => "MB/s",
            Self::Resident => "MB",
        }
    }

    /// What is shown for an operation that costs so many nanoseconds, or bytes.
    pub(crate) fn show(self, cost: f64) -> f64 {
        match self {
            Self::Nanoseconds => cost,
            Self::Microseconds => cost / 1e3,
            Self::Milliseconds | Self::Resident => cost / 1e6,
            Self::Thousands => 1e6 / cost,
            Self::Megabytes(bytes) => f64::from(bytes) * 1e3 / cost,
        }
    }
}
