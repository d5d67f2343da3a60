//! Crates of tests that are built apart from the workspace, with other features or settings, each in
//! a folder of its own that is kept for the next time.

use std::fs;
use std::path::Path;
use std::process::Command;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs the tests of a crate beside this file, with environment variables. `@CHECKOUT@` is the
/// path of the checkout in the crate's files and in the variables.
fn test_apart(name: &str, set: &[(&str, &str)]) {
    let checkout = fs::canonicalize(CHECKOUT).unwrap().display().to_string();
    let original = Path::new(CHECKOUT).join("tests").join(name);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let tests = format!("{name}.rs");
    for name in ["Cargo.toml", "lib.rs", &tests] {
        let text = fs::read_to_string(original.join(name)).unwrap();
        fs::write(folder.join(name), text.replace("@CHECKOUT@", &checkout)).unwrap();
    }
    // The versions that the workspace is tested with; nothing is looked up.
    let lock = Path::new(CHECKOUT).join("Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).unwrap();
    let set = set.iter();
    let set = set.map(|(name, value)| (name, value.replace("@CHECKOUT@", &checkout)));
    let status = Command::new(env!("CARGO"))
        .args(["test", "--offline"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .envs(set)
        .status();
    assert!(status.unwrap().success());
}

#[test]
#[ignore = "compiles the kernel once more, instrumented; CI runs it"]
fn a_checking_build_reports_what_a_careless_component_does() {
    let driver = "@CHECKOUT@/tests/sanitizer/driver";
    let set = [
        ("RUMPKERNEL_UBSAN", "yes"),
        ("RUMPKERNEL_OWN_COMPONENTS", driver),
    ];
    test_apart("sanitizer", &set);
}

#[test]
#[ignore = "compiles rumpkernel once more, with other features; CI runs it"]
fn the_hosts_sockets_serve_kernels() {
    test_apart("sockin", &[]);
}
