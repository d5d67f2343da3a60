//! RAIDframe: rebuilding a component reads one stripe more than there is.
//!
//! The number of stripes is taken for that of the last one. What lies beyond the end of the
//! components is an I/O error (see `disk_ends`), and the rebuild fails when it is all but done.
//!
//! Test: `kernel`, `stacked::raid`.

use super::Rule;

const RECONSTRUCT: &str = "sys/dev/raidframe/rf_reconstruct.c";
const CONTROL: &str = "sys/dev/raidframe/rf_reconutil.c";

pub(super) const RULES: &[Rule] = &[
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
