//! What a component leaves in a kernel that has attached it.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_int};

use libtest_mimic::Failed;
use rumpkernel_sys::iovec;

use crate::image::Kernel;

/// `RUMP_COMPONENT_MAX` of rump-sys/kern.h.
const COMPONENT_TYPES: c_int = 14;

/// `MODCTL_STAT` of sys/module.h.
const MODCTL_STAT: c_int = 2;

/// `modstat_t` of sys/module.h.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct ModuleStatus {
    name: [u8; 32],
    rest: [u8; 360],
}

/// More than there are components.
const MODULES: usize = 200;

/// Traces of components: constructors that ran, and modules.
#[derive(Debug, Default)]
pub(crate) struct Traces(BTreeSet<String>);

impl Traces {
    /// Looks for traces in a kernel.
    pub(crate) fn of(kernel: &Kernel) -> Result<Self, Failed> {
        let mut traces = BTreeSet::new();
        for kind in 0..COMPONENT_TYPES {
            for number in 0..kernel.components(kind)? {
                traces.insert(format!("component {number} of type {kind}"));
            }
        }
        traces.extend(modules(kernel)?.iter().map(|name| format!("module {name}")));
        Ok(Self(traces))
    }

    /// Whether something is here that is not there.
    pub(crate) fn has_more_than(&self, other: &Self) -> bool {
        !self.0.is_subset(&other.0)
    }
}

/// The names of the modules that were initialised.
fn modules(kernel: &Kernel) -> Result<Vec<String>, Failed> {
    let mut status = vec![
        ModuleStatus {
            name: [0; 32],
            rest: [0; 360],
        };
        MODULES
    ];
    let mut buffer = iovec {
        iov_base: status.as_mut_ptr().cast(),
        iov_len: size_of_val(status.as_slice()),
    };
    let argument = &raw mut buffer;
    let modctl = kernel.entry.sys_modctl;
    // SAFETY: the buffer is as long as it says; the closure holds plain values only.
    let code = unsafe {
        kernel
            .instance
            .enter(move || modctl(MODCTL_STAT, argument.cast()))
    }?;
    if code != 0 {
        return Err("modctl(MODCTL_STAT) failed".into());
    }
    // The kernel gives the length that it has.
    let count = buffer.iov_len / size_of::<ModuleStatus>();
    let names = status.iter().take(count).map(|status| {
        CStr::from_bytes_until_nul(&status.name)
            .map(|name| name.to_string_lossy().into_owned())
            .map_err(|_| Failed::from("a module's name has no end"))
    });
    names.collect()
}
