//! File systems on an image that have no arguments of their own.

/// Declares a file system on an image whose driver asks for nothing but the device.
macro_rules! volume {
    (
        $(#[$documentation:meta])*
        $name:ident, $kind:literal, $arguments:ident, $writing:ident
        $(, $(#[$method:meta])* $has_log:ident)?
    ) => {
        $(#[$documentation])*
        #[derive(Clone, Debug)]
        #[must_use = "mounted by Kernel::mount"]
        pub struct $name {
            image: std::path::PathBuf,
        }

        impl $name {
            /// The file system in this image or disk of the host.
            pub fn image(path: impl AsRef<std::path::Path>) -> Self {
                Self {
                    image: path.as_ref().to_owned(),
                }
            }
        }

        impl $crate::mount::FileSystem for $name {
            fn image(&self) -> Option<&std::path::Path> {
                Some(&self.image)
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
