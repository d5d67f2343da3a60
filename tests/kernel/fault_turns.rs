//! Hypercalls that fail, one in each run. The program `fault-turns` does so with all of them.

use rumpkernel::Fault;
use rumpkernel_harness::{Missing, installed};
use rumpkernel_tests::fault_turns::{Campaign, Subject};
use rumpkernel_tests::power_cut::Format;

use crate::world::{self, Folder};

crate::tests![; loaded: tmpfs, ffs, ext2, net];

/// Why a test of this module cannot run: what its file system is made and checked with.
pub(crate) fn obstacle(name: &str) -> Option<Missing> {
    let subject: Subject = name.strip_prefix("fault_turns::")?.parse().ok()?;
    let Subject::Image(format) = subject else {
        return None;
    };
    let tools = format.tools().iter();
    tools.map(|tool| installed(tool)).find_map(Result::err)
}

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

fn tmpfs() {
    campaign(
        Subject::Tmpfs,
        5,
        &[
            Fault::Memory,
            Fault::Lock,
            Fault::Parameter,
            Fault::Thread,
            Fault::Image,
        ],
    );
}

fn ffs() {
    campaign(
        Subject::Image(Format::Ffs),
        8,
        &[
            Fault::Memory,
            Fault::Open,
            Fault::Close,
            Fault::Read,
            Fault::Write,
            Fault::Sync,
        ],
    );
}

fn ext2() {
    campaign(
        Subject::Image(Format::Ext2),
        8,
        &[Fault::FileInfo, Fault::ShortRead, Fault::Write, Fault::Sync],
    );
}

fn net() {
    campaign(
        Subject::Net,
        5,
        &[
            Fault::Memory,
            Fault::Clock,
            Fault::Sleep,
            Fault::Random,
            Fault::Interface,
            Fault::Frame,
            Fault::Bus,
        ],
    );
}
