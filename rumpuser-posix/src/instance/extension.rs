//! What the hypercalls of components keep with a kernel.

use std::any::{Any, TypeId};
use std::sync::OnceLock;

/// State of a component's hypercalls, one of each type in a kernel.
pub(crate) trait Extension: Any + Send + Sync {
    /// Gives back what it has, when the kernel is dead and nobody is inside.
    fn clear(&self);
}

/// As many as there are components with state.
const SLOTS: usize = 4;

/// The extensions of one kernel, each made when it is first asked for.
#[derive(Default)]
pub(crate) struct Extensions([OnceLock<Box<dyn Extension>>; SLOTS]);

impl Extensions {
    /// The extension of this type.
    ///
    /// # Panics
    ///
    /// When there are more types than slots, which the tests of this module rule out.
    pub(crate) fn get<T: Extension>(&self, make: impl FnOnce() -> T) -> &T {
        let mut make = Some(make);
        for slot in &self.0 {
            let extension = slot.get_or_init(|| match make.take() {
                Some(make) => Box::new(make()),
                None => unreachable!("each slot is the first that is empty"),
            });
            let any: &dyn Any = &**extension;
            if any.type_id() == TypeId::of::<T>()
                && let Some(extension) = any.downcast_ref()
            {
                return extension;
            }
        }
        unreachable!("there are slots for all components")
    }

    /// Has each give back what it has.
    pub(super) fn clear(&self) {
        for extension in self.0.iter().map_while(OnceLock::get) {
            extension.clear();
        }
    }
}
