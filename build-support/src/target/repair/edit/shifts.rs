//! Shifts by the whole width of a type.

use super::Rule;

/// The first round of a loop shifts 32 bits by 32. What x86 makes of it is some number, which is
/// good enough for a hash; clang takes it that the function is never called, and compiles nothing
/// but its return. A forwarded packet then looks for its flow anywhere in memory. Test: in a build
/// with `RUMPKERNEL_UBSAN=yes`, `kernel`'s `links::a_lossy_network_does_the_same_in_every_run`
/// reports it.
pub(super) const RULES: &[Rule] = &[
    Rule {
        source: "sys/netinet/ip_flow.c",
        function: "ipflow_hash",
        find: "(32 - idx)",
        by: "(-idx & 31)",
        since: None,
    },
    Rule {
        source: "sys/netinet6/ip6_flow.c",
        function: "ip6flow_hash",
        find: "(32 - idx)",
        by: "(-idx & 31)",
        since: None,
    },
];
