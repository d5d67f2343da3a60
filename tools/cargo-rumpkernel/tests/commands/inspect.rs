//! `components` and `licenses`, on the default snapshot.

use std::fs;
use std::path::Path;

use rumpkernel_build::snapshot::{cached, default_pin};
use rumpkernel_harness::Outcome;
use serde_json::Value;

use crate::program::{filled_cache, run_with, stderr, stdout};

const X86_64: &str = "x86_64-unknown-linux-gnu";

fn json(cache: &Path, arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = run_with(folder.path(), cache, arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

// The facts are those of the snapshot's Makefiles.
pub(crate) fn components_are_described_by_the_snapshot_and_named_by_features() -> Outcome {
    let cache = filled_cache()?;
    let report = json(&cache, &["components", "--json", "--target", X86_64]);
    let rows = report["components"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    let ffs = row("rumpfs_ffs");
    assert_eq!(ffs["kind"], "file system");
    assert_eq!(ffs["feature"], "ffs");
    assert_eq!(ffs["sys_feature"], "rumpfs_ffs");
    assert_eq!(ffs["description"], "Berkeley Fast File System");
    let needs: Vec<&str> = ffs["needs"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        needs.contains(&"rumpdev_disk") && needs.contains(&"rumpvfs"),
        "{needs:?}"
    );
    assert!(ffs["sources"].as_u64().unwrap() > 20);
    let base = row("rump");
    assert!(base["feature"].is_null() && base["needs"].as_array().unwrap().is_empty());
    Ok(())
}

/// Every copyright line of every file is in the output, and the output is the same each time.
pub(crate) fn no_copyright_is_left_out() -> Outcome {
    let cache = filled_cache()?;
    let arguments = ["licenses", "--features", "tmpfs", "--target", X86_64];
    let report = json(&cache, &[&arguments[..], &["--json"]].concat());
    let folder = tempfile::tempdir().unwrap();
    let texts = [(); 2].map(|()| stdout(&run_with(folder.path(), &cache, &arguments)));
    assert_eq!(texts[0], texts[1]);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = words(&texts[0]);

    let tree = cached(default_pin(), &cache).unwrap();
    let mut lines = 0;
    let files = report["notices"].as_array().unwrap().iter();
    for file in files.flat_map(|notice| notice["files"].as_array().unwrap()) {
        let bytes = fs::read(tree.root().join(file.as_str().unwrap())).unwrap();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some(line) = line.strip_prefix(" * Copyright (c)") else {
                continue;
            };
            // Some are in boxes.
            let line = words(line.trim_end_matches([' ', '*']));
            // Latin-1 is not what this test is about.
            if line.is_ascii() {
                assert!(text.contains(&line), "{file}: {line}");
                lines += 1;
            }
        }
    }
    assert!(lines > 500, "{lines}");
    assert!(
        text.contains("THIS SOFTWARE IS PROVIDED BY THE NETBSD FOUNDATION, INC. AND CONTRIBUTORS")
    );
    assert!(
        report["components"]
            .as_array()
            .unwrap()
            .contains(&Value::from("rumpfs_tmpfs"))
    );
    Ok(())
}

pub(crate) fn unknown_names_are_told_the_nearest() -> Outcome {
    let cache = filled_cache()?;
    let folder = tempfile::tempdir().unwrap();
    for command in ["licenses", "package"] {
        let output = run_with(folder.path(), &cache, &[command, "--features", "ffs,tmfs"]);
        assert_eq!(output.status.code(), Some(2));
        let message = stderr(&output);
        assert!(
            message.contains("`tmfs`") && message.contains("or tmpfs"),
            "{message}"
        );
    }
    fs::write(folder.path().join("rumpkernel-src"), "in the way").unwrap();
    let arguments = ["package", "--features", "tmpfs", "--target", X86_64];
    let output = run_with(folder.path(), &cache, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--output"), "{}", stderr(&output));
    Ok(())
}
