//! Hypercalls that fail, one in each run: at a few places here, at more with `-- --ignored`. The
//! program `fault-turns` does so with all of them.

use rumpkernel::Fault;
use rumpkernel_harness::{Missing, installed};
use rumpkernel_tests::fault_turns::{Campaign, Subject};
use rumpkernel_tests::power_cut::Format;

use crate::world::{self, Folder};

crate::tests![
    ;
    loaded: tmpfs, ffs, ext2, net;
    campaigns: tmpfs_at_more_places, ffs_at_more_places, ext2_at_more_places, net_at_more_places,
];

/// Why a test of this module cannot run: what its file system is made and checked with.
pub(crate) fn obstacle(name: &str) -> Option<Missing> {
    let test = name.strip_prefix("fault_turns::")?;
    let test = test.strip_suffix("_at_more_places").unwrap_or(test);
    let subject: Subject = test.parse().ok()?;
    let Subject::Image(format) = subject else {
        return None;
    };
    let tools = format.tools().iter();
    tools.map(|tool| installed(tool)).find_map(Result::err)
}

/// At how many places a fault strikes where the long form is not asked for.
const FEW: u64 = 2;

fn campaign(subject: Subject, places: u64, faults: &[Fault]) {
    let folder = Folder::new();
    let campaign = Campaign {
        subject,
        places,
        at: None,
        boot: world::boot_with,
    };
    for &fault in faults {
        let report = campaign.run(fault, folder.path()).unwrap();
        assert!(report.runs > 0, "{fault}: {report:?}");
        assert!(
            report.troubles.is_empty(),
            "{fault}: {:#?}",
            report.troubles
        );
    }
}

const TMPFS: &[Fault] = &[
    Fault::Memory,
    Fault::Lock,
    Fault::Parameter,
    Fault::Thread,
    Fault::Image,
];

fn tmpfs() {
    campaign(Subject::Tmpfs, FEW, TMPFS);
}

fn tmpfs_at_more_places() {
    campaign(Subject::Tmpfs, 5, TMPFS);
}

const FFS: &[Fault] = &[
    Fault::Memory,
    Fault::Open,
    Fault::Close,
    Fault::Read,
    Fault::Write,
    Fault::Sync,
];

fn ffs() {
    campaign(Subject::Image(Format::Ffs), FEW, FFS);
}

fn ffs_at_more_places() {
    campaign(Subject::Image(Format::Ffs), 8, FFS);
}

const EXT2: &[Fault] = &[Fault::FileInfo, Fault::ShortRead, Fault::Write, Fault::Sync];

fn ext2() {
    campaign(Subject::Image(Format::Ext2), FEW, EXT2);
}

fn ext2_at_more_places() {
    campaign(Subject::Image(Format::Ext2), 8, EXT2);
}

const NET: &[Fault] = &[
    Fault::Memory,
    Fault::Clock,
    Fault::Sleep,
    Fault::Random,
    Fault::Interface,
    Fault::Frame,
    Fault::Bus,
];

fn net() {
    campaign(Subject::Net, FEW, NET);
}

fn net_at_more_places() {
    campaign(Subject::Net, 5, NET);
}
