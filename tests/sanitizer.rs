//! Kernels that check themselves: the tests of the crate in `tests/sanitizer`, which is built with
//! `RUMPKERNEL_UBSAN` in a folder of its own that is kept for the next time.

use std::fs;
use std::path::Path;
use std::process::Command;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
#[ignore = "compiles the kernel once more, instrumented; CI runs it"]
fn a_checking_build_reports_what_a_careless_component_does() {
    let checkout = fs::canonicalize(CHECKOUT).unwrap();
    let original = checkout.join("tests/sanitizer");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sanitizer");
    fs::create_dir_all(&folder).unwrap();
    for name in ["Cargo.toml", "lib.rs", "sanitizer.rs"] {
        let text = fs::read_to_string(original.join(name)).unwrap();
        let text = text.replace("@CHECKOUT@", &checkout.display().to_string());
        fs::write(folder.join(name), text).unwrap();
    }
    // The versions that the workspace is tested with; nothing is looked up.
    fs::copy(checkout.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let status = Command::new(env!("CARGO"))
        .args(["test", "--offline"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("RUMPKERNEL_UBSAN", "yes")
        .env("RUMPKERNEL_OWN_COMPONENTS", original.join("driver"))
        .status();
    assert!(status.unwrap().success());
}
