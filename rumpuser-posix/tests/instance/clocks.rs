//! Clocks that run, and clocks that are moved by hand: when who sleeps wakes.

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::kernel::*;
use rumpuser_posix::{Clock, ClockError, Console, Hand, Instance, World};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_nanos(1);
const ETIMEDOUT: c_int = 60;

/// The first moment of 2001.
pub(crate) fn millennium() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200)
}

pub(crate) fn hand() -> Hand {
    Hand::new(millennium()).unwrap()
}

pub(crate) fn boot_on(clock: Clock) -> Arc<Instance> {
    boot_in(World {
        console: Console::Discard,
        clock,
        ..World::default()
    })
}

/// Since 1970, or since something.
pub(crate) fn read(instance: &Instance, clock: c_int) -> Duration {
    let read = || {
        let (mut seconds, mut nanos) = (0, 0);
        // SAFETY: the places are right.
        let status = unsafe { rumpuser_clock_gettime(clock, &mut seconds, &mut nanos) };
        assert_eq!(status, 0);
        (seconds, nanos)
    };
    // SAFETY: read() keeps the rule.
    let (seconds, nanos) = unsafe { instance.enter(read) }.unwrap();
    Duration::new(seconds.try_into().unwrap(), nanos.try_into().unwrap())
}

pub(crate) fn wall(instance: &Instance) -> SystemTime {
    SystemTime::UNIX_EPOCH + read(instance, RELWALL)
}

#[test]
fn clocks_that_run_begin_where_they_are_told() {
    let between = |clock: Clock, from: SystemTime, to: SystemTime| {
        let time = wall(&boot_on(clock));
        assert!(from <= time && time <= to, "{time:?}");
    };
    let start = Clock::starting_at(millennium()).unwrap();
    between(start, millennium(), millennium() + HOUR);
    let now = SystemTime::now();
    let ahead = Clock::ahead(10 * HOUR).unwrap();
    between(ahead, now + 10 * HOUR, now + 11 * HOUR);
    let behind = Clock::behind(10 * HOUR).unwrap();
    between(behind, now - 10 * HOUR, now - 9 * HOUR);
    between(Clock::host(), now, now + HOUR);
}

#[test]
fn a_scaled_clock_has_its_own_rate() {
    for rate in [100.0, 0.01] {
        let clock = Clock::starting_at(millennium()).unwrap().scaled(rate);
        let kernel = boot_on(clock.unwrap());
        let timed = || (Instant::now(), read(&kernel, ABSMONO), Instant::now());
        let first = timed();
        // SAFETY: no conditions. The sleep, too, is in the kernel's time.
        let slept = unsafe { kernel.enter(|| rumpuser_clock_sleep(RELWALL, 0, 1_000_000)) };
        assert_eq!(slept.unwrap(), 0);
        let second = timed();
        let theirs = second.1 - first.1;
        assert!(theirs >= Duration::from_millis(1), "{theirs:?}");
        let (least, most) = (second.0 - first.2, second.2 - first.0);
        // A little less, a little more: these are floating point numbers.
        assert!(theirs.as_secs_f64() >= least.as_secs_f64() * rate * 0.999);
        assert!(theirs.as_secs_f64() <= most.as_secs_f64() * rate * 1.001);
    }
}

#[test]
fn clocks_that_cannot_be_are_refused() {
    let rates = [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9, 1e9];
    for rate in rates {
        let refused = Clock::host().scaled(rate).unwrap_err();
        assert!(matches!(refused, ClockError::Rate(_)), "{rate}");
    }
    assert_eq!(hand().clock().scaled(2.0).unwrap_err(), ClockError::ByHand);
    let fast = Clock::host().scaled(500.0).unwrap();
    assert_eq!(fast.scaled(3.0).unwrap_err(), ClockError::Rate(1500.0));

    let early = SystemTime::UNIX_EPOCH - MOMENT;
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    for time in [early, late] {
        assert_eq!(
            Clock::starting_at(time).unwrap_err(),
            ClockError::OutOfRange
        );
        assert_eq!(Hand::new(time).unwrap_err(), ClockError::OutOfRange);
    }
    for shift in [Duration::MAX, Duration::from_secs(1 << 40)] {
        assert_eq!(Clock::ahead(shift).unwrap_err(), ClockError::OutOfRange);
        assert_eq!(Clock::behind(shift).unwrap_err(), ClockError::OutOfRange);
    }

    let hand = hand();
    assert_eq!(hand.advance(Duration::MAX), Err(ClockError::OutOfRange));
    assert_eq!(hand.advance_to(early), Err(ClockError::OutOfRange));
    let back = hand.advance_to(millennium() - MOMENT);
    assert_eq!(back, Err(ClockError::Back));
    assert_eq!(hand.now(), millennium());
}

/// Sleepers on their own threads, and in which order they woke.
struct Sleepers {
    hand: Hand,
    kernels: Vec<Arc<Instance>>,
    woken: Arc<Mutex<Vec<usize>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Sleepers {
    fn new(kernels: usize) -> Self {
        let hand = hand();
        Self {
            kernels: (0..kernels).map(|_| boot_on(hand.clock())).collect(),
            hand,
            woken: Arc::default(),
            threads: Vec::new(),
        }
    }

    /// Runs `sleep` in a kernel, and comes back when that waits.
    fn start(&mut self, kernel: usize, sleep: impl Fn() + Copy + Send + Sync + 'static) {
        let number = self.threads.len();
        let woken = Arc::clone(&self.woken);
        let kernel = Arc::clone(&self.kernels[kernel]);
        let entered = Arc::new(AtomicBool::new(false));
        let enters = Arc::clone(&entered);
        self.threads.push(thread::spawn(move || {
            let (woken, enters) = (&*woken, &*enters);
            let sleep = move || {
                enters.store(true, Ordering::SeqCst);
                sleep();
                woken.lock().unwrap().push(number);
            };
            // SAFETY: nothing here has a destructor while it is in the kernel.
            unsafe { kernel.enter(sleep) }.unwrap();
        }));
        while !entered.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        assert!(self.hand.wait_idle(None));
    }

    fn advance(&self, time: Duration) -> Vec<usize> {
        self.hand.advance(time).unwrap();
        std::mem::take(&mut self.woken.lock().unwrap())
    }

    fn join(self) {
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

pub(crate) fn sleep(seconds: i64) {
    // SAFETY: no conditions.
    assert_eq!(unsafe { rumpuser_clock_sleep(RELWALL, seconds, 0) }, 0);
}

fn timed_wait() {
    // SAFETY: places and locks are right.
    let status = unsafe {
        let mutex = make(|place| rumpuser_mutex_init(place, KMUTEX));
        let condvar = make(|place| rumpuser_cv_init(place));
        rumpuser_mutex_enter(mutex);
        let status = rumpuser_cv_timedwait(condvar, mutex, 3600, 0);
        rumpuser_mutex_exit(mutex);
        status
    };
    assert_eq!(status, ETIMEDOUT);
}

#[test]
fn sleepers_wake_when_their_time_has_come_and_not_before() {
    let mut sleepers = Sleepers::new(2);
    sleepers.start(0, || sleep(3600));
    sleepers.start(1, timed_wait);
    sleepers.start(0, || {
        // SAFETY: no conditions.
        let status = unsafe { rumpuser_clock_sleep(ABSMONO, 3600, 0) };
        assert_eq!(status, 0);
    });
    sleepers.start(1, || sleep(10));
    sleepers.start(0, || sleep(3601));
    sleepers.start(1, || sleep(-5));
    // One that is over at once gives the others a chance, and goes on.
    assert_eq!(sleepers.advance(Duration::ZERO), [5]);
    assert_eq!(sleepers.advance(HOUR - MOMENT), [3]);
    assert_eq!(sleepers.advance(MOMENT), [0, 1, 2]);
    assert_eq!(sleepers.advance(HOUR), [4]);
    assert_eq!(sleepers.hand.now(), millennium() + 2 * HOUR);
    let times = sleepers.kernels.iter().map(|kernel| wall(kernel));
    assert!(times.eq([sleepers.hand.now(); 2]));
    assert_eq!(read(&sleepers.kernels[0], ABSMONO), 2 * HOUR);
    sleepers.join();
}

#[test]
fn each_sleeper_sees_the_time_at_which_it_woke() {
    static SEEN: Mutex<Vec<(i64, c_long)>> = Mutex::new(Vec::new());
    let mut sleepers = Sleepers::new(1);
    for _ in 0..2 {
        sleepers.start(0, || {
            for _ in 0..3 {
                sleep(60);
                let (mut seconds, mut nanos) = (0, 0);
                // SAFETY: the places are right.
                unsafe { rumpuser_clock_gettime(ABSMONO, &mut seconds, &mut nanos) };
                SEEN.lock().unwrap().push((seconds, nanos));
            }
        });
    }
    assert_eq!(sleepers.advance(HOUR), [0, 1]);
    let expected = [(60, 0), (60, 0), (120, 0), (120, 0), (180, 0), (180, 0)];
    assert_eq!(*SEEN.lock().unwrap(), expected);
    sleepers.join();
}

#[test]
fn a_thread_that_reads_the_clock_until_time_has_passed_gets_there() {
    let kernel = boot_on(hand().clock());
    let begin = read(&kernel, ABSMONO);
    let spin = || {
        let (mut seconds, mut nanos) = (0, 0);
        while nanos < 10_000_000 {
            // SAFETY: the places are right.
            unsafe { rumpuser_clock_gettime(ABSMONO, &mut seconds, &mut nanos) };
        }
    };
    // SAFETY: spin() keeps the rule.
    unsafe { kernel.enter(spin) }.unwrap();
    assert_eq!(read(&kernel, ABSMONO), begin);
}
