//! The program as a user meets it: what it prints, and its exit codes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rumpkernel_build::snapshot;
use tempfile::TempDir;

/// Runs the program with an empty cache in `folder`, and nothing of the user's own settings.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-rumpkernel"))
        .args(arguments)
        .current_dir(folder)
        .env("RUMPKERNEL_CACHE_DIR", folder.join("cache"))
        .env_remove("RUMPKERNEL_MIRROR")
        .env_remove("CARGO_NET_OFFLINE")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

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

#[test]
fn runs_under_cargo_and_under_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = run(folder.path(), &["--help"]);
    let under_cargo = run(folder.path(), &["rumpkernel", "--help"]);
    assert!(own.status.success());
    assert_eq!(own.stdout, under_cargo.stdout);
    for command in ["fetch", "list", "digest", "verify"] {
        assert!(stdout(&own).contains(command), "{command}");
        assert!(
            run(folder.path(), &[command, "--help"]).status.success(),
            "{command}"
        );
    }
}

#[test]
fn a_wrong_command_line_is_told_apart_from_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["fetsh"][..],
        &["fetch", "--all", "--snapshot", "x"],
        &["digest"],
    ] {
        assert_eq!(
            run(folder.path(), arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    let output = run(folder.path(), &["fetch", "--snapshot", "1993-03-21"]);
    assert_eq!(output.status.code(), Some(1));
    for pin in snapshot::pins() {
        assert!(stderr(&output).contains(&pin.name), "{}", stderr(&output));
    }
}

#[test]
fn lists_every_snapshot_and_that_none_is_cached() {
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

#[test]
fn fetching_what_cannot_be_had_says_why() {
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
#[test]
fn tells_what_a_pin_of_a_tree_has_to_say() {
    let folder = tree();
    let output = run(folder.path(), &["digest", "--from", "src"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "digest = \"2409f1306e7ab610c3496e472d1ae7138bdd62533e8506ab500f67337c0a1007\"\nfiles = 3\n"
    );
}
