//! The tables of emulations, compared with what the tree's own script makes of the same lists.

use std::fs;
use std::path::Path;
use std::process::Command;

use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_build::syscalls;
use rumpkernel_harness::{Missing, Outcome, installed};

/// The script, and what it needs besides a shell.
const SCRIPT: &str = "sys/kern/makesyscalls.sh";

/// The words of a C file, without comments, casts of calls and the identification of its version.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").expect("comments end").1;
    }
    plain.push_str(rest);
    let plain: String = plain
        .replace("\\\n", " ")
        .lines()
        .filter(|line| !line.starts_with("__KERNEL_RCSID"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let plain = plain
        .replace("(sy_call_t *)", "")
        .replace(",\n\t}", "\n\t}");
    let mut words = Vec::new();
    let mut word = String::new();
    for character in plain.chars() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !character.is_whitespace() {
            words.push(character.to_string());
        }
    }
    words
}

fn tables_are_what_the_trees_own_script_makes_of_the_lists() -> Outcome {
    installed("awk")?;
    let tree = default_cache_dir()
        .ok()
        .and_then(|caches| cached(default_pin(), &caches))
        .ok_or_else(|| Missing::tool("the default snapshot is not in the cache"))?;
    for emulation in ["cygwin", "linux", "sunos"] {
        let folder = tree
            .root()
            .join(format!("sys/rump/kern/lib/libsys_{emulation}"));
        let tables = syscalls::generate(&folder).unwrap();
        let output = tempfile::tempdir().unwrap();
        let status = Command::new("sh")
            .arg(tree.root().join(SCRIPT))
            .args([folder.join("syscalls.conf"), folder.join("syscalls.master")])
            .current_dir(output.path())
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{emulation}: {status}");
        for (name, ours) in [tables.table, tables.arguments, tables.numbers] {
            let theirs = fs::read_to_string(output.path().join(&name)).unwrap();
            let (ours, theirs) = (words(&ours), words(&theirs));
            let differs = ours
                .iter()
                .zip(&theirs)
                .position(|(one, other)| one != other);
            if let Some(place) = differs {
                let near = place.saturating_sub(8)..place + 8;
                panic!(
                    "{name}: {:?} and not {:?}",
                    ours.get(near.clone()),
                    theirs.get(near)
                );
            }
            assert_eq!(ours.len(), theirs.len(), "{name}");
            assert!(ours.len() > 100, "{name}");
        }
    }
    Ok(())
}

fn a_folder_without_a_list_has_no_tables() {
    assert!(!syscalls::exist(Path::new("/nonexistent")));
    let error = syscalls::generate(Path::new("/nonexistent")).unwrap_err();
    assert!(error.to_string().contains("syscalls.conf"), "{error}");
}

rumpkernel_harness::tests! {
    tables_are_what_the_trees_own_script_makes_of_the_lists,
    a_folder_without_a_list_has_no_tables,
}
