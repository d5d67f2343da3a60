//! From names of Cargo features to components, as the manifests of rumpkernel and rumpkernel-sys say.

use std::collections::BTreeMap;

use rumpkernel_build::component::Catalogue;
use toml::de::{DeTable, DeValue};

use crate::error::Error;

const RUMPKERNEL: &str = include_str!("../embedded/rumpkernel.toml");
const RUMPKERNEL_SYS: &str = include_str!("../embedded/rumpkernel-sys.toml");

/// How rumpkernel's features name those of rumpkernel-sys.
const SYS: &str = "rumpkernel-sys/";

/// A manifest's features, with what each turns on.
type Table = BTreeMap<String, Vec<String>>;

/// The features of both crates.
pub(crate) struct Features {
    friendly: Table,
    raw: Table,
}

impl Features {
    /// Those of the crates of this version.
    pub(crate) fn new() -> Self {
        Self {
            friendly: table(RUMPKERNEL),
            raw: table(RUMPKERNEL_SYS),
        }
    }

    /// The feature of rumpkernel that stands for a component.
    pub(crate) fn friendly(&self, component: &str) -> Option<&str> {
        let wanted = format!("{SYS}{component}");
        let mut found = self.friendly.iter();
        found
            .find(|(_, turned_on)| turned_on.contains(&wanted))
            .map(|(name, _)| name.as_str())
    }

    /// The feature of rumpkernel-sys that stands for a component.
    pub(crate) fn raw(&self, component: &str) -> Option<&str> {
        let found = self.raw.get_key_value(component);
        found.map(|(name, _)| name.as_str())
    }

    /// The components that features and components' names stand for, without what these need.
    ///
    /// Features that are about how to build, such as `instances`, stand for none.
    pub(crate) fn components(
        &self,
        names: &[String],
        catalogue: &Catalogue,
        snapshot: &str,
    ) -> Result<Vec<String>, Error> {
        let mut components = Vec::new();
        for name in names {
            let known = if self.friendly.contains_key(name) {
                self.follow(name, &mut components);
                true
            } else if self.raw.contains_key(name) {
                components.extend(is_component(name).then(|| name.clone()));
                true
            } else if let Ok(entry) = catalogue.find(name) {
                components.push(entry.name.clone());
                true
            } else {
                false
            };
            if !known {
                return Err(Error::UnknownName {
                    name: name.clone(),
                    snapshot: snapshot.to_owned(),
                    near: self.near(name, catalogue),
                });
            }
        }
        components.sort();
        components.dedup();
        Ok(components)
    }

    fn follow(&self, feature: &str, components: &mut Vec<String>) {
        for next in self.friendly.get(feature).into_iter().flatten() {
            match next.strip_prefix(SYS) {
                Some(raw) if is_component(raw) => components.push(raw.to_owned()),
                Some(_) => {}
                // Cargo allows no cycles.
                None => self.follow(next, components),
            }
        }
    }

    /// The names nearest to `name`, at most three.
    fn near(&self, name: &str, catalogue: &Catalogue) -> Vec<String> {
        let components = catalogue.entries.iter().map(|entry| &entry.name);
        let known = self.friendly.keys().chain(self.raw.keys());
        let mut near: Vec<(usize, &String)> = known
            .chain(components)
            .map(|known| (strsim::levenshtein(known, name), known))
            .filter(|(distance, known)| *distance <= 2 || known.split('_').any(|part| part == name))
            .collect();
        near.sort();
        near.dedup();
        near.into_iter()
            .take(3)
            .map(|(_, name)| name.clone())
            .collect()
    }
}

fn is_component(raw: &str) -> bool {
    raw.starts_with("rump")
}

fn table(manifest: &str) -> Table {
    let document =
        DeTable::parse(manifest).expect("Cargo has read the manifests of this workspace");
    let features = document.get_ref().get("features");
    let Some(DeValue::Table(features)) = features.map(|value| value.get_ref()) else {
        return Table::new();
    };
    let list = |value: &DeValue<'_>| match value {
        DeValue::Array(names) => names
            .iter()
            .filter_map(|name| name.get_ref().as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    features
        .iter()
        .map(|(name, value)| (name.get_ref().to_string(), list(value.get_ref())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(names: &[&str]) -> Result<Vec<String>, Error> {
        let none = Catalogue {
            entries: Vec::new(),
        };
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Features::new().components(&names, &none, "test")
    }

    #[test]
    fn features_stand_for_components_and_those_of_what_they_turn_on() {
        let both = resolve(&["ffs"]).unwrap();
        assert_eq!(both, ["rumpdev", "rumpdev_disk", "rumpfs_ffs", "rumpvfs"]);
        assert_eq!(resolve(&["rumpfs_ffs"]).unwrap(), ["rumpfs_ffs"]);
        assert!(
            resolve(&["instances", "download", "default"])
                .unwrap()
                .is_empty()
        );
        let features = Features::new();
        assert_eq!(features.friendly("rumpfs_ffs"), Some("ffs"));
        assert_eq!(features.raw("rumpfs_ffs"), Some("rumpfs_ffs"));
        assert_eq!(features.friendly("rump"), None);
    }

    #[test]
    fn an_unknown_name_is_told_its_nearest() {
        for (name, near) in [
            ("tmfs", "tmpfs"),
            ("netinet7", "netinet"),
            ("rumpfs_fss", "rumpfs_ffs"),
        ] {
            let message = resolve(&[name]).unwrap_err().to_string();
            assert!(
                message.contains(name) && message.contains(near),
                "{message}"
            );
        }
        let message = resolve(&["zzzzzzzz"]).unwrap_err().to_string();
        assert!(message.contains("cargo rumpkernel components"), "{message}");
    }
}
