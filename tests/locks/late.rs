//! Wake-ups that come late: whoever has released a lock may wake threads at its address when the
//! lock has been destroyed and another one is there, of either kind.

use std::ptr;
use std::sync::Arc;

use crate::scenario::{explore_interrupted, together};
use crate::wait::{Mode, Mutex, Parked, RwLock};

/// The lock that is there now.
struct World<L> {
    parked: Arc<Parked>,
    lock: L,
}

impl<L> World<L> {
    fn new(parked: Arc<Parked>, lock: L) -> Arc<Self> {
        Arc::new(Self { parked, lock })
    }

    fn was_mutex(&self) {
        // SAFETY: threads wait at this address for a mutex, or none does.
        unsafe { Mutex::wake(ptr::from_ref(&self.lock).cast(), &self.parked) };
    }

    fn was_rwlock(&self) {
        // SAFETY: threads wait at these addresses for such a lock, or none does.
        unsafe { RwLock::wake(ptr::from_ref(&self.lock).cast(), &self.parked, Mode::Read) };
    }
}

impl World<Mutex> {
    fn have(&self) {
        self.lock.lock(&self.parked).unwrap();
        assert!(!self.lock.try_lock());
        self.lock.unlock(&self.parked);
    }
}

impl World<RwLock> {
    fn have(&self) {
        self.lock.lock(&self.parked, Mode::Write).unwrap();
        assert!(!self.lock.try_lock(Mode::Read));
        assert!(!self.lock.try_lock(Mode::Write));
        self.lock.unlock(&self.parked, Mode::Write);
    }
}

#[test]
fn a_mutex_bears_the_wake_ups_of_an_earlier_mutex() {
    explore_interrupted(2, |parked| {
        let world = World::new(parked, Mutex::new(0));
        together(
            &world,
            [World::<Mutex>::have, World::was_mutex, World::<Mutex>::have],
        );
    })
    .somebody_slept();
}

#[test]
fn a_mutex_bears_the_wake_ups_of_an_earlier_rwlock() {
    explore_interrupted(2, |parked| {
        let world = World::new(parked, Mutex::new(0));
        together(
            &world,
            [
                World::<Mutex>::have,
                World::was_rwlock,
                World::<Mutex>::have,
            ],
        );
    })
    .somebody_slept();
}

#[test]
fn a_rwlock_bears_the_wake_ups_of_an_earlier_mutex() {
    explore_interrupted(2, |parked| {
        let world = World::new(parked, RwLock::new());
        together(
            &world,
            [
                World::<RwLock>::have,
                World::was_mutex,
                World::<RwLock>::have,
            ],
        );
    })
    .somebody_slept();
}

#[test]
fn a_rwlock_bears_the_wake_ups_of_an_earlier_rwlock() {
    explore_interrupted(2, |parked| {
        let world = World::new(parked, RwLock::new());
        together(
            &world,
            [
                World::<RwLock>::have,
                World::was_rwlock,
                World::<RwLock>::have,
            ],
        );
    })
    .somebody_slept();
}
