//! What the documentation and the manifests say, compared with what the code knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use rumpkernel_build::bsdmake::Tree;
use rumpkernel_build::component::{Catalogue, Options, needs};
use rumpkernel_build::settings::VARIABLES;
use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Missing, Outcome};

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
            ![
                "default",
                "disk-images",
                "download",
                "git",
                "hypercalls",
                "instances",
                "log",
                "serde",
                "tracing",
                "vendored",
            ]
            .contains(&name.as_str())
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

fn readme_names_the_version_of_rust_that_the_manifests_do() {
    let workspace = &manifest("Cargo.toml")["workspace"];
    let version = workspace["package"]["rust-version"].as_str();
    let words = format!("Rust {} or later", version.expect("a version"));
    let readme = read("README.md");
    let (first_screen, _) = readme.split_once("\n## ").expect("a section");
    let first_screen = first_screen
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        first_screen.contains(&words),
        "README.md begins without `{words}`"
    );
}

/// Tables and code are as long as they have to be.
fn prose_of_readme_ends_before_column_100() {
    let readme = read("README.md");
    let mut is_code = false;
    for (number, line) in readme.lines().enumerate() {
        is_code ^= line.starts_with("```");
        let is_prose = !is_code && !line.starts_with('|');
        let length = line.chars().count();
        assert!(
            !is_prose || length < 100,
            "line {}: {length} characters",
            number + 1
        );
    }
}

/// A reader would look in vain there: the crates are not published.
fn no_manifest_and_no_sample_names_a_place_to_get_the_crates_from() {
    let readme = read("README.md");
    assert!(
        !readme.contains("git = \""),
        "README.md takes a crate by git"
    );
    let workspace = manifest("Cargo.toml");
    let package = workspace["workspace"]["package"].as_table();
    for key in ["homepage", "repository"] {
        assert!(!package.expect("a table").contains_key(key), "{key}");
    }
}

/// The table of features in README.md.
fn feature_table() -> String {
    let readme = read("README.md");
    let (_, table) = readme.split_once("\n### Features\n").expect("a section");
    let (table, _) = table.split_once("\n### ").expect("one after it");
    let rows = table.lines().filter(|line| line.starts_with('|'));
    rows.collect::<Vec<_>>().join("\n")
}

fn readme_lists_every_driver() {
    let table = feature_table();
    // The factions are no drivers: drivers turn them on.
    for feature in features(&manifest("rumpkernel/Cargo.toml")).keys() {
        if !["dev", "sockets", "vfs"].contains(&feature.as_str()) {
            assert!(
                table.contains(&format!("`{feature}`")),
                "README.md's table of features lacks {feature}"
            );
        }
    }
}

/// The default snapshot's components.
fn catalogue() -> Result<Catalogue, Missing> {
    let cache = env::var_os("RUMPKERNEL_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| default_cache_dir().ok());
    let tree = cache
        .and_then(|cache| cached(default_pin(), &cache))
        .ok_or_else(|| Missing::tool("the default snapshot is not in the cache"))?;
    let target = Target::from_triple("x86_64-unknown-linux-gnu").expect("a target");
    let make = Tree::new(tree.root());
    let options = Options::default();
    Ok(Catalogue::read(&make, &target.machine, &options, &|_| None).expect("a catalogue"))
}

fn every_component_is_a_feature() -> Outcome {
    let catalogue = catalogue()?;
    let names: BTreeSet<&str> = catalogue
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .filter(|name| *name != "rump")
        .collect();
    let long = features(&manifest("rumpkernel-sys/Cargo.toml"));
    let long: BTreeSet<&str> = long.keys().map(String::as_str).collect();
    assert_eq!(long, names, "features of rumpkernel-sys");
    Ok(())
}

/// The host's sockets, which take the place of the kernel's own stack for those that can use
/// either.
const SOCKIN: &str = "rumpnet_sockin";

fn every_component_has_a_row_of_needs() -> Outcome {
    let catalogue = catalogue()?;
    let drivers = catalogue
        .entries
        .iter()
        .filter(|entry| entry.name != "rump");
    for entry in drivers {
        assert!(needs(&entry.name).is_some(), "{}", entry.name);
        catalogue
            .closure(&[&entry.name])
            .expect("all that it needs");
    }
    Ok(())
}

fn features_turn_on_what_the_catalogue_says_a_component_needs() -> Outcome {
    let catalogue = catalogue()?;
    let features = features(&manifest("rumpkernel-sys/Cargo.toml"));
    for name in features.keys() {
        let closure = |selection: &[&str]| {
            let closure = catalogue.closure(selection).ok()?;
            let names = closure.iter().map(|entry| entry.name.clone());
            Some(names.collect::<BTreeSet<String>>())
        };
        // Features cannot say "or", so they leave that to the build: on is what is needed either
        // way.
        let mut needed = closure(&[name]).expect("a feature is a component");
        if let Some(either) = closure(&[name, SOCKIN]) {
            needed.retain(|need| either.contains(need));
        }
        needed.remove("rump");
        let mut on = BTreeSet::new();
        reached(&features, name, &mut on);
        let on: BTreeSet<String> = on.into_iter().map(str::to_owned).collect();
        assert_eq!(on, needed, "feature {name} of rumpkernel-sys");
    }
    Ok(())
}

fn short_features_are_the_catalogues_short_names() {
    let long = features(&manifest("rumpkernel-sys/Cargo.toml"));
    let mut short = features(&manifest("rumpkernel/Cargo.toml"));
    let full = short
        .remove("full")
        .expect("a feature for all that is useful together");
    for feature in &full {
        assert!(short.contains_key(feature), "full turns on {feature}");
    }
    let mut named = BTreeSet::new();
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
        named.insert(component.to_owned());
        let tail = component
            .split_once('_')
            .map_or(component, |(_, tail)| tail);
        let others = [
            ("dev", "rumpdev"),
            ("fifo", "rumpvfs_fifofs"),
            ("layer", "rumpvfs_layerfs"),
            ("sockets", "rumpnet"),
            ("vfs", "rumpvfs"),
        ];
        assert!(
            tail == name || others.contains(&(name.as_str(), component)),
            "{name} is no name for {component}"
        );
    }
    let long: BTreeSet<String> = long.into_keys().collect();
    assert_eq!(named, long, "components with a name in rumpkernel");
}

fn documents_name_settings_that_exist() {
    for document in [
        "README.md",
        "docs/architecture.md",
        "docs/buildrump.md",
        "docs/hypercalls.md",
        "docs/porting.md",
    ] {
        let text = read(document);
        let words = text.split(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
        // What the tests read is no setting.
        let is_setting = |word: &&str| {
            let name = word.strip_prefix("RUMPKERNEL_");
            name.is_some_and(|name| !name.is_empty() && !name.starts_with("TEST_"))
        };
        for word in words.filter(is_setting) {
            let exists = VARIABLES.iter().any(|variable| {
                word == variable.name || word.starts_with(&format!("{}_", variable.name))
            });
            assert!(exists, "{document} names {word}, which is no setting");
        }
    }
}

rumpkernel_harness::tests! {
    readme_names_the_version_of_rust_that_the_manifests_do,
    prose_of_readme_ends_before_column_100,
    no_manifest_and_no_sample_names_a_place_to_get_the_crates_from,
    readme_lists_every_setting,
    readme_lists_every_driver,
    every_component_has_a_row_of_needs,
    every_component_is_a_feature,
    features_turn_on_what_the_catalogue_says_a_component_needs,
    short_features_are_the_catalogues_short_names,
    documents_name_settings_that_exist,
}
