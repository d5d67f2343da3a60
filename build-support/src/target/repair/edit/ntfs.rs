//! ntfs: records larger than clusters, clusters larger than buffers, and clusters larger than blocks of directories.
//!
//! Tests: `kernel`, `formats::ntfs`; `damaged-images superblocks ntfs`.

use super::Rule;

const MOUNT: &str = "sys/fs/ntfs/ntfs_vfsops.c";
const SUBR: &str = "sys/fs/ntfs/ntfs_subr.c";

pub(super) const RULES: &[Rule] = &[
    // A cluster is read as one buffer, and more than fits is a panic: Windows makes such clusters, and gives their size
    // as a negative logarithm. Sectors are taken for blocks of the disk and for what fixups are about, which both have
    // 512 bytes.
    Rule {
        source: MOUNT,
        function: "ntfs_mountfs",
        find: "int8_t cpr = ntmp->ntm_mftrecsz;",
        by: "int8_t cpr = ntmp->ntm_mftrecsz; \
             if (ntmp->ntm_bps < DEV_BSIZE || !powerof2(ntmp->ntm_bps) \
             || ntmp->ntm_spc == 0 || !powerof2(ntmp->ntm_spc) \
             || ntmp->ntm_spc * ntmp->ntm_bps > MAXBSIZE) { error = EINVAL; goto out; } \
             ntmp->ntm_bootfile.bf_spv *= ntmp->ntm_bps / DEV_BSIZE; \
             ntmp->ntm_spc *= ntmp->ntm_bps / DEV_BSIZE; \
             ntmp->ntm_bps = DEV_BSIZE;",
        since: None,
    },
    Rule {
        source: MOUNT,
        function: "ntfs_mountfs",
        find: "(1 << (-cpr))",
        by: "(cpr < -16 ? 0 : 1 << (-cpr))",
        since: None,
    },
    Rule {
        source: MOUNT,
        function: "ntfs_mountfs",
        find: "ntmp->ntm_mountp = mp;",
        by: "if (!powerof2(ntmp->ntm_bpmftrec) || ntmp->ntm_bpmftrec < 2 \
             || ntmp->ntm_bpmftrec > MAXBSIZE / DEV_BSIZE) { error = EINVAL; goto out; } \
             ntmp->ntm_mountp = mp;",
        since: None,
    },
    // Of a record that is larger than a cluster only the first cluster is read, and what follows in memory is taken
    // for the rest. The rest is read, too, by whole clusters, as the comment there demands.
    Rule {
        source: SUBR,
        function: "ntfs_loadntnode",
        find: "error = bread(ntmp->ntm_devvp, bn, ntfs_cntob(1),",
        by: "char *to = (char *)mfrp; \
             again: error = bread(ntmp->ntm_devvp, bn, ntfs_cntob(1),",
        since: Some("2014-12-16"),
    },
    Rule {
        source: SUBR,
        function: "ntfs_loadntnode",
        find: "memcpy(mfrp, (char *)bp->b_data + off,",
        by: "if (ntfs_bntob(ntmp->ntm_bpmftrec) - (to - (char *)mfrp) > ntfs_cntob(1)) { \
             memcpy(to, bp->b_data, ntfs_cntob(1)); bqrelse(bp); \
             to += ntfs_cntob(1); bn += ntfs_cntobn(1); goto again; } \
             memcpy(to, (char *)bp->b_data + off, to > (char *)mfrp ? ntfs_cntob(1) :",
        since: Some("2014-12-16"),
    },
    // A block of a directory has a place in it, and a number in units of 512 bytes, when clusters are larger.
    Rule {
        source: SUBR,
        function: "ntfs_ntlookupfile",
        find: "error = ntfs_readattr(ntmp, ip, NTFS_A_INDX, \"$I30\",",
        by: "error = ntfs_readattr(ntmp, ip, NTFS_A_INDX, \"$I30\", \
             blsize < ntfs_cntob(1) ? (off_t)cn * DEV_BSIZE :",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntlookupfile",
        find: "\"$I30\", ntfs_cntob(cn), rdsize",
        by: "\"$I30\", blsize < ntfs_cntob(1) ? (off_t)cn * DEV_BSIZE : ntfs_cntob(cn), rdsize",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "ntfs_cntob(blnum * cpbl), rdsize",
        by: "(off_t)blnum * blsize, rdsize",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "while (ntfs_cntob(blnum * cpbl) <",
        by: "while ((off_t)blnum * blsize <",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "if (ntfs_cntob(blnum * cpbl) >=",
        by: "if ((off_t)blnum * blsize >=",
        since: None,
    },
    // Of each eight blocks of a directory the last four are there if the first four are.
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "1 << (blnum & 3)",
        by: "1 << (blnum & 7)",
        since: None,
    },
];
