//! What the documentation and the manifests say, compared with what the code knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use rumpkernel_build::bsdmake::Tree;
use rumpkernel_build::component::{Catalogue, Options};
use rumpkernel_build::settings::VARIABLES;
use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_build::target::Target;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(CHECKOUT).join(file)).expect("the checkout is whole")
}

fn manifest(file: &str) -> toml::Table {
    read(file).parse().expect("Cargo has read it")
}

/// The features of a manifest with what each turns on, without those of the build.
fn features(manifest: &toml::Table) -> BTreeMap<String, Vec<String>> {
    let all = manifest["features"].as_table().expect("a table");
    let names = |value: &toml::Value| -> Vec<String> {
        let list = value.as_array().expect("a list");
        list.iter()
            .filter_map(|name| name.as_str())
            .map(str::to_owned)
            .collect()
    };
    all.iter()
        .filter(|(name, _)| {
            !["default", "download", "git", "hypercalls", "instances"].contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), names(value)))
        .collect()
}

fn reached<'a>(
    features: &'a BTreeMap<String, Vec<String>>,
    from: &'a str,
    into: &mut BTreeSet<&'a str>,
) {
    if into.insert(from) {
        let names = features.get(from).into_iter().flatten();
        // A component's user side is a feature of the hypercalls.
        for next in names.filter(|name| !name.starts_with("rumpuser-posix?/")) {
            reached(features, next, into);
        }
    }
}

#[test]
fn readme_lists_every_setting() {
    let readme = read("README.md");
    for variable in VARIABLES {
        let row = format!(
            "| `{}` | {} | {} |",
            variable.name, variable.meaning, variable.default
        );
        assert!(readme.contains(&row), "README.md has no row\n{row}");
    }
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("| `RUMPKERNEL_"))
        .count();
    assert_eq!(
        rows,
        VARIABLES.len(),
        "README.md has rows for settings that do not exist"
    );
}

#[test]
fn readme_lists_every_driver() {
    let readme = read("README.md");
    // The factions are no drivers: drivers turn them on.
    for feature in features(&manifest("rumpkernel/Cargo.toml")).keys() {
        if !["dev", "sockets", "vfs"].contains(&feature.as_str()) {
            assert!(
                readme.contains(&format!("| `{feature}` |")),
                "README.md has no row for {feature}"
            );
        }
    }
}

#[test]
fn features_turn_on_what_the_catalogue_says_a_component_needs() {
    let cache = env::var_os("RUMPKERNEL_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| default_cache_dir().ok());
    let Some(tree) = cache.and_then(|cache| cached(default_pin(), &cache)) else {
        println!(
            "features_turn_on_what_the_catalogue_says_a_component_needs: no sources in the cache"
        );
        return;
    };
    let target = Target::from_triple("x86_64-unknown-linux-gnu").expect("a target");
    let catalogue = Catalogue::read(
        &Tree::new(tree.root()),
        &target.machine,
        &Options::default(),
        &|_| None,
    )
    .expect("a catalogue");
    let features = features(&manifest("rumpkernel-sys/Cargo.toml"));
    for name in features.keys() {
        let closure = catalogue
            .closure(&[name])
            .expect("a feature is a component");
        let needed: BTreeSet<&str> = closure
            .iter()
            .map(|entry| entry.name.as_str())
            .filter(|name| *name != "rump")
            .collect();
        let mut on = BTreeSet::new();
        reached(&features, name, &mut on);
        assert_eq!(on, needed, "feature {name} of rumpkernel-sys");
    }
}

#[test]
fn short_features_are_the_catalogues_short_names() {
    let long = features(&manifest("rumpkernel-sys/Cargo.toml"));
    let short = features(&manifest("rumpkernel/Cargo.toml"));
    for (name, turned_on) in &short {
        let components: Vec<&str> = turned_on
            .iter()
            .filter_map(|entry| entry.strip_prefix("rumpkernel-sys/"))
            .collect();
        let [component] = components[..] else {
            panic!("feature {name} of rumpkernel turns on {components:?}, not one component");
        };
        assert!(
            long.contains_key(component),
            "rumpkernel-sys has no feature {component}"
        );
        let tail = component
            .rsplit_once('_')
            .map_or(component, |(_, tail)| tail);
        let faction = [
            ("dev", "rumpdev"),
            ("sockets", "rumpnet"),
            ("vfs", "rumpvfs"),
        ];
        assert!(
            tail == name || faction.contains(&(name.as_str(), component)),
            "{name} is no name for {component}"
        );
    }
}
