//! What happens to threads in a kernel that dies.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::kernel::*;
use rumpuser_posix::{Console, Death, DeathKind, Instance, Parameters};

/// Addresses that go to other threads.
#[derive(Clone, Copy)]
pub(crate) struct Locks {
    held: Lock,
    held_spin: Lock,
    written: Lock,
    read: Lock,
    free: Lock,
    condvar: Lock,
}

// SAFETY: locks are made to be used by many threads.
unsafe impl Send for Locks {}
// SAFETY: as above.
unsafe impl Sync for Locks {}

pub(crate) fn locks() -> Locks {
    // SAFETY: places and locks are right, nobody else has them yet.
    unsafe {
        let locks = Locks {
            held: make(|place| rumpuser_mutex_init(place, KMUTEX)),
            held_spin: make(|place| rumpuser_mutex_init(place, KMUTEX | SPIN)),
            written: make(|place| rumpuser_rw_init(place)),
            read: make(|place| rumpuser_rw_init(place)),
            free: make(|place| rumpuser_mutex_init(place, KMUTEX)),
            condvar: make(|place| rumpuser_cv_init(place)),
        };
        rumpuser_mutex_enter(locks.held);
        rumpuser_mutex_enter_nowrap(locks.held_spin);
        rumpuser_rw_enter(WRITER, locks.written);
        rumpuser_rw_enter(READER, locks.read);
        locks
    }
}

unsafe extern "C" fn sleep_for_ever(_: *mut c_void) -> *mut c_void {
    // SAFETY: no conditions.
    unsafe { rumpuser_clock_sleep(RELWALL, 1_000_000, 0) };
    unreachable!("a sleep of days is over");
}

/// The ways to wait for ever in a kernel.
fn wait(way: usize, locks: Locks) -> c_int {
    // SAFETY: the locks are right; that most are never released is the point.
    unsafe {
        match way {
            0 => rumpuser_mutex_enter(locks.held),
            1 => rumpuser_mutex_enter_nowrap(locks.held_spin),
            2 => rumpuser_rw_enter(READER, locks.written),
            3 => rumpuser_rw_enter(WRITER, locks.written),
            4 => rumpuser_rw_enter(WRITER, locks.read),
            5..=7 => {
                rumpuser_mutex_enter(locks.free);
                match way {
                    5 => rumpuser_cv_wait(locks.condvar, locks.free),
                    6 => rumpuser_cv_wait_nowrap(locks.condvar, locks.free),
                    _ => drop(rumpuser_cv_timedwait(
                        locks.condvar,
                        locks.free,
                        1_000_000,
                        0,
                    )),
                }
            }
            8 => drop(sleep_for_ever(ptr::null_mut())),
            _ => {
                let mut cookie = ptr::null_mut();
                let status = rumpuser_thread_create(
                    sleep_for_ever,
                    ptr::null_mut(),
                    c"sleeper".as_ptr(),
                    1,
                    0,
                    -1,
                    &mut cookie,
                );
                assert_eq!(status, 0);
                rumpuser_thread_join(cookie);
            }
        }
    }
    -1
}

const WAYS: usize = 10;

fn waiters(
    instance: &Arc<Instance>,
    locks: Locks,
) -> Vec<thread::JoinHandle<Result<c_int, Death>>> {
    (0..WAYS)
        .map(|way| {
            let instance = Arc::clone(instance);
            // SAFETY: wait() keeps the rule.
            thread::spawn(move || unsafe { instance.enter(|| wait(way, locks)) })
        })
        .collect()
}

#[test]
fn death_ends_every_wait() {
    // Early on some are on their way to the wait, later all wait.
    for delay in [0, 1, 50] {
        let instance = boot();
        // SAFETY: locks() keeps the rule.
        let locks = unsafe { instance.enter(locks) }.unwrap();
        let waiters = waiters(&instance, locks);
        thread::sleep(Duration::from_millis(delay));
        // SAFETY: panic() keeps the rule.
        let death = unsafe { instance.enter(|| -> c_int { panic(c"out of coffee") }) }.unwrap_err();
        assert_eq!(death.kind, DeathKind::Panic);
        assert_eq!(&*death.message, "panic: out of coffee");
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap().unwrap_err(), death);
        }
        assert!(instance.join_threads(None));
        assert!(instance.reclaim());
        assert_eq!(instance.death(), Some(death.clone()));
        // SAFETY: f does nothing.
        assert_eq!(unsafe { instance.enter(|| 0) }.unwrap_err(), death);
    }
}

#[test]
fn halting_reports_the_exit_code() {
    let instance = boot();
    assert_eq!(instance.death(), None);
    // SAFETY: no conditions.
    let death = unsafe { instance.enter(|| -> c_int { rumpuser_exit(7) }) }.unwrap_err();
    assert_eq!(death.kind, DeathKind::Halt(7));
}

#[test]
fn a_living_kernel_keeps_its_memory() {
    let instance = boot();
    assert!(instance.join_threads(None));
    assert!(!instance.reclaim());
}

#[test]
fn a_kernel_that_misuses_a_mutex_ends_instead_of_hanging() {
    let misuse = |instance: &Instance, f: fn(Lock)| {
        let run = || {
            // SAFETY: any address will do for a lwp; place and mutex are right.
            unsafe {
                rumpuser_curlwpop(LWP_SET, ptr::dangling_mut());
                f(make(|place| rumpuser_mutex_init(place, KMUTEX)));
            }
        };
        // SAFETY: run() keeps the rule.
        unsafe { instance.enter(run) }.unwrap_err()
    };
    // SAFETY: the mutexes are right, the misuse is the point.
    let release: fn(Lock) = |mutex| unsafe { rumpuser_mutex_exit(mutex) };
    let twice: fn(Lock) = |mutex| unsafe {
        // SAFETY: as above.
        rumpuser_mutex_enter(mutex);
        rumpuser_mutex_enter(mutex);
    };
    assert!(misuse(&boot(), release).message.contains("nobody holds"));
    assert!(misuse(&boot(), twice).message.contains("that it holds"));
}

unsafe extern "C" fn exit_at_once(runs: *mut c_void) -> *mut c_void {
    // SAFETY: the test passes a counter that outlives the thread.
    unsafe { &*runs.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    // SAFETY: no conditions.
    unsafe { rumpuser_thread_exit() }
}

#[test]
fn a_thread_that_exits_leaves_the_kernel_alive() {
    let runs = AtomicUsize::new(0);
    let instance = boot();
    // SAFETY: the thread is joined; the rule is kept.
    let joined = unsafe {
        instance.enter(|| {
            let mut cookie = ptr::null_mut();
            let argument = (&raw const runs).cast_mut().cast();
            let name = c"brief".as_ptr();
            rumpuser_thread_create(exit_at_once, argument, name, 1, 0, -1, &mut cookie)
                + rumpuser_thread_join(cookie)
        })
    };
    assert_eq!(joined.unwrap(), 0);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // SAFETY: no conditions.
    let left = unsafe { instance.enter(|| -> c_int { rumpuser_thread_exit() }) };
    assert_eq!(left.unwrap_err().kind, DeathKind::ThreadExit);
    assert_eq!(instance.death(), None);
}

/// What a busy kernel does, until it is dead.
pub(crate) fn work(locks: Locks, seed: u32) -> c_int {
    let mut dice = seed;
    loop {
        dice = dice.wrapping_mul(1_103_515_245).wrapping_add(12345);
        // SAFETY: the locks are right and are used in turn.
        unsafe {
            match dice >> 16 & 7 {
                0 | 1 => {
                    rumpuser_mutex_enter(locks.free);
                    rumpuser_mutex_exit(locks.free);
                }
                2 => {
                    rumpuser_mutex_enter(locks.free);
                    rumpuser_cv_timedwait(locks.condvar, locks.free, 0, 10_000);
                    rumpuser_mutex_exit(locks.free);
                }
                3 => rumpuser_cv_broadcast(locks.condvar),
                4 => {
                    rumpuser_rw_enter(READER, locks.read);
                    rumpuser_rw_exit(locks.read);
                }
                5 => drop(rumpuser_clock_sleep(RELWALL, 0, 1000)),
                6 if dice.is_multiple_of(64) => panic(c"unlucky number"),
                _ => {
                    let mut block = ptr::null_mut();
                    rumpuser_malloc(100, 0, &mut block);
                    if dice & 0x100 != 0 {
                        rumpuser_free(block, 100);
                    }
                }
            }
        }
    }
}

#[test]
fn many_kernels_die_at_work_and_leave_nothing() {
    for seed in 0..300 {
        let instance = boot();
        // SAFETY: locks() keeps the rule.
        let locks = unsafe { instance.enter(locks) }.unwrap();
        thread::scope(|scope| {
            for worker in 0..4 {
                let instance = &instance;
                // SAFETY: work() keeps the rule.
                scope.spawn(move || unsafe {
                    instance
                        .enter(|| work(locks, seed * 4 + worker))
                        .unwrap_err()
                });
            }
        });
        assert!(instance.join_threads(None));
        assert!(instance.reclaim(), "somebody is inside a dead kernel");
        assert_eq!(Arc::strong_count(&instance), 1);
    }
}

#[test]
fn kernels_nest_and_die_alone() {
    static INNER: AtomicUsize = AtomicUsize::new(0);
    let inner = boot();
    let inner_in_sink = Arc::clone(&inner);
    let sink = move |_: &[u8]| {
        // SAFETY: panic() keeps the rule.
        let death = unsafe { inner_in_sink.enter(|| -> c_int { panic(c"inside") }) };
        INNER.fetch_add(1, Ordering::SeqCst);
        assert_eq!(&*death.unwrap_err().message, "panic: inside");
    };
    let outer = boot_with(Parameters::new(), Console::sink(sink));
    // SAFETY: print() keeps the rule.
    unsafe { outer.enter(|| print(c"one line\n")) }.unwrap();
    assert_eq!(INNER.load(Ordering::SeqCst), 1);
    assert!(inner.death().is_some());
    assert_eq!(outer.death(), None);
}

#[test]
fn a_thread_is_another_lwp_in_each_kernel() {
    let kernels = [boot(), boot()];
    for (number, kernel) in kernels.iter().enumerate() {
        let lwp = ptr::without_provenance_mut(number + 1);
        // SAFETY: any address will do for a lwp here.
        unsafe { kernel.enter(|| rumpuser_curlwpop(LWP_SET, lwp)) }.unwrap();
    }
    let current = |kernel: &Arc<Instance>| {
        // SAFETY: no conditions.
        unsafe { kernel.enter(|| rumpuser_curlwp().addr()) }.unwrap()
    };
    assert_eq!(kernels.each_ref().map(current), [1, 2]);
    thread::scope(|scope| {
        let elsewhere = scope.spawn(|| kernels.each_ref().map(current));
        assert_eq!(elsewhere.join().unwrap(), [0, 0]);
    });
    let lwp = ptr::without_provenance_mut(1);
    // SAFETY: it is this thread's lwp.
    unsafe { kernels[0].enter(|| rumpuser_curlwpop(LWP_CLEAR, lwp)) }.unwrap();
    assert_eq!(kernels.each_ref().map(current), [0, 2]);
    assert!(!kernels[0].is_inside());
    // SAFETY: no kernel function is called.
    let inside = unsafe { kernels[0].enter(|| [kernels[0].is_inside(), kernels[1].is_inside()]) };
    assert_eq!(inside.unwrap(), [true, false]);
}

/// What a thread does in the kernel when its thread-locals are gone already.
unsafe extern "C" fn sleep_in_kernel(instance: *mut c_void) {
    // SAFETY: the test passes an instance that outlives the thread.
    let instance = unsafe { &*instance.cast::<Instance>() };
    // SAFETY: no conditions.
    let slept = unsafe { instance.enter(|| rumpuser_clock_sleep(RELWALL, 0, 1_000_000)) };
    assert_eq!(slept.unwrap(), 0);
    LATE.fetch_add(1, Ordering::SeqCst);
}

static LATE: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_thread_can_enter_at_its_very_end() {
    let instance = boot();
    let mut key = 0;
    // SAFETY: the place is right, and so is the destructor for the value that is set below.
    let status = unsafe { libc::pthread_key_create(&mut key, Some(sleep_in_kernel)) };
    assert_eq!(status, 0);
    let instance = &instance;
    thread::scope(|scope| {
        scope
            .spawn(move || {
                // Waiting makes the thread-locals of the crate below, which go before the key.
                // SAFETY: no conditions.
                unsafe { instance.enter(|| rumpuser_clock_sleep(RELWALL, 0, 1)) }.unwrap();
                // SAFETY: the key was made above; the destructor casts the value back.
                unsafe { libc::pthread_setspecific(key, Arc::as_ptr(instance).cast()) };
            })
            .join()
            .unwrap();
    });
    assert_eq!(LATE.load(Ordering::SeqCst), 1);
}
