//! Which components a snapshot has: its own lists, read the way its own build reads them.

use std::path::PathBuf;

use super::{Error, Options};
use crate::bsdmake::{Evaluator, Probes, Tree};
use crate::target::Machine;

/// The folders whose Makefile lists components.
const LISTS: [(&str, Kind); 5] = [
    ("sys/rump/librump", Kind::Faction),
    ("sys/rump/dev/lib", Kind::Device),
    ("sys/rump/fs/lib", Kind::FileSystem),
    ("sys/rump/net/lib", Kind::Network),
    ("sys/rump/kern/lib", Kind::Kernel),
];

/// The goal with which NetBSD's lists hold everything, also what a machine does not build.
const DESCRIBE: &str = "rumpdescribe";

/// What a component is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `rump`, which every kernel holds.
    Base,
    /// `rumpvfs`, `rumpnet` and `rumpdev`, on which file systems, protocols and drivers stand.
    Faction,
    /// A device driver.
    Device,
    /// A file system or part of one.
    FileSystem,
    /// A network protocol or interface.
    Network,
    /// Anything else in the kernel.
    Kernel,
}

/// One component of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `LIB`: the library's name without `lib`, such as `rumpfs_ffs`.
    pub name: String,
    /// The name without its kind, such as `ffs`; what a feature is called.
    pub short: String,
    /// What it is part of.
    pub kind: Kind,
    /// `COMMENT`: what it is, in the snapshot's words.
    pub comment: String,
    /// The folder of its Makefile, relative to the source tree.
    pub directory: PathBuf,
    /// True if NetBSD's own build makes it for this machine without being asked for more.
    pub default: bool,
}

/// All components of a snapshot, in the order of its lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The components.
    pub entries: Vec<Entry>,
}

impl Catalogue {
    /// Reads the lists of the tree.
    ///
    /// # Errors
    ///
    /// If the tree has no lists, or one of them or of the Makefiles it names cannot be evaluated.
    pub fn read(
        tree: &Tree,
        machine: &Machine,
        options: &Options,
        probes: Probes<'_>,
    ) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for (folder, kind) in LISTS {
            let listed = |describe: bool| -> Result<Vec<String>, Error> {
                let mut make = Evaluator::new(tree, folder, options.settings(machine), probes);
                if describe {
                    make.goal(DESCRIBE);
                }
                make.run()?;
                let folders = make.value("SUBDIR")?.unwrap_or_default();
                Ok(folders.split_whitespace().map(str::to_owned).collect())
            };
            if !tree.exists(&format!("{folder}/Makefile")) {
                return Err(Error::NotNetBsd(tree.root().to_owned()));
            }
            let default = listed(false)?;
            for name in listed(true)? {
                let directory = format!("{folder}/{name}");
                // The lists also name what was never imported, such as parts of ZFS.
                if !tree.exists(&format!("{directory}/Makefile")) {
                    continue;
                }
                let mut make = Evaluator::new(tree, &directory, options.settings(machine), probes);
                make.run()?;
                let library = make.value("LIB")?.unwrap_or_default().trim().to_owned();
                let kind = if library == "rump" { Kind::Base } else { kind };
                entries.push(Entry {
                    short: short(&library).to_owned(),
                    name: library,
                    kind,
                    comment: make.value("COMMENT")?.unwrap_or_default().trim().to_owned(),
                    directory: directory.into(),
                    default: default.contains(&name),
                });
            }
        }
        Ok(Self { entries })
    }
}

/// A library's name without its kind.
fn short(library: &str) -> &str {
    let plain = library
        .split_once('_')
        .filter(|(kind, _)| {
            matches!(
                *kind,
                "rumpdev" | "rumpfs" | "rumpvfs" | "rumpnet" | "rumpkern"
            )
        })
        .map_or(library, |(_, plain)| plain);
    match library {
        // The list calls them by their folders' names, and users by what they are.
        "rumpvfs_fifofs" => "fifo",
        "rumpvfs_layerfs" => "layer",
        _ => plain,
    }
}
