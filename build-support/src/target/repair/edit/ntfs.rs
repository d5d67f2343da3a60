//! ntfs: records larger than clusters, clusters larger than buffers, and clusters larger than
//! blocks of directories.
//!
//! Tests: `kernel`, `formats::ntfs`; `damaged-images superblocks ntfs`.

use super::Rule;

const MOUNT: &str = "sys/fs/ntfs/ntfs_vfsops.c";
const SUBR: &str = "sys/fs/ntfs/ntfs_subr.c";

pub(super) const RULES: &[Rule] = &[
    // A cluster is read as one buffer, and more than fits is a panic: Windows makes such
    // clusters, and gives their size as a negative logarithm. Sectors are taken for blocks of the
    // disk and for what fixups are about, which both have 512 bytes.
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
    // Of a record that is larger than a cluster only the first cluster is read, and what follows
    // in memory is taken for the rest. The rest is read, too, by whole clusters, as the comment
    // there demands.
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
    // A block of a directory has a place in it, and a number in units of 512 bytes, when clusters
    // are larger.
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
        find: "if (bmp[blnum >> 3] & (1 << (blnum & 3)))",
        by: "if ((blnum >> 3) >= bmvap->va_datalen || (bmp[blnum >> 3] & (1 << (blnum & 7))))",
        since: None,
    },
    // Attributes that lead out of their record, or no further: see additions/ntfs_attribute.h.
    Rule {
        source: SUBR,
        function: "ntfs_loadntnode",
        find: "while (ap->a_hdr.a_type != -1) {",
        by: "while (off > ntfs_bntob(ntmp->ntm_bpmftrec) - (int)sizeof(u_int32_t) \
             || ap->a_hdr.a_type != -1) { \
             if (off >= ntfs_bntob(ntmp->ntm_bpmftrec) \
             || !attribute_is_whole(ap, ntfs_bntob(ntmp->ntm_bpmftrec) - off)) { error = EINVAL; break; }",
        since: None,
    },
    // Fixups whose array leads out of the record.
    Rule {
        source: SUBR,
        function: "ntfs_procfixups",
        find: "fxp = (u_int16_t *) (xbuf + fhp->fh_foff);",
        by: "if (fhp->fh_foff + 2u * fhp->fh_fnum > len) return (EINVAL); \
             fxp = (u_int16_t *) (xbuf + fhp->fh_foff);",
        since: None,
    },
    // Entries of a directory, likewise.
    Rule {
        source: SUBR,
        function: "ntfs_ntlookupfile",
        find: "!(iep->ie_flag & NTFS_IEFLAG_LAST) && (rdsize > aoff);",
        by: "rdsize >= 16 && aoff <= rdsize - 16 && !(iep->ie_flag & NTFS_IEFLAG_LAST) \
             && iep->reclen <= rdsize - aoff \
             && iep->reclen >= offsetof(struct attr_indexentry, ie_fname) \
             && iep->reclen >= offsetof(struct attr_indexentry, ie_fname) + 2 * iep->ie_fnamelen;",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "!(iep->ie_flag & NTFS_IEFLAG_LAST) && (rdsize > aoff);",
        by: "rdsize >= 16 && aoff <= rdsize - 16 && !(iep->ie_flag & NTFS_IEFLAG_LAST) \
             && iep->reclen <= rdsize - aoff \
             && iep->reclen >= offsetof(struct attr_indexentry, ie_fname) \
             && iep->reclen >= offsetof(struct attr_indexentry, ie_fname) + 2 * iep->ie_fnamelen;",
        since: None,
    },
    // The root of a directory that is larger than its blocks, and blocks of any size.
    Rule {
        source: SUBR,
        function: "ntfs_ntlookupfile",
        find: "rdbuf = malloc(blsize, M_TEMP, M_WAITOK);",
        by: "if (blsize < DEV_BSIZE || blsize > MAXBSIZE || vap->va_datalen > MAXBSIZE \
             || vap->va_datalen < sizeof(struct attr_indexroot)) { error = EINVAL; goto fail; } \
             rdbuf = malloc(MAX(vap->va_datalen, blsize) + sizeof(*iep), M_TEMP, M_WAITOK | M_ZERO);",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "fp->f_dirblsz = vap->va_a_iroot->ir_size;",
        by: "if (vap->va_datalen < sizeof(struct attr_indexroot) || vap->va_datalen > MAXBSIZE \
             || vap->va_a_iroot->ir_size < DEV_BSIZE || vap->va_a_iroot->ir_size > MAXBSIZE) { \
             error = EINVAL; goto fail; } \
             fp->f_dirblsz = vap->va_a_iroot->ir_size;",
        since: None,
    },
    // Memory for as much as an attribute is said to hold, which may never be there.
    Rule {
        source: MOUNT,
        function: "ntfs_calccfree",
        find: "bmsize = VTOF(vp)->f_size;",
        by: "if (VTOF(vp)->f_size > ntmp->ntm_bootfile.bf_spv / ntmp->ntm_spc / 8 + MAXBSIZE) return EINVAL; \
             bmsize = VTOF(vp)->f_size;",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntreaddir",
        find: "bmp = (u_char *) malloc(",
        by: "if (bmvap->va_datalen > 8 * MAXBSIZE) { error = EINVAL; goto fail; } \
             bmp = (u_char *) malloc(",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "ntfs_ntvattrget",
        find: "len = lvap->va_datalen;",
        by: "if (lvap->va_datalen > 4 * MAXBSIZE) return (EINVAL); len = lvap->va_datalen;",
        since: None,
    },
    // An entry of a list of attributes that leads out of it, or no further.
    Rule {
        source: SUBR,
        function: "ntfs_ntvattrget",
        find: "if (len > aalp->reclen) {",
        by: "if (len < offsetof(struct attr_attrlist, al_name) || aalp->reclen > len \
             || aalp->reclen < offsetof(struct attr_attrlist, al_name) + 2 * aalp->al_namelen) { \
             error = EINVAL; goto out; } \
             if (len > aalp->reclen) {",
        since: None,
    },
    // A file whose size is negative.
    Rule {
        source: MOUNT,
        function: "ntfs_loadvnode",
        find: "fp->f_size = vap->va_datalen;",
        by: "if (vap->va_datalen > INT64_MAX) { \
             ntfs_ntvattrrele(vap); ntfs_ntput(ip); error = EINVAL; goto out; } \
             fp->f_size = vap->va_datalen;",
        since: Some("2015-04-25"),
    },
];
