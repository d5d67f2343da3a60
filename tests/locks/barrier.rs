//! The barrier of which one side is free. In the model each side has one that is not.

use loom::sync::atomic::{Ordering, fence};

pub(crate) fn is_asymmetric() -> bool {
    true
}

pub(crate) fn light() {
    fence(Ordering::SeqCst);
}

pub(crate) fn heavy() {
    fence(Ordering::SeqCst);
}
