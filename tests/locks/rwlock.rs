//! Scenarios of reader/writer locks.

use std::ptr;
use std::sync::Arc;

use crate::scenario::{Data, Event, Place, explore, explore_interrupted, interrupted, together};
use crate::wait::{Mode, Parked, RwLock};

struct World {
    parked: Arc<Parked>,
    lock: Place<RwLock>,
    data: Data,
    events: [Event; 2],
}

impl World {
    fn new(parked: Arc<Parked>) -> Arc<Self> {
        Arc::new(Self {
            parked,
            lock: Place::new(RwLock::new()),
            data: Data::new(0),
            events: [Event::new(), Event::new()],
        })
    }

    fn lock(&self, mode: Mode) {
        self.lock.lock(&self.parked, mode).unwrap();
        match mode {
            Mode::Read => assert!(self.lock.readers() > 0),
            Mode::Write => assert!(self.lock.is_writer(ptr::null_mut)),
        }
    }

    fn unlock(&self, mode: Mode) {
        self.lock.unlock(&self.parked, mode);
    }

    fn read(&self) {
        self.lock(Mode::Read);
        assert!(self.data.get().is_multiple_of(2), "a writer is at it");
        self.unlock(Mode::Read);
    }

    fn change(&self) {
        self.data.set(self.data.get() + 1);
        self.data.set(self.data.get() + 1);
    }

    fn write(&self) {
        self.lock(Mode::Write);
        self.change();
        self.unlock(Mode::Write);
    }

    /// Reads, and writes if there is no other reader.
    fn upgrade(&self) {
        self.lock(Mode::Read);
        let value = self.data.get();
        if self.lock.try_upgrade() {
            assert_eq!(self.data.get(), value, "somebody wrote in between");
            self.change();
            self.unlock(Mode::Write);
        } else {
            self.unlock(Mode::Read);
        }
    }

    /// Writes, and goes on reading.
    fn downgrade(&self) {
        self.downgrade_and(|| {});
    }

    fn downgrade_and(&self, meanwhile: impl FnOnce()) {
        self.lock(Mode::Write);
        self.change();
        let value = self.data.get();
        self.lock.downgrade(&self.parked);
        meanwhile();
        assert_eq!(self.data.get(), value, "somebody wrote in between");
        self.unlock(Mode::Read);
    }
}

impl World {
    /// Reads for as long as it takes another reader to come.
    fn meet(&self, mine: &Event, other: &Event) {
        self.lock(Mode::Read);
        mine.raise();
        other.wait();
        self.unlock(Mode::Read);
    }

    fn meet_second(&self) {
        self.meet(&self.events[0], &self.events[1]);
    }

    fn meet_first(&self) {
        self.meet(&self.events[1], &self.events[0]);
    }
}

#[test]
fn readers_share_a_lock() {
    explore(|parked| {
        together(&World::new(parked), [World::meet_first, World::meet_second]);
    });
}

#[test]
fn a_writer_that_leaves_lets_in_all_readers() {
    explore_interrupted(2, |parked| {
        let world = World::new(parked);
        // Else one reader could wait behind the writer, and the writer behind the other reader.
        world.lock(Mode::Write);
        let release = |world: &World| world.unlock(Mode::Write);
        together(&world, [World::meet_first, World::meet_second, release]);
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}

#[test]
fn a_writer_excludes_writers_and_readers() {
    let writers = explore(|parked| together(&World::new(parked), [World::write; 2]));
    writers.somebody_slept().somebody_was_handed_a_lock();
    let reader = explore(|parked| together(&World::new(parked), [World::write, World::read]));
    reader.somebody_slept().somebody_was_handed_a_lock();
}

interrupted!(
    readers_that_wait_behind_a_writer_are_let_in,
    readers_that_wait_behind_a_writer_are_let_in_often(2),
    read_write_and_read
);

fn read_write_and_read(times: usize) {
    explore_interrupted(times, |parked| {
        together(
            &World::new(parked),
            [World::read, World::write, World::read],
        );
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}

interrupted!(
    writers_that_wait_are_let_in_one_after_another,
    writers_that_wait_are_let_in_one_after_another_often(2),
    write_read_and_write
);

fn write_read_and_write(times: usize) {
    explore_interrupted(times, |parked| {
        together(
            &World::new(parked),
            [World::write, World::read, World::write],
        );
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}

#[test]
fn a_lock_is_taken_by_trying_only_when_nobody_is_in_the_way() {
    explore(|parked| {
        let try_both = |world: &World| {
            for mode in [Mode::Read, Mode::Write] {
                if world.lock.try_lock(mode) {
                    assert!(world.data.get().is_multiple_of(2));
                    world.unlock(mode);
                }
            }
        };
        together(&World::new(parked), [try_both, World::write]);
    });
}

#[test]
fn nobody_writes_between_reading_and_an_upgrade() {
    explore(|parked| together(&World::new(parked), [World::upgrade; 2]));
    explore(|parked| together(&World::new(parked), [World::upgrade, World::write]))
        .somebody_slept()
        .somebody_was_handed_a_lock();
}

interrupted!(
    nobody_writes_between_reading_and_an_upgrade_beside_a_third,
    nobody_writes_between_reading_and_an_upgrade_beside_a_third_often(2),
    upgrade_read_and_write
);

fn upgrade_read_and_write(times: usize) {
    explore_interrupted(times, |parked| {
        together(
            &World::new(parked),
            [World::upgrade, World::read, World::write],
        );
    })
    .somebody_slept();
}

#[test]
fn nobody_writes_between_a_downgrade_and_the_end_of_reading() {
    explore(|parked| together(&World::new(parked), [World::downgrade, World::write]))
        .somebody_slept()
        .somebody_was_handed_a_lock();
}

interrupted!(
    nobody_writes_between_a_downgrade_and_the_end_of_reading_beside_a_third,
    nobody_writes_between_a_downgrade_and_the_end_of_reading_beside_a_third_often(2),
    downgrade_read_and_write
);

fn downgrade_read_and_write(times: usize) {
    explore_interrupted(times, |parked| {
        together(
            &World::new(parked),
            [World::downgrade, World::read, World::write],
        );
    })
    .somebody_slept();
}

#[test]
fn a_downgrade_lets_in_readers_that_wait() {
    explore(|parked| {
        let downgrade = |world: &World| world.downgrade_and(|| world.events[0].wait());
        let read = |world: &World| {
            world.lock(Mode::Read);
            world.events[0].raise();
            world.unlock(Mode::Read);
        };
        together(&World::new(parked), [downgrade, read]);
    })
    .somebody_slept()
    .somebody_was_handed_a_lock();
}

impl World {
    /// Has the lock, and if the other thread had it before destroys it, for nobody uses it again.
    fn have_and_destroy(&self, mode: Mode) {
        self.lock(mode);
        let is_last = self.data.get() == 2;
        self.unlock(mode);
        if is_last {
            // SAFETY: this thread alone does this, once.
            unsafe { self.lock.destroy() };
        }
    }
}

#[test]
fn a_lock_may_be_destroyed_once_it_is_released_for_the_last_time() {
    explore(|parked| {
        let last = |world: &World| world.have_and_destroy(Mode::Write);
        together(&World::new(parked), [World::write, last]);
    })
    .somebody_slept();
    explore(|parked| {
        let last = |world: &World| world.have_and_destroy(Mode::Read);
        together(&World::new(parked), [World::write, last]);
    })
    .somebody_slept();
    explore(|parked| {
        // The only reader may write here.
        let first = |world: &World| {
            world.lock(Mode::Read);
            world.change();
            world.unlock(Mode::Read);
        };
        let last = |world: &World| world.have_and_destroy(Mode::Write);
        together(&World::new(parked), [first, last]);
    })
    .somebody_slept();
}
