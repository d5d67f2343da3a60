//! What was called durable survives a loss of power. `power-cuts` does the same thing a thousand
//! times.

use rumpkernel_harness::{Missing, installed};
use rumpkernel_tests::power_cut::{Campaign, Format};

use crate::world::{self, Folder};

// A dead kernel is followed by another.
crate::tests![; loaded: ffs, ffs_with_a_log, a_log_in_the_making, ext2, fat, lfs];

/// Why a test of this module cannot run: what its file system is made and checked with.
pub(crate) fn obstacle(name: &str) -> Option<Missing> {
    let test = name.strip_prefix("power_cuts::")?;
    let format = Format::ALL
        .into_iter()
        .find(|format| format.name() == test)?;
    let tools = format.tools().iter();
    tools.map(|tool| installed(tool)).find_map(Result::err)
}

fn campaign(format: Format) {
    let folder = Folder::new();
    let campaign = Campaign {
        format,
        cuts: 25,
        flushes: 15,
        operations: 120,
        seed: 7,
    };
    let report = campaign.run(folder.path(), world::boot_with).unwrap();
    assert!(report.cuts >= 25 && report.files > 25, "{report:?}");
    assert!(report.troubles.is_empty(), "{:#?}", report.troubles);
}

fn ffs() {
    campaign(Format::Ffs);
}

fn ffs_with_a_log() {
    campaign(Format::FfsLog);
}

/// The first mount makes the log, and has none for what it does.
fn a_log_in_the_making() {
    let folder = Folder::new();
    let campaign = Campaign {
        format: Format::FfsLog,
        cuts: 0,
        flushes: 0,
        operations: 0,
        seed: 11,
    };
    let report = campaign.run_first_mount(folder.path(), world::boot_with);
    let report = report.unwrap();
    assert!(report.cuts > 40, "{report:?}");
    assert!(report.troubles.is_empty(), "{:#?}", report.troubles);
}

fn ext2() {
    campaign(Format::Ext2);
}

fn fat() {
    campaign(Format::Fat);
}

fn lfs() {
    campaign(Format::Lfs);
}
