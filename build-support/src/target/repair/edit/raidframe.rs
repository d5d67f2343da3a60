//! RAIDframe: rebuilding a component reads one stripe more than there is, and a write during which
//! a component fails is made in part.
//!
//! The number of stripes is taken for that of the last one. What lies beyond the end of the
//! components is an I/O error (see `disk_ends`), and the rebuild fails when it is all but done.
//!
//! A write that has begun is completed on the other components when one fails (`rf_rollForward`).
//! But what was not yet on its way when the failure was seen was left out, data and parity alike, and
//! the write was a success: what it wrote was lost at once, or with the next component.
//!
//! Test: `kernel`, `stacked::raid`.

use super::Rule;

const RECONSTRUCT: &str = "sys/dev/raidframe/rf_reconstruct.c";
const CONTROL: &str = "sys/dev/raidframe/rf_reconutil.c";

const FUNCTIONS: &str = "sys/dev/raidframe/rf_dagfuncs.c";

/// A sum of components, which is for parity that is to be written yet.
const fn sum(function: &'static str) -> Rule {
    Rule {
        source: FUNCTIONS,
        function,
        find: "if (node->dagHdr->status == rf_enable) {",
        by: "if (node->dagHdr->status != rf_rollBackward) {",
        since: None,
    }
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        source: FUNCTIONS,
        function: "rf_DiskWriteFuncForThreads",
        find: "(node->dagHdr->status == rf_enable) ? RF_IO_TYPE_WRITE",
        by: "(node->dagHdr->status != rf_rollBackward) ? RF_IO_TYPE_WRITE",
        since: None,
    },
    sum("rf_RegularXorFunc"),
    sum("rf_SimpleXorFunc"),
    sum("rf_RecoveryXorFunc"),
    Rule {
        source: RECONSTRUCT,
        function: "rf_ContinueReconstructFailedDisk",
        find: "raidPtr->Layout.numStripe / raidPtr->Layout.SUsPerPU;",
        by: "raidPtr->Layout.numStripe / raidPtr->Layout.SUsPerPU - 1;",
        since: None,
    },
    // These are numbers of writes, which were right.
    Rule {
        source: RECONSTRUCT,
        function: "rf_ContinueReconstructFailedDisk",
        find: "if (pending_writes > lastPSID)",
        by: "if (pending_writes > lastPSID + 1)",
        since: None,
    },
    Rule {
        source: RECONSTRUCT,
        function: "rf_ContinueReconstructFailedDisk",
        find: "pending_writes = lastPSID;",
        by: "pending_writes = lastPSID + 1;",
        since: None,
    },
    Rule {
        source: CONTROL,
        function: "rf_MakeReconControl",
        find: "layoutPtr->numStripe / layoutPtr->SUsPerPU;",
        by: "layoutPtr->numStripe / layoutPtr->SUsPerPU - 1;",
        since: None,
    },
];
