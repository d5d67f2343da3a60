//! What was called durable survives a loss of power: a few times here, more often with `--
//! --ignored`, and a thousand times in the program `power-cuts`.

use rumpkernel_harness::{Missing, installed};
use rumpkernel_tests::power_cut::{Campaign, Format};

use crate::world::{self, Folder};

// A dead kernel is followed by another.
crate::tests![
    ;
    loaded: ffs, ffs_with_a_log, a_log_in_the_making, ext2, fat, lfs;
    campaigns: ffs_often, ffs_with_a_log_often, ext2_often, fat_often, lfs_often,
];

/// Why a test of this module cannot run: what its file system is made and checked with.
pub(crate) fn obstacle(name: &str) -> Option<Missing> {
    let test = name.strip_prefix("power_cuts::")?;
    let test = test.strip_suffix("_often").unwrap_or(test);
    let format = Format::ALL
        .into_iter()
        .find(|format| format.name() == test)?;
    let tools = format.tools().iter();
    tools.map(|tool| installed(tool)).find_map(Result::err)
}

/// How many losses of power are at random points, and how many at flushes.
#[derive(Debug, Clone, Copy)]
struct Cuts(usize, usize);

const FEW: Cuts = Cuts(6, 4);
const MANY: Cuts = Cuts(25, 15);

fn campaign(format: Format, Cuts(cuts, flushes): Cuts) {
    let folder = Folder::new();
    let campaign = Campaign {
        format,
        cuts,
        flushes,
        operations: 120,
        seed: 7,
    };
    let report = campaign.run(folder.path(), world::boot_with).unwrap();
    assert!(report.cuts >= cuts && report.files > cuts, "{report:?}");
    assert!(report.troubles.is_empty(), "{:#?}", report.troubles);
}

fn ffs() {
    campaign(Format::Ffs, FEW);
}

fn ffs_often() {
    campaign(Format::Ffs, MANY);
}

fn ffs_with_a_log() {
    campaign(Format::FfsLog, FEW);
}

fn ffs_with_a_log_often() {
    campaign(Format::FfsLog, MANY);
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
    campaign(Format::Ext2, FEW);
}

fn ext2_often() {
    campaign(Format::Ext2, MANY);
}

fn fat() {
    campaign(Format::Fat, FEW);
}

fn fat_often() {
    campaign(Format::Fat, MANY);
}

fn lfs() {
    campaign(Format::Lfs, FEW);
}

fn lfs_often() {
    campaign(Format::Lfs, MANY);
}
