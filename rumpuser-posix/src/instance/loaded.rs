//! Kernels that are loaded from an image, any number of them.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Arc;

use super::image::{Image, Mapping};
use super::{Instance, SetupError, World};

impl Instance {
    /// Loads a kernel: maps `image` once more, and makes an instance for it, whose faults are
    /// [contained](Self::contain). The kernel is not
    /// booted; that is done by calling its `rump_init`, which [`symbol`](Self::symbol) finds.
    ///
    /// # Errors
    ///
    /// [`SetupError::Parameter`], [`SetupError::Host`]; [`SetupError::Load`] when the host has no
    /// memory, say; [`SetupError::Died`] when a constructor of the image fails.
    ///
    /// # Safety
    ///
    /// `image` is what the build made for this target, of components whose hypercalls are those of
    /// rumpuser(3), version 17.
    pub unsafe fn load(image: &'static Image, world: World) -> Result<Arc<Self>, SetupError> {
        // SAFETY: passed on to the caller.
        let instance = Self::with_image(world, || Ok(Some(unsafe { Mapping::new(image) }?)))?;
        if let Some(image) = &instance.image {
            instance.contain_code(image.code())?;
        }
        instance.construct()?;
        Ok(instance)
    }

    /// Runs the constructors of the image.
    fn construct(&self) -> Result<(), SetupError> {
        let constructors = self.image.as_ref().map_or(&[][..], Mapping::constructors);
        let run = || {
            for constructor in constructors {
                // SAFETY: a function without arguments, in an image where all is filled in.
                unsafe { constructor() };
            }
        };
        // SAFETY: run() holds plain references, and calls this kernel's functions only.
        Ok(unsafe { self.enter(run) }?)
    }

    /// The address of the function or variable `name` that a loaded kernel exports, null if it has
    /// none of that name. It can be used while the kernel lives, from within
    /// [`enter`](Self::enter).
    #[must_use]
    pub fn symbol(&self, name: &CStr) -> *const c_void {
        match (&self.image, name.to_str()) {
            (Some(image), Ok(name)) => image.symbol(name),
            _ => ptr::null(),
        }
    }
}
