//! Kernels on the host's sockets: the tests of the crate in `tests/sockin`, which is built with other
//! features than the workspace, in a folder of its own that is kept for the next time.

use std::fs;
use std::path::Path;
use std::process::Command;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
#[ignore = "compiles rumpkernel once more, with other features; CI runs it"]
fn the_hosts_sockets_serve_kernels() {
    let checkout = fs::canonicalize(CHECKOUT).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sockin");
    fs::create_dir_all(&folder).unwrap();
    for name in ["Cargo.toml", "lib.rs", "sockin.rs"] {
        let text = fs::read_to_string(checkout.join("tests/sockin").join(name)).unwrap();
        let text = text.replace("@CHECKOUT@", &checkout.display().to_string());
        fs::write(folder.join(name), text).unwrap();
    }
    // The versions that the workspace is tested with; nothing is looked up.
    fs::copy(checkout.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let status = Command::new(env!("CARGO"))
        .args(["test", "--offline"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .status();
    assert!(status.unwrap().success());
}
