//! A kernel without hypercalls, for programs that bring their own: what such a program has to define is `rumpuser_*`, and
//! nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

pub(crate) const NAME: &str = "kernel without hypercalls";

const MAIN: &str = "fn main() { println!(\"{:p}\", rumpkernel_sys::LINKED.init); }\n";

/// Some of them, as rumpuser(3) has them.
const HYPERCALLS: [&str; 4] = [
    "rumpuser_init",
    "rumpuser_malloc",
    "rumpuser_mutex_enter",
    "rumpuser_thread_create",
];

/// Builds a program that defines none, beside the other crates, and reads what the linker misses.
pub(crate) fn check(beside: &Path) -> Result<(), String> {
    let folder = beside.join("kernel-only");
    let manifest = format!(
        "[package]\nname = \"kernel-only\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies.rumpkernel-sys]\n\
         path = \"{CHECKOUT}/rumpkernel-sys\"\ndefault-features = false\nfeatures = [\"rumpfs_tmpfs\"]\n"
    );
    let write = |name: &str, text: &str| fs::write(folder.join(name), text);
    fs::create_dir_all(folder.join("src"))
        .and_then(|()| write("Cargo.toml", &manifest))
        .and_then(|()| write("src/main.rs", MAIN))
        .and_then(|()| {
            fs::copy(
                Path::new(CHECKOUT).join("Cargo.lock"),
                folder.join("Cargo.lock"),
            )
        })
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let output = Command::new(env!("CARGO"))
        // All of them, where a linker stops after some.
        .args(["rustc", "--offline", "--", "-Clink-arg=-Wl,--error-limit=0"])
        .args(["-Clink-arg=-fuse-ld=lld"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", beside.join("target"))
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stderr);
    let missed: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split_once("undefined symbol: "))
        .map(|(_, name)| name.trim())
        .collect();
    if let Some(other) = missed.iter().find(|name| !name.starts_with("rumpuser_")) {
        return Err(format!("{other} is missed, which is no hypercall\n{text}"));
    }
    if let Some(name) = HYPERCALLS.iter().find(|name| !missed.contains(**name)) {
        return Err(format!("{name} is not missed\n{text}"));
    }
    documented(&missed)
}

/// The contract has each of them, and says how many a kernel with file systems needs.
fn documented(missed: &BTreeSet<&str>) -> Result<(), String> {
    let path = Path::new(CHECKOUT).join("docs/hypercalls.md");
    let contract =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let described = |name: &str| contract.contains(&format!("{name}("));
    if let Some(name) = missed.iter().find(|name| !described(name)) {
        return Err(format!("{} does not declare {name}", path.display()));
    }
    let count = format!("in all, {} functions", missed.len());
    let words: Vec<&str> = contract.split_whitespace().collect();
    if words.join(" ").contains(&count) {
        Ok(())
    } else {
        Err(format!("{} does not say `{count}`", path.display()))
    }
}
