//! udf: files that are too large, and numbers of damaged descriptors.
//!
//! Tests: `kernel`, `formats::udf`; `damaged-images superblocks udf`.

use super::Rule;

const SUBR: &str = "sys/fs/udf/udf_subr.c";
const ALLOCATION: &str = "sys/fs/udf/udf_allocation.c";

pub(super) const RULES: &[Rule] = &[
    // A file of a size that its allocation descriptors cannot tell: they go on behind the end of
    // their table. What fits is decided before anything is changed, by the smaller number of
    // descriptors that a block has.
    Rule {
        source: ALLOCATION,
        function: "udf_grow_node",
        find: "max_len = ((UDF_EXT_MAXLEN / unit_size) * unit_size);",
        by: "max_len = ((UDF_EXT_MAXLEN / unit_size) * unit_size); \
             if (new_size > INT64_MAX || new_size / max_len + 2 > (UDF_MAX_ALLOC_EXTENTS - 1) \
             * ((lb_size - sizeof(struct alloc_ext_entry)) / sizeof(struct long_ad) - 1)) { \
             UDF_UNLOCK_NODE(udf_node, 0); return EFBIG; }",
        since: None,
    },
    // Nor does a file in very many pieces fit.
    Rule {
        source: ALLOCATION,
        function: "udf_append_adslot",
        find: "ext = udf_node->ext[extnr];",
        by: "if (extnr >= UDF_MAX_ALLOC_EXTENTS) return EFBIG; ext = udf_node->ext[extnr];",
        since: None,
    },
    // Descriptors of a file's pieces that have no room in its own block lie in further blocks,
    // which are written only if the node says so. That was said where descriptors are thrown
    // away and made anew, not where one is appended: a file that got a hole at its end had them
    // in memory only, and was EINVAL to the next kernel. Test: `kernel`,
    // `volumes::read_back::a_file_on_udf_in_many_pieces_grows`.
    Rule {
        source: ALLOCATION,
        function: "udf_append_adslot",
        find: "vpart_num = udf_rw16(udf_node->loc.loc.part_num);",
        by: "vpart_num = udf_rw16(udf_node->loc.loc.part_num); \
             udf_node->i_flags |= IN_NODE_REBUILD;",
        since: None,
    },
    // Sequences of descriptors whose length is no multiple of a block's: they have no end.
    Rule {
        source: SUBR,
        function: "udf_read_vds_extent",
        find: "while (len) {",
        by: "while (len >= sector_size) {",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "udf_read_vds_extent",
        find: "len -= dscr_size;",
        by: "len -= MIN(len, dscr_size);",
        since: None,
    },
    // And those that are as long as a number can be: what lies behind the disk's end is skipped
    // block by block.
    Rule {
        source: SUBR,
        function: "udf_retrieve_lvint",
        find: "len     = udf_rw32(ump->logical_vol->integrity_seq_loc.len);",
        by: "len = MIN(udf_rw32(ump->logical_vol->integrity_seq_loc.len), 1024 * lb_size);",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "udf_retrieve_lvint",
        find: "len    = udf_rw32(lvint->next_extent.len);",
        by: "len = MIN(udf_rw32(lvint->next_extent.len), 1024 * lb_size);",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "udf_retrieve_lvint",
        find: "while (len) {",
        by: "while (len >= lb_size) {",
        since: None,
    },
    // A descriptor of gigabytes.
    Rule {
        source: "sys/fs/udf/udf_readwrite.c",
        function: "udf_read_phys_dscr",
        find: "dscrlen = udf_tagsize(dst, sector_size);",
        by: "dscrlen = udf_tagsize(dst, sector_size); \
             if (error == 0 && (dscrlen < sector_size || dscrlen > (64 << 20))) error = EINVAL;",
        since: None,
    },
    // Maps of partitions behind the descriptors that they stand in, and partitions that are not
    // where they must be.
    Rule {
        source: SUBR,
        function: "udf_process_vds",
        find: "ump->logvol_info = lvinfo;",
        by: "if (n_pm > UDF_PMAPS || n_pm > udf_rw32(lvint->num_part) \
             || udf_rw32(lvint->l_iu) < sizeof(struct udf_logvol_info)) return EINVAL; \
             ump->logvol_info = lvinfo;",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "udf_process_vds",
        find: "pmap_size  = pmap_pos[1];",
        by: "pmap_size = pmap_pos[1]; \
             if (pmap_size < 6 || pmap_pos + pmap_size > \
             ump->logical_vol->maps + udf_rw32(ump->logical_vol->mt_l)) return EINVAL;",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "udf_process_vds",
        find: "if (pmap_type == UDF_VTOP_TYPE_UNKNOWN)",
        by: "if (pmap_type == UDF_VTOP_TYPE_UNKNOWN || (phys_part != log_part \
             && (pmap_type == UDF_VTOP_TYPE_PHYS || pmap_type == UDF_VTOP_TYPE_SPARABLE)))",
        since: None,
    },
    // Files whose descriptor is larger than a block, whose size is negative, or which have
    // another strategy than the two: the driver reads their descriptor again and again.
    Rule {
        source: SUBR,
        function: "udf_loadvnode",
        find: "KASSERT(udf_tagsize(dscr, lb_size) == lb_size);",
        by: "if (udf_tagsize(dscr, lb_size) != lb_size) { \
             udf_free_logvol_dscr(ump, &icb_loc, dscr); error = EINVAL; break; }",
        since: Some("2015-05-20"),
    },
    Rule {
        source: SUBR,
        function: "udf_loadvnode",
        find: "if (strat == 4096) {",
        by: "if ((strat != 4 && strat != 4096) || file_size > INT64_MAX) { error = EINVAL; break; } \
             if (strat == 4096) {",
        since: Some("2015-05-20"),
    },
    // Content in a descriptor that is said to be larger.
    Rule {
        source: SUBR,
        function: "udf_read_internal",
        find: "assert(inflen < sector_size);",
        by: "const uint64_t before = fe \
             ? offsetof(struct file_entry, data) + (uint64_t)udf_rw32(fe->l_ea) \
             : offsetof(struct extfile_entry, data) + (uint64_t)udf_rw32(efe->l_ea); \
             if (inflen >= sector_size || before > sector_size \
             || inflen > sector_size - before) return EIO;",
        since: None,
    },
    // Seconds are cut to 32 bits when they are read: times from 2106 on were others.
    Rule {
        source: SUBR,
        function: "udf_timestamp_to_timespec",
        find: "uint32_t usecs, secs, nsecs;",
        by: "uint32_t usecs, nsecs; time_t secs;",
        since: None,
    },
    // A name that is in none of the two character sets.
    Rule {
        source: SUBR,
        function: "udf_to_unix_name",
        find: "assert(*id == 8);",
        by: "if (*id != 8) { *result = 0; free(raw_name, M_UDFTEMP); return; }",
        since: None,
    },
    // Content in a descriptor that is not as long as the file, or not there alone: neither growing
    // nor shrinking counts right from there.
    Rule {
        source: ALLOCATION,
        function: "udf_grow_node",
        find: "if (l_ad + size_diff <= max_l_ad) {",
        by: "if (orig_lbrec != 0 || l_ad != old_size || l_ea > lb_size - dscr_size || l_ad > max_l_ad) { \
             UDF_UNLOCK_NODE(udf_node, 0); return EIO; } \
             if (l_ad + size_diff <= max_l_ad) {",
        since: None,
    },
    Rule {
        source: ALLOCATION,
        function: "udf_shrink_node",
        find: "KASSERT(new_size <= max_l_ad);",
        by: "if (orig_lbrec != 0 || l_ad != old_size || l_ea > lb_size - dscr_size || l_ad > max_l_ad) { \
             UDF_UNLOCK_NODE(udf_node, 0); return EIO; } \
             KASSERT(new_size <= max_l_ad);",
        since: None,
    },
];
