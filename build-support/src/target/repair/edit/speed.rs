//! Speeds up code of the kernel's that is slow for no reason. Nothing else changes.

use super::Rule;

const IP_ID: &str = "sys/netinet/ip_id.c";

pub(super) const RULES: &[Rule] = &[
    // The root of rumpfs, which each path goes through. The file system says that it needs no big
    // lock, but its root is made before it says so, and a lookup takes the big lock ten times.
    Rule {
        source: "sys/rump/librump/rumpvfs/rumpfs.c",
        function: "rumpfs_mountfs",
        find: "rfsmp->rfsmp_rvp->v_vflag |= VV_ROOT;",
        by: "rfsmp->rfsmp_rvp->v_vflag |= VV_ROOT | VV_MPSAFE;",
        since: None,
    },
    // A page cache that is full: for each page that was to be freed the lock of its file was tried
    // for, which whoever reads the file has most of the time, and then that of all pages behind it.
    // Now pages that follow in the file are freed at once.
    Rule {
        source: "sys/rump/librump/rumpkern/vm.c",
        function: "processpage",
        find: "pg->offset + PAGE_SIZE,",
        by: "pg->offset + 32 * PAGE_SIZE,",
        since: None,
    },
    // 65,535 numbers are shuffled for the identifications of IPv4 packets, which takes a third of a
    // boot and 128 KiB: now when the first packet asks for one. Until then two are equal.
    Rule {
        source: IP_ID,
        function: "ip_id_init",
        find: "ids->ids_start_slot = ipid_random();",
        by: "ids->ids_start_slot = ipid_random(); \
             ids->ids_slots[0] = ids->ids_slots[1] = 0; return ids;",
        since: None,
    },
    Rule {
        source: IP_ID,
        function: "ip_randomid",
        find: "mutex_enter(&ids->ids_lock);",
        by: "mutex_enter(&ids->ids_lock); \
             if (ids->ids_slots[0] == ids->ids_slots[1]) { \
             size_t n; for (n = 0; n < __arraycount(ids->ids_slots); n++) { \
             size_t other = ipid_random() % (n + 1); \
             ids->ids_slots[n] = ids->ids_slots[other]; ids->ids_slots[other] = n; } }",
        since: None,
    },
];
