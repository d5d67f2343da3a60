//! Who runs when in kernels on a clock that is moved by hand.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::clocks::{HOUR, boot_on, hand, millennium, sleep, wall};
use crate::death::{locks, work};
use crate::kernel::*;
use rumpuser_posix::{ClockError, Console, DeathKind, Parameters, World};

/// A chain in which each thread starts the next and waits for it.
unsafe extern "C" fn link(left: *mut c_void) -> *mut c_void {
    LINKS.fetch_add(1, Ordering::SeqCst);
    if left.addr() > 0 {
        let mut cookie = ptr::null_mut();
        let next = ptr::without_provenance_mut(left.addr() - 1);
        // SAFETY: the place is right, and the thread is joined once.
        unsafe {
            rumpuser_thread_create(link, next, c"link".as_ptr(), 1, 0, -1, &mut cookie);
            rumpuser_thread_join(cookie);
        }
    } else {
        sleep(60);
    }
    LINKS.fetch_add(1, Ordering::SeqCst);
    // SAFETY: no conditions.
    unsafe { rumpuser_thread_exit() }
}

static LINKS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn idle_means_that_everything_has_happened() {
    const LENGTH: usize = 50;
    let hand = hand();
    let kernel = boot_on(hand.clock());
    let start = || {
        let length = ptr::without_provenance_mut(LENGTH - 1);
        let name = c"link".as_ptr();
        // SAFETY: nobody joins, the place is not used.
        unsafe { rumpuser_thread_create(link, length, name, 0, 0, -1, ptr::null_mut()) }
    };
    for _ in 0..20 {
        LINKS.store(0, Ordering::SeqCst);
        // SAFETY: start() keeps the rule.
        assert_eq!(unsafe { kernel.enter(start) }.unwrap(), 0);
        assert!(hand.wait_idle(None));
        assert_eq!(LINKS.load(Ordering::SeqCst), LENGTH);
        hand.advance(Duration::from_secs(60)).unwrap();
        assert_eq!(LINKS.load(Ordering::SeqCst), 2 * LENGTH);
    }
}

#[test]
fn a_callback_cannot_move_its_own_clock() {
    let hand = hand();
    let (inside, outcomes) = (hand.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&outcomes);
    let kernel = boot_in(World {
        console: Console::sink(move |_| {
            let mut seen = seen.lock().unwrap();
            seen.push(inside.advance(HOUR));
            seen.push(inside.run(|| ()));
            assert!(!inside.wait_idle(None));
        }),
        clock: hand.clock(),
        ..World::default()
    });
    // SAFETY: print() keeps the rule.
    unsafe { kernel.enter(|| print(c"one line\n")) }.unwrap();
    assert_eq!(*outcomes.lock().unwrap(), [Err(ClockError::Inside); 2]);
    assert_eq!(
        hand.run(|| hand.advance(HOUR)).unwrap(),
        Err(ClockError::Inside)
    );
    assert_eq!(hand.now(), millennium());
    hand.advance(HOUR).unwrap();
}

#[test]
fn the_clock_moves_for_as_long_as_a_function_waits() {
    let hand = hand();
    let kernels = [boot_on(hand.clock()), boot_on(hand.clock())];
    let slept = hand.run(|| {
        kernels.each_ref().map(|kernel| {
            // SAFETY: sleep() keeps the rule.
            unsafe { kernel.enter(|| sleep(3600)) }.unwrap();
            hand.now()
        })
    });
    assert_eq!(
        slept.unwrap(),
        [millennium() + HOUR, millennium() + 2 * HOUR]
    );
    let panicked = thread::spawn({
        let hand = hand.clone();
        move || hand.run(|| panic!("in a function"))
    });
    panicked.join().unwrap_err();
    hand.advance(HOUR).unwrap();
    assert_eq!(hand.now(), millennium() + 3 * HOUR);
}

#[test]
fn threads_of_the_program_take_turns() {
    let run = || {
        let hand = hand();
        let kernel = boot_on(hand.clock());
        let said = Arc::new(Mutex::new(Vec::new()));
        let body = |number: u32| {
            let (hand, said, kernel) = (hand.clone(), Arc::clone(&said), Arc::clone(&kernel));
            move || {
                for round in 0..5 {
                    hand.sleep(Duration::from_secs(u64::from(number % 3)));
                    said.lock().unwrap().push((number, round, hand.now()));
                    // SAFETY: sleep() keeps the rule.
                    unsafe { kernel.enter(|| sleep(1)) }.unwrap();
                    said.lock().unwrap().push((number, round, hand.now()));
                }
                number
            }
        };
        // None of them begins before all are there.
        let joined = hand.run(|| {
            let threads = [0, 1, 2, 3, 4, 5, 6, 7].map(|number| hand.spawn(body(number)).unwrap());
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert_eq!(joined, Ok(28_u32));
        Arc::try_unwrap(said).unwrap().into_inner().unwrap()
    };
    let first = run();
    assert_eq!(first.len(), 80);
    for _ in 0..20 {
        assert_eq!(run(), first);
    }
    let panicking = hand().spawn(|| panic!("on a thread")).unwrap();
    panicking.join().unwrap_err();
}

#[test]
fn time_goes_on_for_a_kernel_that_is_to_end() {
    let hand = hand();
    let (ends, stays) = (boot_on(hand.clock()), boot_on(hand.clock()));
    ends.let_time_go();
    // SAFETY: sleep() keeps the rule.
    unsafe { ends.enter(|| sleep(3600)) }.unwrap();
    assert_eq!(wall(&ends), millennium() + HOUR);
    assert_eq!(wall(&stays), millennium());
    assert_eq!(hand.now(), millennium());
}

#[test]
fn a_kernel_that_is_to_end_shares_the_time_that_passes() {
    let hand = hand();
    let (ends, stays) = (boot_on(hand.clock()), boot_on(hand.clock()));
    let ticking = Arc::clone(&stays);
    let tick = || loop {
        sleep(1);
    };
    // SAFETY: tick() keeps the rule.
    let ticks = hand.spawn(move || unsafe { ticking.enter(tick) }.map(|never: ()| never));
    ends.let_time_go();
    // SAFETY: sleep() keeps the rule.
    let nap = || unsafe { ends.enter(|| sleep(60)) }.unwrap();
    nap();
    let ahead = wall(&ends).duration_since(millennium()).unwrap();
    assert_eq!((hand.now(), ahead.as_secs()), (millennium(), 60));
    hand.run(nap).unwrap();
    assert_eq!(hand.now(), millennium() + HOUR / 60);
    assert_eq!(wall(&ends), hand.now() + HOUR / 60);
    stays.kill("the test is over");
    ticks.unwrap().join().unwrap().unwrap_err();
}

#[test]
fn a_kernel_dies_while_it_is_advanced() {
    let hand = hand();
    let (dies, lives) = (boot_on(hand.clock()), boot_on(hand.clock()));
    let sleepers = [
        hand.spawn({
            let dies = Arc::clone(&dies);
            move || {
                let die = || {
                    sleep(60);
                    panic(c"after a minute")
                };
                // SAFETY: die() keeps the rule.
                unsafe { dies.enter(|| -> c_int { die() }) }.unwrap_err()
            }
        }),
        hand.spawn({
            let dies = Arc::clone(&dies);
            // SAFETY: sleep() keeps the rule.
            move || unsafe { dies.enter(|| sleep(7200)) }.unwrap_err()
        }),
    ];
    let other = hand.spawn({
        let lives = Arc::clone(&lives);
        // SAFETY: as above.
        move || unsafe { lives.enter(|| sleep(3600)) }.unwrap()
    });
    hand.advance(HOUR).unwrap();
    for sleeper in sleepers {
        let death = sleeper.unwrap().join().unwrap();
        assert_eq!(death.kind, DeathKind::Panic);
        assert_eq!(&*death.message, "panic: after a minute");
    }
    other.unwrap().join().unwrap();
    assert!(dies.join_threads(None) && dies.reclaim());
    assert_eq!(lives.death(), None);
}

#[test]
fn kernels_die_at_work_at_the_same_moment_each_time() {
    let run = |seed: u32| {
        let hand = hand();
        let kernel = boot_on(hand.clock());
        // SAFETY: locks() keeps the rule.
        let locks = unsafe { kernel.enter(locks) }.unwrap();
        let work = |worker: u32| {
            let kernel = Arc::clone(&kernel);
            // SAFETY: work() keeps the rule.
            move || unsafe { kernel.enter(|| work(locks, seed * 4 + worker)) }.unwrap_err()
        };
        let deaths = hand.run(|| {
            let workers = [0_u32, 1, 2, 3].map(|worker| hand.spawn(work(worker)).unwrap());
            workers.map(|worker| worker.join().unwrap())
        });
        assert!(
            deaths
                .unwrap()
                .iter()
                .all(|death| death.kind == DeathKind::Panic)
        );
        assert!(kernel.join_threads(None) && kernel.reclaim());
        hand.now()
    };
    for seed in 0..100 {
        assert_eq!(run(seed), run(seed));
    }
}

#[test]
fn one_cpu_is_enough_for_one_thread_at_a_time() {
    let cpus = |world| {
        let kernel = boot_in(world);
        let mut buffer = [0_u8; 16];
        let (name, place) = (c"_RUMPUSER_NCPU".as_ptr(), buffer.as_mut_ptr().cast());
        // SAFETY: name and buffer are right.
        unsafe { kernel.enter(|| rumpuser_getparam(name, place, 16)) }.unwrap();
        buffer[0]
    };
    let world = |parameters| World {
        parameters,
        console: Console::Discard,
        clock: hand().clock(),
        ..World::default()
    };
    assert_eq!(cpus(world(Parameters::new())), b'1');
    let four = Parameters::new().cpus(4.try_into().unwrap());
    assert_eq!(cpus(world(four)), b'4');
}
