//! What file systems on a disk have in common: how they are made, and, of those that have no
//! arguments of their own, all of it.

/// The constructors of a file system on a disk, which has a `new(Medium)`. The documentation says
/// what the options are before they are set.
macro_rules! on_medium {
    ($(#[$documentation:meta])* $name:ident) => {
        impl $name {
            /// The file system in this image or disk of the host.
            $(#[$documentation])*
            pub fn image(path: impl AsRef<std::path::Path>) -> Self {
                Self::new($crate::mount::Medium::image(path))
            }

            /// The file system on this disk; otherwise as [`image`](Self::image).
            pub fn on(disk: impl $crate::disk::Disk + 'static) -> Self {
                Self::new($crate::mount::Medium::disk(disk))
            }

            /// The file system on this device of the kernel that it is mounted in; otherwise as
            /// [`image`](Self::image).
            pub fn on_device(device: &impl $crate::stacked::BlockDevice) -> Self {
                Self::new($crate::mount::Medium::device(device))
            }
        }

        impl From<$crate::mount::Medium> for $name {
            fn from(medium: $crate::mount::Medium) -> Self {
                Self::new(medium)
            }
        }
    };
}

/// Declares a file system on an image whose driver asks for nothing but the device.
macro_rules! volume {
    (
        $(#[$documentation:meta])*
        $name:ident, $kind:literal, $arguments:ident, $writing:ident
        $(, $(#[$method:meta])* $has_log:ident)?
    ) => {
        $(#[$documentation])*
        #[derive(Debug)]
        #[must_use = "mounted by Kernel::mount"]
        pub struct $name {
            medium: $crate::mount::Medium,
        }

        impl $name {
            fn new(medium: $crate::mount::Medium) -> Self {
                Self { medium }
            }
        }

        on_medium!($name);

        impl $crate::mount::FileSystem for $name {
            fn medium(&mut self) -> Option<&mut $crate::mount::Medium> {
                Some(&mut self.medium)
            }

            fn writing(&self) -> $crate::mount::Writing {
                $crate::mount::Writing::$writing
            }

            $(fn $has_log(&self) -> bool {
                true
            })?

            fn arguments(
                &self,
                device: Option<&std::ffi::CStr>,
            ) -> Result<$crate::mount::Arguments, $crate::ErrorKind> {
                let mut device = $crate::mount::text::Text::of_device(device)?;
                let structure = rumpkernel_sys::$arguments {
                    fspec: device.start(),
                };
                let memory = vec![device.into_memory()];
                // SAFETY: this is the driver's structure, and its pointer leads to the node's name.
                Ok(unsafe { $crate::mount::Arguments::new($kind, structure, memory) })
            }
        }
    };
}
