//! Scenarios of condition variables.

use std::ptr;
use std::sync::Arc;

use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use crate::scenario::{Data, Place, explore, explore_interrupted, interrupted, together};
use crate::wait::{Condvar, Deadline, Mutex, Parked};

struct World {
    parked: Arc<Parked>,
    mutex: Mutex,
    condvar: Place<Condvar>,
    /// What is waited for: that it is not zero.
    data: Data,
}

impl World {
    fn new(parked: Arc<Parked>) -> Arc<Self> {
        Arc::new(Self {
            parked,
            mutex: Mutex::new(0),
            condvar: Place::new(Condvar::new()),
            data: Data::new(0),
        })
    }

    fn lock(&self) {
        self.mutex.lock(&self.parked).unwrap();
    }

    fn unlock(&self) {
        self.mutex.unlock(&self.parked);
    }

    fn wait(&self, deadline: Option<Deadline>) -> bool {
        self.condvar.announce();
        let woken = self.condvar.block(&self.parked, &self.mutex, deadline);
        self.lock();
        woken.unwrap()
    }

    fn wait_for_data(&self) {
        self.lock();
        if self.data.get() == 0 {
            assert!(self.wait(None));
            assert_ne!(self.data.get(), 0, "woken without cause");
        }
        self.unlock();
    }

    /// Of several threads that wait each takes one.
    fn wait_and_take(&self) {
        self.lock();
        while self.data.get() == 0 {
            self.wait(None);
        }
        self.data.set(self.data.get() - 1);
        self.unlock();
    }

    fn set(&self, value: u32) {
        self.lock();
        self.data.set(value);
        self.unlock();
    }

    fn signal(&self) {
        self.condvar.wake(&self.parked, 1);
    }
}

#[test]
fn a_signal_after_the_announcement_is_not_lost() {
    explore(|parked| {
        let signal = |world: &World| {
            world.set(1);
            world.signal();
        };
        together(&World::new(parked), [World::wait_for_data, signal]);
    })
    .somebody_slept();
}

/// Whoever ends a thread that was joined wakes the joiner when its memory may be a condition
/// variable's already.
#[test]
fn a_late_wake_up_for_what_was_there_before_is_no_signal() {
    explore_interrupted(2, |parked| {
        let late = |world: &World| {
            let address = ptr::from_ref(&*world.condvar).addr();
            let wake = |_| DEFAULT_UNPARK_TOKEN;
            world.parked.unpark(address, usize::MAX, wake);
        };
        let signal = |world: &World| {
            world.set(1);
            world.signal();
        };
        together(&World::new(parked), [World::wait_for_data, late, signal]);
    })
    .somebody_slept();
}

interrupted!(
    a_broadcast_wakes_all_that_wait,
    a_broadcast_wakes_all_that_wait_often(2),
    broadcast_to_two
);

fn broadcast_to_two(times: usize) {
    explore_interrupted(times, |parked| {
        let broadcast = |world: &World| {
            world.set(2);
            world.condvar.wake(&world.parked, usize::MAX);
        };
        together(
            &World::new(parked),
            [World::wait_and_take, World::wait_and_take, broadcast],
        );
    })
    .somebody_slept();
}

#[test]
fn two_signals_wake_two_threads() {
    explore_interrupted(1, |parked| {
        let signal_twice = |world: &World| {
            for _ in 0..2 {
                world.lock();
                world.data.set(world.data.get() + 1);
                world.unlock();
                world.signal();
            }
        };
        together(
            &World::new(parked),
            [World::wait_and_take, World::wait_and_take, signal_twice],
        );
    })
    .somebody_slept();
}

#[test]
fn a_wait_ends_by_a_signal_or_by_its_deadline_and_is_counted_off_once() {
    explore_interrupted(3, |parked| {
        let world = World::new(parked);
        let wait = |world: &World| {
            world.lock();
            if world.data.get() == 0 && world.wait(Some(Deadline)) {
                assert_ne!(world.data.get(), 0, "woken without cause");
            }
            world.unlock();
        };
        let signal = |world: &World| {
            world.set(1);
            world.signal();
        };
        together(&world, [wait, signal]);
        assert_eq!(world.condvar.waiters(), 0);
    })
    .somebody_slept();
}

#[test]
fn a_condition_variable_may_be_destroyed_when_its_waiters_are_woken() {
    explore(|parked| {
        let signal = |world: &World| {
            world.lock();
            world.data.set(1);
            world.signal();
            assert_eq!(world.condvar.waiters(), 0);
            world.unlock();
            // SAFETY: this thread alone does this; who comes later finds data.
            unsafe { world.condvar.destroy() };
        };
        together(&World::new(parked), [World::wait_for_data, signal]);
    })
    .somebody_slept();
}

#[test]
fn a_condition_variable_may_be_destroyed_by_who_was_woken() {
    explore(|parked| {
        let wait = |world: &World| {
            world.wait_for_data();
            // SAFETY: this thread alone does this; the other has signalled with the mutex held.
            unsafe { world.condvar.destroy() };
        };
        let signal = |world: &World| {
            world.lock();
            world.data.set(1);
            world.signal();
            world.unlock();
        };
        together(&World::new(parked), [wait, signal]);
    })
    .somebody_slept();
}
