//! The program as a user meets it: what it prints, and its exit codes.

use std::fs;

use rumpkernel_build::snapshot;
use tempfile::TempDir;

use crate::program::{run, stderr, stdout};

fn tree() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("common/lib/libc/Makefile.inc", "a"),
        ("sys/rump/Makefile.rump", "b"),
        ("sys/sys/param.h", "c"),
    ] {
        let path = folder.path().join("src").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

pub(crate) fn runs_under_cargo_and_under_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = run(folder.path(), &["--help"]);
    let under_cargo = run(folder.path(), &["rumpkernel", "--help"]);
    assert!(own.status.success());
    assert_eq!(own.stdout, under_cargo.stdout);
    for command in [
        "fetch",
        "list",
        "components",
        "verify",
        "archive",
        "package",
        "licenses",
        "install-hypercalls",
        "clean",
        "digest",
        "completion",
    ] {
        assert!(stdout(&own).contains(command), "{command}");
        let help = run(folder.path(), &[command, "--help"]);
        assert!(help.status.success(), "{command}");
        assert!(stdout(&help).contains("Example"), "{command}");
    }
}

pub(crate) fn a_wrong_command_line_is_told_apart_from_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["fetsh"][..],
        &["fetch", "--all", "--snapshot", "x"],
        &["digest"],
        &["package"],
        &["licenses"],
        &["clean"],
        &["install-hypercalls", "--prefix", "relative"],
        &["clean", "--all", "--snapshot", "x"],
        &["completion", "dos"],
    ] {
        assert_eq!(
            run(folder.path(), arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    let none = "1993-03-21";
    for arguments in [
        &["verify", "--snapshot", none][..],
        &["archive", "--snapshot", none],
        &["package", "--features", "tmpfs", "--snapshot", none],
        &[
            "package",
            "--features",
            "tmpfs",
            "--target",
            "pdp11-unknown-unix",
        ],
        &["components", "--target", "pdp11-unknown-unix"],
        &[
            "licenses",
            "--features",
            "tmpfs",
            "--target",
            "pdp11-unknown-unix",
        ],
        &["clean", "--snapshot", none],
        &["fetch", "--snapshot", none],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let output = run(folder.path(), &["fetch", "--snapshot", none]);
    for pin in snapshot::pins() {
        assert!(stderr(&output).contains(&pin.name), "{}", stderr(&output));
    }
}

pub(crate) fn lists_every_snapshot_and_that_none_is_cached() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["list"]);
    assert!(output.status.success());
    let text = stdout(&output);
    assert_eq!(text.lines().count(), snapshot::pins().len() + 1);
    for (line, pin) in text.lines().skip(1).zip(snapshot::pins()) {
        assert!(
            line.starts_with(&pin.name) && line.contains(&pin.revision[..12]),
            "{line}"
        );
        assert_eq!(line.ends_with(" no"), pin.unbuildable.is_none(), "{line}");
    }
}

pub(crate) fn fetching_what_cannot_be_had_says_why() {
    let folder = tree();
    for (arguments, expected) in [
        (
            &["fetch", "--offline"][..],
            "not asked, the build is offline",
        ),
        (&["fetch", "--from", "src"], "found digest"),
        (&["fetch", "--from", "."], "is not a NetBSD source tree"),
        (&["fetch", "--from", "nowhere"], "cannot read nowhere"),
        (&["verify"], "cargo rumpkernel fetch"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            stderr(&output).starts_with("error: "),
            "{}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(expected),
            "{arguments:?}: {}",
            stderr(&output)
        );
        // No bar where no terminal is.
        assert!(!stderr(&output).contains('\u{1b}'), "{arguments:?}");
    }
}

// The reference was made with sha256sum(1) from the documented format of the manifest.
pub(crate) fn tells_what_a_pin_of_a_tree_has_to_say() {
    let folder = tree();
    let output = run(folder.path(), &["digest", "--from", "src"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "digest = \"2409f1306e7ab610c3496e472d1ae7138bdd62533e8506ab500f67337c0a1007\"\nfiles = 3\n"
    );
}

pub(crate) fn completion_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(folder.path(), &["completion", shell]);
        assert!(script.status.success(), "{shell}");
        for word in ["cargo-rumpkernel", "licenses", "dry-run"] {
            assert!(stdout(&script).contains(word), "{shell}: {word}");
        }
    }
}

pub(crate) fn json_says_the_same_as_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["list", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), snapshot::pins().len());
    for (row, pin) in rows.iter().zip(snapshot::pins()) {
        assert_eq!(row["name"], pin.name);
        assert_eq!(row["digest"], pin.digest.to_string());
        assert!(row["cached"].is_null());
    }
    let output = run(folder.path(), &["verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let verdicts: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(verdicts["libraries"], 0);
    let verdict = &verdicts["snapshots"][0];
    assert!(verdict["verified"].is_null());
    assert!(verdict["problem"].as_str().unwrap().contains("fetch"));
}
