//! Which components are built: those asked for, and what they need.

use std::path::PathBuf;

use super::setup::Setup;
use super::{Configuration, Error, faction};
use crate::component::Catalogue;
use crate::settings::Inet;
use crate::snapshot::Progress;

/// The host's sockets in place of the kernel's own TCP/IP.
const SOCKIN: &str = "rumpnet_sockin";

/// The kernel's own TCP/IP.
const STACK: [&str; 3] = ["rumpnet_net", "rumpnet_netinet", "rumpnet_netinet6"];

/// A component that is to be built: its name, and the folder of its Makefile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) directory: PathBuf,
}

/// The selection with all that it and the user's `own` need, in link order.
///
/// For a pristine tree the answer is written down, because working it out means reading every
/// Makefile of the tree.
pub(super) fn select(
    configuration: &Configuration,
    setup: &Setup,
    own: &[String],
    progress: &mut dyn Progress,
) -> Result<Vec<Selected>, Error> {
    let names = asked_for(configuration, own, progress);
    let target = &setup.target.triple;
    let key = setup
        .question("selection")
        .map(|question| question.with_all(&names).key());
    if let Some(key) = &key {
        let mut notes = setup.stores.iter();
        let note = notes.find_map(|store| store.note(target, key));
        if let Some(selected) = note.and_then(|note| parse(&note)) {
            return Ok(selected);
        }
    }
    let catalogue: Catalogue = setup.catalogue()?;
    let selected: Vec<Selected> = catalogue
        .closure(&names)?
        .into_iter()
        .map(|entry| Selected {
            name: entry.name.clone(),
            directory: entry.directory.clone(),
        })
        .collect();
    if let Some(key) = &key {
        setup.write_note(key, &text(&selected));
    }
    Ok(selected)
}

/// What features and settings name, each once, with one way only to reach other machines.
fn asked_for(
    configuration: &Configuration,
    own: &[String],
    progress: &mut dyn Progress,
) -> Vec<String> {
    let settings = &configuration.settings;
    let mut names = configuration.components.clone();
    names.extend(settings.components.iter().cloned());
    names.extend(own.iter().filter_map(|own| faction(own).map(str::to_owned)));
    names.sort();
    names.dedup();
    choose_inet(&mut names, settings.inet, progress);
    names
}

/// Leaves one of the two ways to reach other machines.
fn choose_inet(names: &mut Vec<String>, choice: Option<Inet>, progress: &mut dyn Progress) {
    let has_stack = names.iter().any(|name| STACK.contains(&name.as_str()));
    if has_stack && names.iter().any(|name| name == SOCKIN) {
        if choice.is_none() {
            progress.warn(
                "both the kernel's own TCP/IP (rumpnet_net) and the host's sockets (rumpnet_sockin) \
                 are selected: the first is linked; RUMPKERNEL_INET=net or RUMPKERNEL_INET=sockin decides",
            );
        }
        match choice {
            Some(Inet::Sockin) => names.retain(|name| !STACK.contains(&name.as_str())),
            Some(Inet::Net) | None => names.retain(|name| name != SOCKIN),
        }
    }
}

fn text(selected: &[Selected]) -> String {
    let lines = selected
        .iter()
        .map(|component| format!("{} {}\n", component.name, component.directory.display()));
    lines.collect()
}

fn parse(note: &str) -> Option<Vec<Selected>> {
    note.lines()
        .map(|line| {
            let (name, directory) = line.split_once(' ')?;
            Some(Selected {
                name: name.to_owned(),
                directory: directory.into(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Warnings;

    fn chosen(names: &[&str], choice: Option<Inet>) -> (Vec<String>, usize) {
        let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut warnings = Warnings::default();
        choose_inet(&mut names, choice, &mut warnings);
        (names, warnings.0.len())
    }

    #[test]
    fn one_way_to_other_machines_is_linked_and_an_open_choice_is_said() {
        let both = ["rumpfs_nfs", "rumpnet_netinet", "rumpnet_sockin"];
        let (names, warnings) = chosen(&both, None);
        assert_eq!(
            (names.join(" ").as_str(), warnings),
            ("rumpfs_nfs rumpnet_netinet", 1)
        );
        let (names, warnings) = chosen(&both, Some(Inet::Net));
        assert_eq!(
            (names.join(" ").as_str(), warnings),
            ("rumpfs_nfs rumpnet_netinet", 0)
        );
        let (names, warnings) = chosen(&both, Some(Inet::Sockin));
        assert_eq!(
            (names.join(" ").as_str(), warnings),
            ("rumpfs_nfs rumpnet_sockin", 0)
        );
        let alone = ["rumpnet_sockin"];
        assert_eq!(
            chosen(&alone, Some(Inet::Net)),
            (vec!["rumpnet_sockin".to_owned()], 0)
        );
    }

    #[test]
    fn what_is_written_down_is_read_again() {
        let selected = vec![Selected {
            name: "rump".into(),
            directory: "sys/rump/librump/rumpkern".into(),
        }];
        assert_eq!(parse(&text(&selected)), Some(selected));
        assert_eq!(parse("no folder\nrump"), None);
    }
}
