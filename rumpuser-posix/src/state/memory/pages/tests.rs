//! Pages are taken and freed by one thread and by several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::state::memory::magazine::tests::new_kernel;
use crate::state::memory::mappings::tests::MAPPING;

/// Runs `work` on so many threads, and waits until they have ended. A scope alone waits for their
/// functions only, and not for what they hold on to.
fn to_their_ends(threads: u32, work: impl Fn(u32) + Sync) {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

fn take_and_give(pages: &Pages, host: &Mappings) {
    let mut blocks: BTreeMap<usize, usize> = BTreeMap::new();
    let mut dice = 1_u32;
    for _ in 0..20_000 {
        dice = dice.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let length = ((dice >> 16) as usize % 64 + 1) * PAGE;
        if blocks.len() > 200 || dice >> 30 == 0 {
            let chosen = blocks
                .keys()
                .nth(dice as usize % blocks.len().max(1))
                .copied();
            if let Some(address) = chosen {
                let block = ptr::with_exposed_provenance_mut(address);
                blocks.remove(&address);
                // SAFETY: the block is not used.
                unsafe {
                    assert!(pages.free(block, host));
                    assert!(!pages.free(block, host), "twice");
                    assert!(!pages.free(block.wrapping_byte_add(64), host));
                }
            }
            continue;
        }
        let block = pages.allocate(length, host).unwrap();
        assert!(block.addr().is_multiple_of(PAGE));
        // SAFETY: the block has that length.
        unsafe { ptr::write_bytes(block.cast::<u8>(), 1, length) };
        let before = blocks.range(..block.addr()).next_back();
        assert!(before.is_none_or(|(start, length)| start + length <= block.addr()));
        let after = blocks.range(block.addr()..).next();
        assert!(after.is_none_or(|(start, _)| block.addr() + length <= *start));
        blocks.insert(block.expose_provenance(), length);
    }
    for &address in blocks.keys() {
        // SAFETY: the block is not used.
        assert!(unsafe { pages.free(ptr::with_exposed_provenance_mut(address), host) });
    }
}

#[test]
fn blocks_do_not_overlap_and_come_back() {
    let _alone = MAPPING.lock();
    let (pages, host) = (Pages::new(new_kernel()), Mappings::default());
    to_their_ends(1, |_| take_and_give(&pages, &host));
    let mut state = pages.state.lock();
    state.empty_magazines(&host);
    assert_eq!(state.chunks.len(), 1, "one is kept");
    // SAFETY: nothing is used any more.
    unsafe { host.unmap_all() };
}

/// The pages that some kernel has.
#[derive(Default)]
struct Held(Mutex<BTreeSet<usize>>);

impl Held {
    fn add(&self, page: *mut c_void) -> usize {
        assert!(self.0.lock().insert(page.addr()), "handed out twice");
        page.addr()
    }

    /// What is freed from now on can be handed out.
    fn remove(&self, page: usize) -> *mut c_void {
        assert!(self.0.lock().remove(&page));
        ptr::with_exposed_provenance_mut(page)
    }
}

#[test]
fn threads_share_pages() {
    let _alone = MAPPING.lock();
    let (pages, host) = (Pages::new(new_kernel()), Mappings::default());
    let (held, shared) = (Held::default(), Mutex::new(Vec::new()));
    let work = |seed: u32| {
        let mut dice = seed;
        let mut mine = Vec::new();
        for _ in 0..20_000 {
            dice = dice.wrapping_mul(1_103_515_245).wrapping_add(12345);
            match dice >> 29 {
                0..=3 => mine.push(held.add(pages.allocate(PAGE, &host).unwrap())),
                4 => shared.lock().extend(mine.pop()),
                5 => mine.extend(shared.lock().pop()),
                _ => {
                    for page in mine.drain(mine.len().saturating_sub(3)..) {
                        // SAFETY: nobody uses the page.
                        assert!(unsafe { pages.free(held.remove(page), &host) });
                    }
                }
            }
        }
        shared.lock().append(&mut mine);
    };
    to_their_ends(4, work);
    for page in shared.into_inner() {
        // SAFETY: nobody uses the page.
        assert!(unsafe { pages.free(held.remove(page), &host) });
    }
    assert!(held.0.lock().is_empty());
    let mut state = pages.state.lock();
    state.empty_magazines(&host);
    assert!(state.magazines.is_empty(), "the threads have ended");
    assert!(state.chunks.values().all(Chunk::is_empty));
    assert_eq!(state.chunks.len(), 1, "one is kept");
    // SAFETY: nothing is used any more.
    unsafe { host.unmap_all() };
}

#[test]
fn of_two_threads_that_free_a_page_at_once_one_succeeds() {
    let _alone = MAPPING.lock();
    let (pages, host) = (Pages::new(new_kernel()), Mappings::default());
    let (page, turn) = (AtomicUsize::new(0), Barrier::new(2));
    let free = |address: usize| {
        let block = ptr::with_exposed_provenance_mut(address);
        // SAFETY: nobody uses the page.
        unsafe { pages.free(block, &host) }
    };
    let freed = AtomicUsize::new(0);
    let take_part = |is_owner: bool| {
        for round in 1..=2000 {
            if is_owner {
                let block = pages.allocate(PAGE, &host).unwrap();
                page.store(block.addr(), Ordering::Relaxed);
            }
            turn.wait();
            freed.fetch_add(
                usize::from(free(page.load(Ordering::Relaxed))),
                Ordering::Relaxed,
            );
            turn.wait();
            assert_eq!(freed.load(Ordering::Relaxed), round);
            turn.wait();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| take_part(true));
        scope.spawn(|| take_part(false));
    });
    // SAFETY: nothing is used any more.
    unsafe { host.unmap_all() };
}

#[test]
fn threads_that_end_leave_nothing_behind() {
    let _alone = MAPPING.lock();
    let (pages, host) = (Pages::new(new_kernel()), Mappings::default());
    let take_and_give = || {
        let taken = [(); 8].map(|()| pages.allocate(PAGE, &host).unwrap());
        for page in taken {
            // SAFETY: nobody uses the page.
            assert!(unsafe { pages.free(page, &host) });
        }
    };
    let at_once = Barrier::new(20);
    to_their_ends(20, |_| {
        take_and_give();
        at_once.wait();
    });
    assert_eq!(pages.state.lock().magazines.len(), 20);
    for _ in 0..3 {
        to_their_ends(1, |_| take_and_give());
        assert_eq!(pages.state.lock().magazines.len(), 1, "that of the last");
    }
    // SAFETY: nothing is used any more.
    unsafe { host.unmap_all() };
}

#[test]
fn a_thread_of_two_kernels_gives_each_its_own() {
    let _alone = MAPPING.lock();
    let host = Mappings::default();
    let kernels = [new_kernel(), new_kernel()].map(Pages::new);
    let mut held = [BTreeSet::new(), BTreeSet::new()];
    for round in 0..100 {
        for index in [0, 1] {
            let (own, other) = (&kernels[index], &kernels[1 - index]);
            let page = own.allocate(PAGE, &host).unwrap();
            assert!(held[index].insert(page.addr()) && !held[1 - index].contains(&page.addr()));
            if round % 2 == 0 {
                held[index].remove(&page.addr());
                // SAFETY: nobody uses the page.
                unsafe {
                    assert!(!other.free(page, &host), "it is none of these");
                    assert!(own.free(page, &host));
                    assert!(!own.free(page, &host), "twice");
                }
            }
        }
    }
    assert!(
        kernels
            .iter()
            .all(|own| own.state.lock().magazines.len() == 1)
    );
    // SAFETY: nothing is used any more.
    unsafe { host.unmap_all() };
}

#[test]
fn who_frees_anything_gets_no_page_for_it() {
    let _alone = MAPPING.lock();
    let (pages, host) = (Pages::new(new_kernel()), Mappings::default());
    let page = pages.allocate(PAGE, &host).unwrap();
    let free = |address: usize| {
        let block = ptr::with_exposed_provenance_mut(address);
        // SAFETY: these are no blocks, or nobody uses them.
        unsafe { pages.free(block, &host) }
    };
    for offset in [1, 64, PAGE - 1, PAGE, CHUNK, usize::MAX / 2] {
        assert!(!free(page.addr().wrapping_add(offset)), "{offset}");
        assert!(!free(page.addr().wrapping_sub(offset)), "{offset}");
    }
    assert!(!free(0) && !free(1) && !free(usize::MAX) && !free(usize::MAX - 1));
    assert!(free(page.addr()));
    assert!(!free(page.addr()) && !free(page.addr() + 1), "twice");
    // SAFETY: nothing is used any more.
    unsafe { host.unmap_all() };
}
