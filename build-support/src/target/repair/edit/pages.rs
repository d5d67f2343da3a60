//! Pages of the page cache that are not there, and that hold nothing yet.

use super::Rule;

const PAGES: &str = "sys/rump/librump/rumpvfs/vm_vfs.c";

pub(super) const RULES: &[Rule] = &[
    // The first page of those that are given back may be missing; the assertion looks at it all
    // the same. Test: `kernel`, `volumes::read_back`.
    Rule {
        source: "sys/rump/librump/rumpkern/vm.c",
        function: "uvm_page_unbusy",
        find: "KASSERT(mutex_owned(pgs[0]",
        by: "KASSERT(pgs[0] == NULL || mutex_owned(pgs[0]",
        since: None,
    },
    // When the pages to be zeroed cannot be read, there are none, and they are asked for again and
    // again. Test: `kernel`, `volumes::read_back::a_file_on_fat_is_cut_where_it_cannot_be_read`.
    Rule {
        source: PAGES,
        function: "ubc_zerorange",
        find: "(void)uobj->pgops->pgo_get(uobj,",
        by: "if (uobj->pgops->pgo_get(uobj,",
        since: None,
    },
    Rule {
        source: PAGES,
        function: "ubc_zerorange",
        find: "0, PAGERFLAGS | PGO_PASTEOF);",
        by: "0, PAGERFLAGS | PGO_PASTEOF) != 0) { kmem_free(pgs, maxpages * sizeof(pgs)); return; }",
        since: None,
    },
];
