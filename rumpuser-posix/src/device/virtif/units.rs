//! The units that interfaces can be made for: who has them, and what is plugged into them.
//!
//! The kernel's driver and the interface's receiver know a [`Nic`] by a number, its handle, and
//! look it up for each hypercall. So a handle whose interface another thread destroys meanwhile
//! leads to nothing, and a hypercall that has found its interface keeps it until it is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::nic::Nic;
use crate::instance::{Extension, Instance};
use crate::table::Table;

/// One unit. It is free again when neither the program nor the kernel has it.
struct Unit {
    handle: usize,
    /// The program has its [`Plugged`](super::Plugged).
    is_plugged: bool,
    /// The kernel has made the interface, and not destroyed it.
    is_created: bool,
}

#[derive(Default)]
struct State {
    /// Handles are not used again: a receiver may end after its unit has been taken anew.
    last: usize,
    nics: Table<Arc<Nic>>,
    units: BTreeMap<u32, Unit>,
}

/// The interfaces of one kernel.
///
/// What is taken out is returned: a link is the program's, and may do anything as it is dropped,
/// which must not be under the lock.
#[derive(Default)]
pub(super) struct Interfaces(Mutex<State>);

/// The interfaces of this kernel.
pub(super) fn interfaces(instance: &Instance) -> &Interfaces {
    instance.extensions.get(Interfaces::default)
}

impl Extension for Interfaces {
    // None of the kernel's threads runs any more.
    fn clear(&self) {
        let all = std::mem::take(&mut self.0.lock().nics);
        for nic in all.values() {
            nic.inbox.close();
        }
    }
}

impl Interfaces {
    /// Takes the first unit that is free for `nic`; returns the unit and the handle.
    pub(super) fn plug(&self, nic: Arc<Nic>) -> (u32, usize) {
        let mut state = self.0.lock();
        let unit = (0..)
            .zip(state.units.keys())
            .find(|(free, taken)| free != *taken);
        let unit = unit.map_or(state.units.len() as u32, |(free, _)| free);
        state.last += 1;
        let handle = state.last;
        state.nics.insert(handle, nic);
        state.units.insert(
            unit,
            Unit {
                handle,
                is_plugged: true,
                is_created: false,
            },
        );
        (unit, handle)
    }

    /// The program gives up a unit: the kernel can no longer make the interface. Returns the nic if
    /// the kernel has not made it, and will not.
    #[must_use]
    pub(super) fn unplug(&self, unit: u32) -> Option<Arc<Nic>> {
        let mut state = self.0.lock();
        let place = state.units.get_mut(&unit)?;
        place.is_plugged = false;
        if place.is_created {
            return None;
        }
        let handle = place.handle;
        state.units.remove(&unit);
        state.nics.remove(&handle)
    }

    /// The kernel makes the interface of a unit; returns its handle. `None` where nothing is
    /// plugged in, or the kernel has made it before.
    pub(super) fn create(&self, unit: u32) -> Option<(usize, Arc<Nic>)> {
        let State { nics, units, .. } = &mut *self.0.lock();
        let place = units.get_mut(&unit)?;
        let handle = place.handle;
        if !place.is_plugged || place.is_created {
            return None;
        }
        let nic = Arc::clone(nics.get(&handle)?);
        place.is_created = true;
        Some((handle, nic))
    }

    /// The interface of a handle, until the kernel has destroyed it.
    pub(super) fn find(&self, handle: usize) -> Option<Arc<Nic>> {
        self.0.lock().nics.get(&handle).cloned()
    }

    /// The kernel has destroyed an interface.
    #[must_use]
    pub(super) fn destroy(&self, handle: usize) -> Option<Arc<Nic>> {
        let mut state = self.0.lock();
        // The unit stays taken while the program has it: the kernel is not done with the name.
        state.units.retain(|_, unit| {
            unit.is_created &= unit.handle != handle;
            unit.is_plugged || unit.is_created
        });
        state.nics.remove(&handle)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::c_void;
    use std::sync::Weak;

    use super::*;
    use crate::device::virtif::inbox::Inbox;
    use crate::device::virtif::{Frame, Link, Port};

    struct Nowhere;

    impl Link for Nowhere {
        fn connect(&mut self, _: Port) {}
        fn send(&self, _: Frame) {}
    }

    unsafe extern "C" fn deliver(_: *mut c_void, _: *mut libc::iovec, _: usize) {}

    fn nic() -> Arc<Nic> {
        let inbox = Arc::new(Inbox::new(Weak::new()));
        Arc::new(Nic::new([0; 6], deliver, Box::new(Nowhere), inbox))
    }

    #[test]
    fn the_first_unit_that_is_free_is_taken() {
        let interfaces = Interfaces::default();
        let units: Vec<_> = (0..4).map(|_| interfaces.plug(nic()).0).collect();
        assert_eq!(units, [0, 1, 2, 3]);
        assert!(interfaces.unplug(1).is_some());
        assert!(interfaces.unplug(0).is_some());
        assert!(interfaces.unplug(0).is_none(), "nothing is there any more");
        let units: Vec<_> = (0..3).map(|_| interfaces.plug(nic()).0).collect();
        assert_eq!(units, [0, 1, 4]);
    }

    #[test]
    fn what_is_unplugged_first_is_not_made() {
        let interfaces = Interfaces::default();
        let (unit, handle) = interfaces.plug(nic());
        assert!(interfaces.unplug(unit).is_some());
        assert!(interfaces.create(unit).is_none());
        assert!(interfaces.find(handle).is_none());
    }

    #[test]
    fn what_is_made_first_stays_until_the_kernel_has_destroyed_it() {
        let interfaces = Interfaces::default();
        let (unit, handle) = interfaces.plug(nic());
        assert_eq!(interfaces.create(unit).unwrap().0, handle);
        assert!(interfaces.create(unit).is_none(), "twice");
        assert!(interfaces.unplug(unit).is_none());
        assert!(interfaces.find(handle).is_some());
        assert_eq!(interfaces.plug(nic()).0, unit + 1, "the unit is taken");
        assert!(interfaces.destroy(handle).is_some());
        assert!(interfaces.find(handle).is_none());
        assert!(interfaces.destroy(handle).is_none(), "twice");
        let (again, new) = interfaces.plug(nic());
        assert_eq!(again, unit);
        assert_ne!(new, handle);
    }

    #[test]
    fn a_unit_is_the_programs_until_it_gives_it_up() {
        let interfaces = Interfaces::default();
        let (unit, handle) = interfaces.plug(nic());
        interfaces.create(unit).unwrap();
        assert!(interfaces.destroy(handle).is_some());
        assert_eq!(
            interfaces.plug(nic()).0,
            unit + 1,
            "the kernel may not be done"
        );
        assert!(interfaces.create(unit).is_none(), "its link is gone");
        assert!(interfaces.unplug(unit).is_none());
        assert_eq!(interfaces.plug(nic()).0, unit);
    }
}
