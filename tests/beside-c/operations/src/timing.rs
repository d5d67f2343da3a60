//! Measuring an operation that some threads repeat for some time.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs};

/// How long each thread repeats an operation before it is measured.
const WARM_UP: Duration = Duration::from_millis(3);
/// How long a slice is: many calls, and less than what a thread runs until the host takes its core
/// away.
const SLICE: Duration = Duration::from_micros(300);
/// How many operations there are between two looks at whether the time is over.
const BATCH: u64 = 16;

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// How many operations all threads made together.
    pub operations: u64,
    /// How long the threads took for them, added up.
    pub elapsed: Duration,
    /// The process's processor time meanwhile, its own and the host kernel's.
    pub cpu: Duration,
    /// How often the host switched from one of the process's threads to another thread.
    pub switches: u64,
    /// The most memory that the process has had resident, in KiB.
    pub resident: u64,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (elapsed, cpu) = (self.elapsed.as_nanos(), self.cpu.as_nanos());
        let (operations, switches) = (self.operations, self.switches);
        write!(
            f,
            "{operations} {elapsed} {cpu} {switches} {}",
            self.resident
        )
    }
}

/// How an operation is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Alone it waits for nobody. Then its cost is that in the middle one of many short slices of
    /// time: those in which the host ran something else tell nothing.
    Busy,
    /// It waits for other threads or for the host, and all of its time counts.
    Waiting,
    /// The same, and nothing may be in a cache before it is measured.
    Cold,
}

/// Measures calls that alone wait for nobody: each thread prepares its own with `prepare` and
/// repeats it for the duration.
///
/// # Errors
///
/// What the threads could not prepare or do.
pub fn measure<F: FnMut() -> Result<bool, String>>(
    threads: usize,
    duration: Duration,
    prepare: impl Fn(usize) -> Result<F, String> + Sync,
) -> Result<Sample, String> {
    measure_as(Kind::Busy, threads, duration, prepare)
}

/// Measures an operation that says whether there is more to do. Two threads are kept on a core
/// each.
pub(crate) fn measure_as<F: FnMut() -> Result<bool, String>>(
    kind: Kind,
    threads: usize,
    duration: Duration,
    prepare: impl Fn(usize) -> Result<F, String> + Sync,
) -> Result<Sample, String> {
    let (ready, begin) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    let is_over = AtomicBool::new(false);
    let has_slices = kind == Kind::Busy && threads == 1;
    let work = |index: usize| -> Result<(u64, Duration), String> {
        if threads == 2 {
            stay_on(index);
        }
        let prepared = prepare(index).and_then(|mut operation| {
            if kind != Kind::Cold {
                repeat(&mut operation, WARM_UP, &AtomicBool::new(false))?;
            }
            Ok(operation)
        });
        ready.wait();
        begin.wait();
        let mut operation = prepared?;
        if has_slices {
            in_slices(&mut operation, &is_over)
        } else {
            repeat(&mut operation, Duration::MAX, &is_over)
        }
    };
    // Nothing is sent: receiving ends early when all threads have dropped their ends.
    let (working, done) = mpsc::channel::<()>();
    let work = &work;
    thread::scope(|scope| {
        let start = |index| {
            let working = working.clone();
            scope.spawn(move || {
                let result = work(index);
                drop(working);
                result
            })
        };
        let workers: Vec<_> = (0..threads).map(start).collect();
        drop(working);
        ready.wait();
        let before = Usage::now();
        begin.wait();
        let _: Result<(), mpsc::RecvTimeoutError> = done.recv_timeout(duration);
        is_over.store(true, Ordering::Relaxed);
        let mut sample = Sample {
            operations: 0,
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            switches: 0,
            resident: 0,
        };
        for worker in workers {
            let (operations, elapsed) = worker.join().map_err(|_| "a thread panicked")??;
            sample.operations += operations;
            sample.elapsed += elapsed;
        }
        let usage = Usage::now();
        sample.cpu = usage.cpu - before.cpu;
        sample.switches = usage.switches - before.switches;
        sample.resident = resident();
        Ok(sample)
    })
}

/// Repeats an operation until it has nothing more to do, the time is over, or all are told to stop.
/// Returns how often, and how long that took.
fn repeat(
    operation: &mut impl FnMut() -> Result<bool, String>,
    limit: Duration,
    is_over: &AtomicBool,
) -> Result<(u64, Duration), String> {
    let start = Instant::now();
    let mut count = 0;
    while !is_over.load(Ordering::Relaxed) {
        for _ in 0..BATCH {
            count += 1;
            if !operation()? {
                return Ok((count, start.elapsed()));
            }
        }
        if limit < Duration::MAX && start.elapsed() >= limit {
            break;
        }
    }
    Ok((count, start.elapsed()))
}

/// Repeats an operation until it is told to stop. Returns how often, and how long that would have
/// taken if all had cost what they did in the middle slice.
fn in_slices(
    operation: &mut impl FnMut() -> Result<bool, String>,
    is_over: &AtomicBool,
) -> Result<(u64, Duration), String> {
    let (mut total, mut costs) = (0, Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let (count, elapsed) = repeat(operation, SLICE, &AtomicBool::new(false))?;
        total += count;
        costs.push(elapsed.as_secs_f64() / count as f64);
    }
    costs.sort_by(f64::total_cmp);
    let middle = costs.get(costs.len() / 2).ok_or("there was no time")?;
    Ok((total, Duration::from_secs_f64(middle * total as f64)))
}

/// What the process has used so far, getrusage(2).
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) switches: u64,
}

impl Usage {
    pub(crate) fn now() -> Self {
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: `usage` is a place for the result, and zeros are a valid one.
        let usage = unsafe {
            libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
            usage.assume_init()
        };
        let time = |value: libc::timeval| {
            Duration::from_secs(value.tv_sec as u64) + Duration::from_micros(value.tv_usec as u64)
        };
        Self {
            cpu: time(usage.ru_utime) + time(usage.ru_stime),
            switches: usage.ru_nvcsw as u64 + usage.ru_nivcsw as u64,
        }
    }
}

/// The most memory that the process has had resident, in KiB. getrusage(2) would count what the
/// process had from which it was spawned.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Keeps the calling thread on one of the process's cores.
fn stay_on(index: usize) {
    // SAFETY: a set of processors is plain bits, and lives as long as the calls.
    unsafe {
        let size = size_of::<libc::cpu_set_t>();
        let mut all: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size, &raw mut all);
        let cores: Vec<usize> = (0..libc::CPU_SETSIZE as usize)
            .filter(|&core| libc::CPU_ISSET(core, &all))
            .collect();
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        if let Some(&core) = cores.get(index % cores.len().max(1)) {
            libc::CPU_SET(core, &mut one);
            libc::sched_setaffinity(0, size, &raw const one);
        }
    }
}
