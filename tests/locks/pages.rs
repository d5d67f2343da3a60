//! Pages in a thread's magazine, which another thread frees at the same time.

/// loom's atomics.
mod atomic {
    pub(super) use loom::sync::atomic::{AtomicUsize, Ordering};
}
#[expect(dead_code, reason = "the model needs part of the magazine's functions")]
#[path = "../../rumpuser-posix/src/state/memory/magazine.rs"]
mod magazine;

use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::thread;

use magazine::Magazine;

const PAGE: usize = 4096;

/// Two pages of a kernel's, of which the thread of the magazine has taken the first.
struct World {
    magazine: Magazine,
    /// The lock of the kernel's pages. Whether each is lent, as they know it.
    lent: Mutex<[bool; 2]>,
    /// Written to by whoever has a page. loom reports what is unordered.
    contents: [UnsafeCell<()>; 2],
}

// SAFETY: loom runs one thread at a time.
unsafe impl Sync for World {}

impl World {
    fn new() -> Arc<Self> {
        let world = Self {
            magazine: Magazine::new(1),
            lent: Mutex::new([true, false]),
            contents: [UnsafeCell::new(()), UnsafeCell::new(())],
        };
        assert_eq!(world.magazine.put(PAGE), None);
        Arc::new(world)
    }

    fn write(&self, page: usize) {
        self.contents[page / PAGE - 1].with_mut(|_| ());
    }

    /// Frees the first page on a thread that has no magazine. Returns whether it was used.
    fn free(&self) -> bool {
        let mut lent = self.lent.lock().unwrap();
        let was_lent = lent[0] && self.magazine.recall(PAGE);
        lent[0] &= !was_lent;
        was_lent
    }

    /// Frees the first page on the magazine's thread.
    fn free_here(&self) -> bool {
        self.magazine.give(PAGE) || self.free()
    }

    /// Takes a page on the magazine's thread: from the magazine, or one that is not used.
    fn take_here(&self) -> usize {
        if let Some(page) = self.magazine.take() {
            return page;
        }
        let mut lent = self.lent.lock().unwrap();
        let index = lent.iter().position(|is_lent| !is_lent).unwrap();
        lent[index] = true;
        assert_eq!(self.magazine.put((index + 1) * PAGE), None);
        (index + 1) * PAGE
    }
}

#[test]
fn a_page_that_two_threads_free_is_freed_once() {
    loom::model(|| {
        let world = World::new();
        let theirs = Arc::clone(&world);
        let other = thread::spawn(move || theirs.free());
        let here = world.free_here();
        let there = other.join().unwrap();
        assert!(here != there);
        let (first, second) = (world.take_here(), world.take_here());
        assert_ne!(first, second, "handed out twice");
    });
}

#[test]
fn a_page_that_another_thread_frees_is_handed_out_when_it_has() {
    loom::model(|| {
        let world = World::new();
        let theirs = Arc::clone(&world);
        let other = thread::spawn(move || {
            theirs.write(PAGE);
            assert!(theirs.free());
        });
        let page = world.take_here();
        world.write(page);
        other.join().unwrap();
    });
}

#[test]
fn three_frees_of_a_page_on_two_threads_succeed_once() {
    loom::model(|| {
        let world = World::new();
        let theirs = Arc::clone(&world);
        let other = thread::spawn(move || [theirs.free(), theirs.free()]);
        let here = [world.free_here()];
        let there = other.join().unwrap();
        let freed = here.iter().chain(&there).filter(|&&freed| freed).count();
        assert_eq!(freed, 1);
    });
}
