//! msdosfs: numbers that contradict each other, sectors of more than 16 KiB, and FSInfo.
//!
//! Tests: `kernel`, `formats::fat`; `damaged-images superblocks msdos`.

use super::Rule;

const MOUNT: &str = "sys/fs/msdosfs/msdosfs_vfsops.c";

pub(super) const RULES: &[Rule] = &[
    // Sectors below the disk's, which shift by a negative number; no FAT, or one in the boot
    // sector; or what lies before the first cluster is all that there is, so that the number of
    // clusters is negative, and the search for free ones goes on for ever.
    Rule {
        source: MOUNT,
        function: "msdosfs_mountfs",
        find: "pmp->pm_nmbrofclusters = (pmp",
        by: "if (pmp->pm_BytesPerSec < DEV_BSIZE || pmp->pm_FATs == 0 || pmp->pm_curfat >= pmp->pm_FATs || pmp->pm_ResSectors == 0 \
             || pmp->pm_FATsecs > pmp->pm_HugeSectors / pmp->pm_FATs \
             || pmp->pm_firstcluster >= pmp->pm_HugeSectors \
             || (pmp->pm_HugeSectors - pmp->pm_firstcluster) / SecPerClust == 0) { \
             error = EINVAL; goto error_exit; } \
             pmp->pm_nmbrofclusters = (pmp",
        since: None,
    },
    // A FAT entry may cross a buffer's end only where FATs are longer than a buffer, and those of
    // 12 bits are not.
    Rule {
        source: MOUNT,
        function: "msdosfs_mountfs",
        find: "3 * pmp->pm_BytesPerSec",
        by: "MIN(3 * pmp->pm_BytesPerSec, MAXBSIZE)",
        since: None,
    },
    // A FAT that has no room for the clusters; more of them than entries can number, or than
    // the disk holds, unless nothing is written; a root directory elsewhere.
    Rule {
        source: MOUNT,
        function: "msdosfs_mountfs",
        find: "pmp->pm_fatblocksec =",
        by: "if (pmp->pm_maxcluster >= (CLUST_RSRVD & pmp->pm_fatmask) \
             || (pmp->pm_maxcluster + 1) * pmp->pm_fatmult / pmp->pm_fatdiv > \
             (uint64_t)pmp->pm_FATsecs * pmp->pm_BytesPerSec \
             || (!ronly && psize != 0 && pmp->pm_HugeSectors > psize / (pmp->pm_BytesPerSec / DEV_BSIZE)) \
             || (FAT32(pmp) && (pmp->pm_rootdirblk < CLUST_FIRST \
             || pmp->pm_rootdirblk > pmp->pm_maxcluster))) { \
             error = EINVAL; goto error_exit; } \
             pmp->pm_fatblocksec =",
        since: None,
    },
    // FSInfo is left as it was, and wrong, where the third boot sector has no signature, or no
    // free cluster is named. The former is usual; the latter means that nobody knows.
    Rule {
        source: MOUNT,
        function: "msdosfs_mountfs",
        find: "!memcmp(fp->fsisig4, \"\\0\\0\\125\\252\", 4)",
        by: "true",
        since: None,
    },
    Rule {
        source: MOUNT,
        function: "msdosfs_mountfs",
        find: "pmp->pm_nxtfree = getulong(fp->fsinxtfree);",
        by: "{ pmp->pm_nxtfree = getulong(fp->fsinxtfree); \
             if (pmp->pm_nxtfree < CLUST_FIRST || pmp->pm_nxtfree > pmp->pm_maxcluster) \
             pmp->pm_nxtfree = CLUST_FIRST; }",
        since: None,
    },
    // A FAT begins with the byte that tells the medium. Elsewhere there is no FAT: sectors have
    // another size, say.
    Rule {
        source: "sys/fs/msdosfs/msdosfs_fat.c",
        function: "fillinusemap",
        find: "if (FAT32(pmp))",
        by: "if (cn == CLUST_FIRST && *(uint8_t *)bp->b_data < 0xf0) { brelse(bp, 0); return EINVAL; } \
             if (FAT32(pmp))",
        since: None,
    },
    // A chain of clusters that bites its tail: the length of a directory is counted along it.
    Rule {
        source: "sys/fs/msdosfs/msdosfs_fat.c",
        function: "pcbmap",
        find: "for (; i < findcn; i++) {",
        by: "for (; i < findcn; i++) { if (i > pmp->pm_maxcluster) { if (bp) brelse(bp, 0); return (EIO); }",
        since: None,
    },
    // And where it cannot be counted, the directory was empty.
    Rule {
        source: "sys/fs/msdosfs/msdosfs_denode.c",
        function: "msdosfs_loadvnode",
        find: "if (error == E2BIG) {",
        by: "if (error != E2BIG) { vp->v_type = VNON; pool_put(&msdosfs_denode_pool, ldep); \
             return error ? error : EIO; } \
             if (error == E2BIG) {",
        since: Some("2014-08-26"),
    },
];
