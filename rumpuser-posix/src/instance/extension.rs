//! What the hypercalls of components keep with a kernel.

use std::any::Any;
use std::sync::OnceLock;

/// State of a component's hypercalls, one of each type in a kernel.
pub(crate) trait Extension: Any + Send + Sync {
    /// Gives back what it has, when the kernel is dead and nobody is inside.
    fn clear(&self);
}

/// The extensions of one kernel in a list, each made when it is first asked for.
#[derive(Default)]
pub(crate) struct Extensions(OnceLock<Box<Link>>);

struct Link {
    extension: Box<dyn Extension>,
    next: Extensions,
}

impl Extensions {
    /// The extension of this type.
    pub(crate) fn get<T: Extension>(&self, make: impl Fn() -> T) -> &T {
        let mut list = self;
        loop {
            let link = list.0.get_or_init(|| {
                Box::new(Link {
                    extension: Box::new(make()),
                    next: Self::default(),
                })
            });
            let extension: &dyn Any = &*link.extension;
            if let Some(extension) = extension.downcast_ref() {
                return extension;
            }
            list = &link.next;
        }
    }

    /// Has each give back what it has.
    pub(super) fn clear(&self) {
        let mut list = self;
        while let Some(link) = list.0.get() {
            link.extension.clear();
            list = &link.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counted<const KIND: usize>(AtomicUsize);

    impl<const KIND: usize> Extension for Counted<KIND> {
        fn clear(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn there_is_one_of_each_type_and_all_are_cleared() {
        let extensions = Extensions::default();
        let one: &Counted<1> = extensions.get(Counted::default);
        let two: &Counted<2> = extensions.get(Counted::default);
        assert!(std::ptr::eq(one, extensions.get(Counted::default)));
        extensions.clear();
        assert_eq!(one.0.load(Ordering::Relaxed), 1);
        assert_eq!(two.0.load(Ordering::Relaxed), 1);
    }
}
