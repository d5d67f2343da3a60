//! A kernel of a packed image, without the safe API: components are not Cargo features here.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::Failed;
use rumpkernel_build::image::Packed;
use rumpkernel_sys::EntryPoints;
use rumpuser_posix::{Console, Instance, Parameters, World};

use crate::packed::leak;

/// How long the end of a kernel may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A booted kernel.
pub(crate) struct Kernel {
    pub(crate) instance: Arc<Instance>,
    pub(crate) entry: EntryPoints,
    console: Arc<Mutex<Vec<u8>>>,
}

impl Kernel {
    /// Loads and boots. The image stays in memory, because loaded kernels need theirs for ever.
    pub(crate) fn boot(image: Packed) -> Result<Self, Failed> {
        let image = leak(image);
        let console = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&console);
        let world = World {
            parameters: Parameters::new().verbose(true),
            console: Console::sink(move |text| {
                sink.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(text);
            }),
            ..World::default()
        };
        // SAFETY: the build made the image for this target of components whose hypercalls are linked here.
        let instance = unsafe { Instance::load(image, world) }?;
        // SAFETY: the sources are those of the default snapshot, as those of rumpkernel-sys, and the image stays mapped
        // while the instance lives, which is beside the table.
        let entry = unsafe { EntryPoints::load(|name| instance.symbol(name)) }
            .map_err(|name| format!("the image has no {}", name.to_string_lossy()))?;
        let kernel = Self {
            instance,
            entry,
            console,
        };
        // SAFETY: the kernel is not booted yet, and the closure holds plain values only.
        let code = unsafe { kernel.instance.enter(|| (entry.init)()) }
            .map_err(|death| format!("{death}\n{}", kernel.said()))?;
        match code {
            0 => Ok(kernel),
            code => Err(format!("rump_init: error {code}\n{}", kernel.said()).into()),
        }
    }

    /// What it wrote on its console.
    pub(crate) fn said(&self) -> String {
        let console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&console).into_owned()
    }

    /// How many components of a type have registered.
    pub(crate) fn components(&self, kind: c_int) -> Result<c_int, Failed> {
        let address = self.instance.symbol(c"rump_component_count");
        if address.is_null() {
            return Err("the image has no rump_component_count".into());
        }
        // SAFETY: rump_component_count() of rump-sys/kern.h has this type.
        let count: unsafe extern "C" fn(c_int) -> c_int = unsafe { std::mem::transmute(address) };
        // SAFETY: it reads a counter; the closure holds plain values only.
        Ok(unsafe { self.instance.enter(move || count(kind)) }?)
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        self.instance.kill("the test is over");
        self.instance.join_threads(Some(PATIENCE));
        self.instance.reclaim();
    }
}
