//! From the components that somebody names to those that have to be linked.

use std::iter;

use super::needs::{CONFLICTS, needs};
use super::{Catalogue, Entry, Error, Kind};
use crate::spelling::distance;

impl Catalogue {
    /// The component with this name or short name.
    ///
    /// # Errors
    ///
    /// If there is none; the error lists names that are much the same.
    pub fn find(&self, name: &str) -> Result<&Entry, Error> {
        let entries = || self.entries.iter();
        entries()
            .find(|entry| entry.name == name)
            .or_else(|| entries().find(|entry| entry.short == name))
            .ok_or_else(|| Error::Unknown {
                name: name.to_owned(),
                near: self.near(name),
            })
    }

    /// The named components with all that they need, in link order: each before what it needs, the base
    /// last. The order does not depend on that of the selection.
    ///
    /// Where the host's sockets are selected, they serve whoever needs some way to other machines.
    ///
    /// # Errors
    ///
    /// If a name is unknown, if the snapshot lacks what a component needs, or if two components exclude each
    /// other.
    pub fn closure(&self, selection: &[impl AsRef<str>]) -> Result<Vec<&Entry>, Error> {
        let mut selected = Vec::new();
        for name in selection {
            selected.push(self.find(name.as_ref())?);
        }
        let mut search = Search {
            catalogue: self,
            selected: &selected,
            found: Vec::new(),
        };
        search.add(self.base()?)?;
        // In the catalogue's order, whatever the selection's was.
        for entry in &self.entries {
            if selected.contains(&entry) {
                search.add(entry)?;
            }
        }
        let mut found = search.found;
        for (one, other, reason) in CONFLICTS {
            let has = |name| found.iter().any(|entry: &&Entry| entry.name == name);
            if has(one) && has(other) {
                return Err(Error::Conflict { one, other, reason });
            }
        }
        found.reverse();
        Ok(found)
    }

    fn base(&self) -> Result<&Entry, Error> {
        let base = self.entries.iter().find(|entry| entry.kind == Kind::Base);
        base.ok_or(Error::NoBase)
    }

    /// Names that contain the name, are contained in it, or differ in two letters at most.
    fn near(&self, name: &str) -> Vec<String> {
        let alike = |known: &str| {
            known.contains(name) || name.contains(known) || distance(known, name) <= 2
        };
        self.entries
            .iter()
            .filter(|entry| alike(&entry.name) || alike(&entry.short))
            .map(|entry| entry.name.clone())
            .collect()
    }
}

/// A depth-first walk that lists what is needed before what needs it.
struct Search<'c, 's> {
    catalogue: &'c Catalogue,
    selected: &'s [&'c Entry],
    found: Vec<&'c Entry>,
}

impl<'c> Search<'c, '_> {
    fn add(&mut self, entry: &'c Entry) -> Result<(), Error> {
        if self.found.contains(&entry) {
            return Ok(());
        }
        // The table has no cycles, which a test sees to.
        match needs(&entry.name) {
            Some(needs) => {
                for need in needs {
                    self.need(entry, need.alternatives())?;
                }
            }
            None => {
                if let Some(faction) = faction(entry.kind) {
                    self.need(entry, iter::once(faction))?;
                }
            }
        }
        self.found.push(entry);
        Ok(())
    }

    /// Adds one of the alternatives: the first, unless another is selected.
    fn need(
        &mut self,
        entry: &'c Entry,
        alternatives: impl Iterator<Item = &'static str>,
    ) -> Result<(), Error> {
        let named = |name: &str| self.selected.iter().any(|entry| entry.name == name);
        let mut alternatives = alternatives.peekable();
        let first = alternatives.peek().copied();
        let Some(chosen) = alternatives.find(|name| named(name)).or(first) else {
            return Ok(());
        };
        let needed = self
            .catalogue
            .entries
            .iter()
            .find(|entry| entry.name == chosen);
        let needed = needed.ok_or_else(|| Error::MissingNeed {
            component: entry.name.clone(),
            need: chosen,
        })?;
        self.add(needed)
    }
}

/// What a component of a newer tree, about which nothing is known, needs at least.
fn faction(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Device => Some("rumpdev"),
        Kind::FileSystem => Some("rumpvfs"),
        Kind::Network => Some("rumpnet"),
        Kind::Base | Kind::Faction | Kind::Kernel => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalogue of these libraries.
    fn catalogue(names: &[(&str, Kind)]) -> Catalogue {
        let entry = |(name, kind): &(&str, Kind)| Entry {
            name: (*name).to_owned(),
            short: name.rsplit('_').next().unwrap().to_owned(),
            kind: *kind,
            comment: String::new(),
            directory: name.into(),
            default: true,
        };
        Catalogue {
            entries: names.iter().map(entry).collect(),
        }
    }

    fn small() -> Catalogue {
        catalogue(&[
            ("rump", Kind::Base),
            ("rumpdev", Kind::Faction),
            ("rumpnet", Kind::Faction),
            ("rumpvfs", Kind::Faction),
            ("rumpdev_disk", Kind::Device),
            ("rumpfs_ffs", Kind::FileSystem),
            ("rumpfs_nfs", Kind::FileSystem),
            ("rumpfs_of_the_future", Kind::FileSystem),
            ("rumpnet_net", Kind::Network),
            ("rumpnet_netinet", Kind::Network),
            ("rumpnet_sockin", Kind::Network),
        ])
    }

    fn names(selection: &[&str]) -> Result<Vec<String>, Error> {
        let catalogue = small();
        let found = catalogue.closure(selection)?;
        Ok(found.iter().map(|entry| entry.name.clone()).collect())
    }

    #[test]
    fn what_is_needed_comes_after_what_needs_it() {
        assert_eq!(names(&[]).unwrap(), ["rump"]);
        let ffs = ["rumpfs_ffs", "rumpdev_disk", "rumpdev", "rumpvfs", "rump"];
        assert_eq!(names(&["ffs"]).unwrap(), ffs);
        assert_eq!(names(&["rumpfs_ffs", "disk", "ffs"]).unwrap(), ffs);
        assert_eq!(
            names(&["future"]).unwrap(),
            ["rumpfs_of_the_future", "rumpvfs", "rump"]
        );
    }

    #[test]
    fn the_hosts_sockets_serve_if_they_are_selected() {
        let stack = names(&["nfs"]).unwrap();
        assert!(stack.contains(&"rumpnet_netinet".to_owned()), "{stack:?}");
        let host = names(&["nfs", "sockin"]).unwrap();
        assert!(host.contains(&"rumpnet_sockin".to_owned()), "{host:?}");
        assert!(!host.contains(&"rumpnet_net".to_owned()), "{host:?}");
    }

    #[test]
    fn what_cannot_be_together_is_refused() {
        let error = names(&["netinet", "sockin"]).unwrap_err().to_string();
        assert!(
            error.contains("rumpnet_net") && error.contains("rumpnet_sockin"),
            "{error}"
        );
    }

    #[test]
    fn unknown_names_list_what_is_near() {
        let error = names(&["fffs"]).unwrap_err().to_string();
        assert!(
            error.contains("`fffs`") && error.contains("rumpfs_ffs"),
            "{error}"
        );
        let error = names(&["zzzzzzzz"]).unwrap_err().to_string();
        assert!(error.contains("zzzzzzzz"), "{error}");
    }
}
