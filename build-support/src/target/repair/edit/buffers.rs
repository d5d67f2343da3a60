//! The first buffer, for which there is no memory.
//!
//! A buffer that cannot be allocated is waited for until another is released. While there is none
//! yet, as in the first mount, that was for ever. Tests: `kernel`,
//! `faults::a_mount_comes_through_a_shortage_of_memory`; `fault-turns ffs --fault memory`.

use super::Rule;

pub(super) const RULES: &[Rule] = &[Rule {
    source: "sys/kern/vfs_bio.c",
    function: "getnewbuf",
    find: "if (!from_bufq || curlwp != uvm.pagedaemon_lwp) {",
    by: "if (slptimeo == 0) slptimeo = hz / 4; \
         if (!from_bufq || curlwp != uvm.pagedaemon_lwp) {",
    since: None,
}];
