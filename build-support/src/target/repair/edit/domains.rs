//! Protocols whose timers run before they are made.
//!
//! A rump kernel starts the timers of all protocols and then attaches the domains. A domain was in
//! the list that timers go through before its protocols were initialized. A boot that waited for
//! the host's memory in between let them run, and crashed: the work of `ipflow_slowtimo()` has a
//! queue that `ip_init()` makes. So a domain enters the list last; protocols that look it up while
//! they are initialized find it in an array beside the list. Test: `kernel`,
//! `odd_places::a_boot_without_mappings_is_an_error`.

use super::Rule;

const DOMAIN: &str = "sys/kern/uipc_domain.c";

pub(super) const RULES: &[Rule] = &[
    Rule {
        source: DOMAIN,
        function: "domain_attach",
        find: "STAILQ_INSERT_TAIL(&domains, dp, dom_link);",
        by: "",
        since: None,
    },
    Rule {
        source: DOMAIN,
        function: "domain_attach",
        find: "max_datalen = MHLEN - max_hdr;",
        by: "max_datalen = MHLEN - max_hdr; STAILQ_INSERT_TAIL(&domains, dp, dom_link);",
        since: None,
    },
];
