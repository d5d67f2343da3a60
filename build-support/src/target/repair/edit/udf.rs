//! udf: files that are too large, and numbers of damaged descriptors.
//!
//! Tests: `kernel`, `formats::udf`; `damaged-images superblocks udf`.

use super::Rule;

const ALLOCATION: &str = "sys/fs/udf/udf_allocation.c";

pub(super) const RULES: &[Rule] = &[
    // A file of a size that its allocation descriptors cannot tell: they go on behind the end of their table. What
    // fits is decided before anything is changed, by the smaller number of descriptors that a block has.
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
];
