//! Host files that a component's device answers for, whatever files the host has.

#[cfg(feature = "rumpdev_ugenhc")]
pub(crate) use super::ugenhc::Node;

/// A file of a device, of which there is none without components that have some.
#[cfg(not(feature = "rumpdev_ugenhc"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {}

#[cfg(not(feature = "rumpdev_ugenhc"))]
mod none {
    use std::ffi::{CStr, c_int};

    use super::Node;
    use crate::instance::{Instance, Vector};

    impl Node {
        pub(crate) fn named(_: &CStr) -> Option<Self> {
            None
        }

        pub(crate) fn numbered(_: c_int) -> Option<Self> {
            None
        }

        pub(crate) fn exists(self, _: &Instance) -> bool {
            match self {}
        }

        pub(crate) fn open(self, _: &Instance) -> Result<c_int, c_int> {
            match self {}
        }

        pub(crate) fn close(self, _: &Instance) {
            match self {}
        }

        pub(crate) fn transfer(
            self,
            _: &Instance,
            _: bool,
            _: Vector,
            _: usize,
        ) -> Result<usize, c_int> {
            match self {}
        }
    }
}
