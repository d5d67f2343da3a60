//! rumpblk: a sector size for each disk, more disks, and sizes of more than 32 bits.
//!
//! All disks of a kernel had the sector size of the parameter `RUMP_BLKSECTSHIFT`. Here the kernel
//! asks once more when a disk is registered, for the parameter's name with a colon and the disk's
//! host path; where nobody answers, the disk has the size of all. (`rumpuser_getparam` answers for
//! the disks that a program has attached; other hypercalls know no such name.)
//!
//! There were 16 disks, one for each partition of a label; a disk's own partition is the one that
//! its minor number stands for, which not all machines agree about. The label is allocated for the
//! disks that there are, because all of the table is written to when a kernel boots.
//!
//! The label counts sectors in 32 bits. What it cannot tell is the most that it can; DIOCGPARTINFO
//! tells the truth.
//!
//! Tests: `kernel`, `sectors`.

use super::{HEAD, Rule};

const RUMPBLK: &str = "sys/rump/librump/rumpvfs/rumpblk.c";

pub(super) const RULES: &[Rule] = &[
    Rule {
        source: RUMPBLK,
        function: HEAD,
        find: "#define RUMPBLK_SIZE 16",
        by: "#define RUMPBLK_SIZE 256",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: HEAD,
        find: "struct disklabel rblk_label;",
        by: "int rblk_sectshift; struct disklabel *rblk_labels;",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: HEAD,
        find: "} minors[RUMPBLK_SIZE];",
        by: "} minors[RUMPBLK_SIZE];\n#define rblk_label rblk_labels[0]",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: "rumpblk_register",
        find: "rblk->rblk_hostoffset = offset;",
        by: "rblk->rblk_hostoffset = offset; \
             rblk->rblk_sectshift = sectshift; \
             if (rblk->rblk_labels == NULL) \
             rblk->rblk_labels = kmem_zalloc(sizeof(*rblk->rblk_labels), KM_SLEEP); \
             { char told[16]; u_long shift; \
             char *name = kmem_asprintf(\"RUMP_BLKSECTSHIFT:%s\", path); \
             if (rumpuser_getparam(name, told, sizeof(told)) == 0) { \
             shift = strtoul(told, NULL, 10); \
             if (shift >= DEV_BSHIFT && shift <= 16) rblk->rblk_sectshift = shift; } \
             kmem_free(name, strlen(name) + 1); }",
        since: None,
    },
    // The local variable stands for the global one in what follows.
    Rule {
        source: RUMPBLK,
        function: "makedefaultlabel",
        find: "int i;",
        by: "int i; const int sectshift = minors[part].rblk_sectshift; part = DISKPART(part);",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: "makedefaultlabel",
        find: "lp->d_secperunit = size;",
        by: "lp->d_secperunit = MIN(size >> sectshift, (off_t)UINT32_MAX);",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: "makedefaultlabel",
        find: "lp->d_nsectors = size >> sectshift;",
        by: "lp->d_nsectors = lp->d_secperunit;",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: "makedefaultlabel",
        find: "p_size = size >> sectshift;",
        by: "p_size = lp->d_secperunit;",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: "rumpblk_ioctl",
        find: "pi->pi_size = dp->p_size;",
        by: "pi->pi_size = rblk->rblk_size >> rblk->rblk_sectshift;",
        since: Some("2016-05-17a"),
    },
    // Nor did a request have to begin where a sector does.
    Rule {
        source: RUMPBLK,
        function: "dostrategy",
        find: "bp->b_bcount % (1<<sectshift) != 0",
        by: "((bp->b_blkno << DEV_BSHIFT) | bp->b_bcount) % (1<<rblk->rblk_sectshift) != 0",
        since: None,
    },
];
