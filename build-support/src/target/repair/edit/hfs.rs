//! HFS+: nodes of trees whose table of records leads out of them.
//!
//! The table is read backwards until it says 14, which is where the first record lies, also beyond
//! the node. No tool here makes an image of HFS+. Test: `damaged-images superblocks hfs`, with an
//! image that is named.

use super::Rule;

const LIBHFS: &str = "sys/fs/hfs/libhfs.c";

pub(super) const RULES: &[Rule] = &[
    Rule {
        source: LIBHFS,
        function: "hfslib_reada_node",
        find: "rec_offsets = hfslib_malloc(numrecords * sizeof(uint16_t), cbargs);",
        by: "if (numrecords < 1 || nodesize < 14 + (numrecords + 1) * sizeof(uint16_t)) \
             HFS_LIBERR(\"node has no room for its records\"); \
             for (i = 0; i <= numrecords; i++) { \
             const uint16_t *end = (uint16_t *)((uint8_t *)in_bytes + nodesize) - (i + 1); \
             if (be16toh(*end) > nodesize - (numrecords + 1) * sizeof(uint16_t) \
             || (i == 0 ? be16toh(*end) != 14 : be16toh(*end) <= be16toh(end[1]))) \
             HFS_LIBERR(\"records of a node are not in order\"); } \
             rec_offsets = hfslib_malloc(numrecords * sizeof(uint16_t), cbargs);",
        since: None,
    },
    // What has not been allocated yet is freed when one of the records is bad.
    Rule {
        source: LIBHFS,
        function: "hfslib_reada_node",
        find: "last_bytes_read = hfslib_reada_node_offsets((uint8_t*)in_bytes + nodesize -",
        by: "memset(*out_record_ptrs_array, 0, numrecords * sizeof(void *)); \
             last_bytes_read = hfslib_reada_node_offsets((uint8_t*)in_bytes + nodesize -",
        since: None,
    },
];
