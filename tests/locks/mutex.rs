//! Scenarios of mutexes.

use std::sync::Arc;

use crate::scenario::{Data, Place, explore, explore_interrupted, interrupted, together};
use crate::wait::{Mutex, Parked};

struct World {
    parked: Arc<Parked>,
    mutex: Place<Mutex>,
    data: Data,
}

impl World {
    fn new(parked: Arc<Parked>, data: u32) -> Arc<Self> {
        Arc::new(Self {
            parked,
            mutex: Place::new(Mutex::new(0)),
            data: Data::new(data),
        })
    }

    fn lock(&self) {
        self.mutex.lock(&self.parked).unwrap();
        assert!(self.mutex.is_held());
    }

    fn unlock(&self) {
        self.mutex.unlock(&self.parked);
    }

    fn increment(&self) {
        self.lock();
        self.data.set(self.data.get() + 1);
        self.unlock();
    }

    /// Gives up a reference to an object that has the mutex inside; the last destroys both.
    fn release(&self) {
        self.lock();
        let left = self.data.get() - 1;
        self.data.set(left);
        self.unlock();
        if left == 0 {
            // SAFETY: one thread is the last.
            unsafe { self.mutex.destroy() };
        }
    }
}

#[test]
fn one_thread_at_a_time_holds_a_mutex() {
    explore_interrupted(3, |parked| {
        let world = World::new(parked, 0);
        let twice = |world: &World| {
            world.increment();
            world.increment();
        };
        together(&world, [twice, World::increment]);
        world.lock();
        assert_eq!(world.data.get(), 3);
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}

interrupted!(
    each_of_two_waiting_threads_is_woken,
    each_of_two_waiting_threads_is_woken_often(2),
    increment_three_times
);

fn increment_three_times(times: usize) {
    explore_interrupted(times, |parked| {
        let world = World::new(parked, 0);
        together(&world, [World::increment; 3]);
        world.lock();
        assert_eq!(world.data.get(), 3);
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}

#[test]
fn a_mutex_is_taken_by_trying_only_when_nobody_holds_it() {
    explore(|parked| {
        let world = World::new(parked, 0);
        let try_once = |world: &World| {
            if world.mutex.try_lock() {
                world.data.set(world.data.get() + 1);
                world.unlock();
            }
        };
        together(&world, [try_once, World::increment]);
    });
}

#[test]
fn a_mutex_may_be_destroyed_once_it_is_released_for_the_last_time() {
    explore(|parked| together(&World::new(parked, 2), [World::release; 2])).somebody_slept();
}

interrupted!(
    a_mutex_may_be_destroyed_once_it_is_released_for_the_last_time_beside_a_third,
    a_mutex_may_be_destroyed_once_it_is_released_for_the_last_time_beside_a_third_often(2),
    release_three_times
);

fn release_three_times(times: usize) {
    explore_interrupted(times, |parked| {
        together(&World::new(parked, 3), [World::release; 3])
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}
