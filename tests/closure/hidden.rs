//! What no symbol shows that it is needed: without it the component links and boots, and cannot be used.

use std::ffi::{CStr, c_int};

use libtest_mimic::Failed;
use rumpkernel_build::component::{Need, needs};
use rumpkernel_sys::{AF_INET, O_RDWR, SOCK_STREAM};

use crate::image::Kernel;
use crate::libraries::Libraries;

/// How to tell whether the component can be used.
#[derive(Debug, Clone, Copy)]
enum Use {
    /// This device node can be opened.
    Opens(&'static CStr),
    /// An Internet socket can be made, as the component does once it has a server's address.
    ReachesServers,
}

/// Each component with a need that has a reason.
const USES: [(&str, Use); 5] = [
    ("rumpdev_bpf", Use::Opens(c"/dev/bpf")),
    ("rumpdev_netsmb", Use::ReachesServers),
    ("rumpdev_putter", Use::Opens(c"/dev/putter")),
    ("rumpfs_nfs", Use::ReachesServers),
    ("rumpfs_nfsserver", Use::ReachesServers),
];

/// Boots with all that is declared, and without each hidden need.
pub(crate) fn are_needed(libraries: &Libraries, component: &str) -> Result<(), Failed> {
    let hidden: Vec<Need> = needs(component)
        .into_iter()
        .flatten()
        .filter(|need| need.reason.is_some())
        .collect();
    let known = USES.iter().find(|(name, _)| *name == component);
    let (how, hidden) = match (known, hidden.is_empty()) {
        (None, true) => return Ok(()),
        (Some((_, how)), false) => (*how, hidden),
        (None, false) => return Err("a need without a symbol, and no test that shows it".into()),
        (Some(_), true) => return Err("no such need is declared any more".into()),
    };
    let closure = libraries.closure(&[component])?;
    if !works(&Kernel::boot(libraries.image(&closure, &[])?)?, how)? {
        return Err(format!("{how:?} fails with all that is declared").into());
    }
    for need in hidden {
        let left_out: Vec<_> = need.alternatives().collect();
        if works(&Kernel::boot(libraries.image(&closure, &left_out)?)?, how)? {
            return Err(format!("{how:?} succeeds without {}", left_out.join(" or ")).into());
        }
    }
    Ok(())
}

fn works(kernel: &Kernel, how: Use) -> Result<bool, Failed> {
    let entry = &kernel.entry;
    let (open, socket) = (entry.sys_open, entry.sys_socket);
    let descriptor: c_int = match how {
        // SAFETY: the path is a string that lives for ever; the closure holds plain values only.
        Use::Opens(path) => unsafe {
            let path = path.as_ptr();
            kernel.instance.enter(move || open(path, O_RDWR, 0))
        },
        // SAFETY: plain values only.
        Use::ReachesServers => unsafe {
            kernel
                .instance
                .enter(move || socket(AF_INET, SOCK_STREAM, 0))
        },
    }?;
    Ok(descriptor >= 0)
}
