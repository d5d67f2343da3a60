//! Tests of the safe API against a real kernel.
//!
//! Most tests boot kernels of their own, side by side in this process. They are run once more with
//! the kernel that is linked into the program; that can be booted once, so this program runs itself
//! again for each. A process that hangs is ended, and its test has failed. Of tests about drivers,
//! whose code is the same in both kinds of kernels, the second run is for `-- --ignored`. Listing
//! and filtering are those of Rust's own harness, so that cargo-nextest works too.

mod accidents;
mod bad_images;
mod buses;
mod child;
mod clocks;
#[cfg(feature = "every-component")]
mod components;
mod console;
mod directories;
mod disk_images;
mod disk_values;
mod disks;
mod durability;
mod ends;
mod failed_writes;
mod fault_turns;
mod faults;
mod files;
mod footprint;
mod formats;
mod fs;
mod host_limits;
mod images;
mod instances;
mod links;
mod logs;
mod mounting;
mod mounts;
mod network;
mod odd_places;
mod panics;
mod partitions;
mod place;
mod power_cuts;
mod sectors;
mod small_disk;
mod smb;
mod stacked;
mod threads;
mod unions;
mod usb;
mod volumes;
mod world;

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use place::Place;
use rumpkernel_harness::Missing;

/// A test.
#[derive(Debug, Clone, Copy)]
struct Test {
    name: &'static str,
    run: fn(),
    place: Place,
}

/// Names the tests of a module after their functions. Most can run anywhere; some are about drivers,
/// some about loaded kernels only, some have to be alone in their process, some are about the
/// linked kernel, and some do at length what others do in short.
macro_rules! tests {
    (
        $($anywhere:ident),* $(,)?
        $(; drivers: $($driver:ident),* $(,)?)?
        $(; loaded: $($loaded:ident),* $(,)?)?
        $(; alone: $($alone:ident),* $(,)?)?
        $(; linked: $($linked:ident),* $(,)?)?
        $(; campaigns: $($campaign:ident),* $(,)?)?
    ) => {
        pub(crate) const TESTS: &[crate::Test] = &[
            $(crate::test!($anywhere, Anywhere),)*
            $($(crate::test!($driver, Driver),)*)?
            $($(crate::test!($loaded, Loaded),)*)?
            $($(crate::test!($alone, Alone),)*)?
            $($(crate::test!($linked, Linked),)*)?
            $($(crate::test!($campaign, Campaign),)*)?
        ];
    };
}
pub(crate) use tests;

macro_rules! test {
    ($function:ident, $place:ident) => {
        crate::Test {
            name: concat!(module_path!(), "::", stringify!($function)),
            run: $function,
            place: crate::place::Place::$place,
        }
    };
}
pub(crate) use test;

const ALL: &[&[Test]] = &[
    accidents::TESTS,
    bad_images::TESTS,
    buses::TESTS,
    clocks::TESTS,
    #[cfg(feature = "every-component")]
    components::TESTS,
    directories::TESTS,
    disk_images::TESTS,
    disk_values::TESTS,
    disks::TESTS,
    durability::TESTS,
    ends::TESTS,
    failed_writes::TESTS,
    fault_turns::TESTS,
    faults::TESTS,
    files::TESTS,
    formats::dm::TESTS,
    formats::fat::TESTS,
    formats::nilfs::TESTS,
    formats::ntfs::TESTS,
    formats::times::TESTS,
    formats::udf::TESTS,
    formats::used_inodes::TESTS,
    formats::v7fs::TESTS,
    fs::attributes::TESTS,
    fs::dirs::TESTS,
    fs::locks::TESTS,
    fs::paths::TESTS,
    fs::processes::TESTS,
    fs::trees::TESTS,
    fs::vectored::TESTS,
    host_limits::TESTS,
    images::TESTS,
    instances::TESTS,
    links::TESTS,
    logs::TESTS,
    links::configuration::TESTS,
    links::hostile::TESTS,
    links::races::TESTS,
    mounting::cd9660::TESTS,
    mounting::defaults::TESTS,
    mounting::detected::TESTS,
    mounting::ext2::TESTS,
    mounting::fdesc::TESTS,
    mounting::ffs::TESTS,
    mounting::msdos::TESTS,
    mounting::nilfs::TESTS,
    mounting::ntfs::TESTS,
    mounting::null::TESTS,
    mounting::options::TESTS,
    mounting::own::TESTS,
    mounting::ptyfs::TESTS,
    mounting::udf::TESTS,
    mounting::umap::TESTS,
    mounting::v7fs::TESTS,
    mounts::TESTS,
    network::TESTS,
    odd_places::TESTS,
    panics::TESTS,
    partitions::changed::TESTS,
    partitions::mounted::TESTS,
    partitions::read::TESTS,
    power_cuts::TESTS,
    sectors::TESTS,
    smb::TESTS,
    stacked::cgd::TESTS,
    stacked::fss::TESTS,
    stacked::md::TESTS,
    stacked::raid::TESTS,
    stacked::vnd::TESTS,
    threads::TESTS,
    unions::TESTS,
    usb::TESTS,
    volumes::leaks::TESTS,
    volumes::read_back::TESTS,
    volumes::stale::TESTS,
];

/// Why a test cannot run on this machine.
fn obstacle(name: &str) -> Option<Missing> {
    if name == "durability::a_full_disk_of_the_host_is_told" {
        return small_disk::obstacle().map(Missing::on_this_machine);
    }
    if name.starts_with("directories::ext2") && !has_ext2_tools() {
        let reason = "mke2fs and e2fsck are not installed (package e2fsprogs)";
        return Some(Missing::tool(reason));
    }
    let has_usb = cfg!(any(target_arch = "x86", target_arch = "x86_64"));
    if name.starts_with("usb::") && !has_usb {
        let reason = "NetBSD has the driver of the ports on x86 only";
        return Some(Missing::on_this_machine(reason));
    }
    volumes::obstacle(name)
        .or_else(|| formats::obstacle(name))
        .map(Missing::tool)
        .or_else(|| disk_images::obstacle(name))
        .or_else(|| power_cuts::obstacle(name))
        .or_else(|| partitions::obstacle(name))
        .or_else(|| fault_turns::obstacle(name))
}

/// Whether the programs that make and check file systems of Linux's are there.
fn has_ext2_tools() -> bool {
    let runs = |program| Command::new(program).arg("-V").output().is_ok();
    runs("mke2fs") && runs("e2fsck")
}

/// Whether there are loaded kernels on this machine, whose ABI may not allow it.
const CAN_LOAD: bool = cfg!(not(target_arch = "sparc64"));

/// A test with loaded kernels.
fn loaded(name: &str, run: impl FnOnce() -> Result<Completion, Failed> + Send + 'static) -> Trial {
    if !CAN_LOAD {
        let reason = "this machine's ABI does not let kernels be loaded";
        return cannot_run(name, Missing::on_this_machine(reason));
    }
    Trial::ignorable_test(name, run)
}

/// A test that is ignored, with the reason.
fn cannot_run(name: &str, missing: Missing) -> Trial {
    Trial::ignorable_test(name, || missing.answer())
}

fn main() -> ExitCode {
    let tests = || ALL.iter().copied().flatten().copied();
    if let Some(name) = child::wanted() {
        let test = tests()
            .find(|test| test.name == name)
            .expect("a known test");
        return child::end(test);
    }
    let mut trials = Vec::new();
    for test in tests() {
        let name = test.name.trim_start_matches("kernel::");
        if let Some(obstacle) = obstacle(name) {
            trials.push(cannot_run(name, obstacle));
            continue;
        }
        let linked =
            || Trial::ignorable_test(format!("linked::{name}"), move || child::run(test, true));
        match test.place {
            Place::Anywhere => {
                trials.push(loaded(name, move || place::here(test)));
                trials.push(linked());
            }
            Place::Driver => {
                trials.push(loaded(name, move || place::here(test)));
                let is_campaign = CAN_LOAD;
                trials.push(linked().with_ignored_flag(is_campaign));
            }
            Place::Loaded => trials.push(loaded(name, move || place::here(test))),
            Place::Alone => trials.push(loaded(name, move || child::run(test, false))),
            Place::Linked => trials.push(linked()),
            Place::Campaign => {
                trials.push(loaded(name, move || child::run(test, false)).with_ignored_flag(true));
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
