//! A program outside of this workspace that is built from packaged sources, with neither cache nor
//! network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_harness::{Missing, Outcome};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A copy of `tests/outside` with a crate of packaged sources in it.
struct Outside {
    folder: tempfile::TempDir,
}

impl Outside {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let checkout = fs::canonicalize(CHECKOUT).unwrap();
        let original = checkout.join("tests/outside");
        let manifest = fs::read_to_string(original.join("Cargo.toml")).unwrap();
        let manifest = manifest
            .replace("@CHECKOUT@", checkout.to_str().unwrap())
            .replace(
                "features = [\"tmpfs\"]",
                "features = [\"tmpfs\", \"vendored\"]",
            );
        assert!(manifest.contains("vendored"), "{manifest}");
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let lock = folder.path().join("Cargo.lock");
        fs::copy(checkout.join("Cargo.lock"), lock).unwrap();
        for name in ["src", ".cargo", "cache"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["build.rs", "src/lib.rs", "src/main.rs"] {
            fs::copy(original.join(name), folder.path().join(name)).unwrap();
        }
        let config = "paths = [\"rumpkernel-src\"]\n";
        fs::write(folder.path().join(".cargo/config.toml"), config).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Builds with an empty cache and without network, and runs what was built.
    fn run(&self, features: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["run", "--quiet", "--offline", "--bin", "outside"])
            .args(["--features", features])
            .current_dir(self.folder.path())
            // The Rust crates are compiled once for all runs of this test.
            .env(
                "CARGO_TARGET_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("vendored"),
            )
            .env("RUMPKERNEL_CACHE_DIR", self.path("cache"))
            .env("CARGO_NET_OFFLINE", "true");
        for name in [
            "RUMPKERNEL_SOURCE",
            "RUMPKERNEL_SNAPSHOT",
            "RUMPKERNEL_UNPINNED",
        ] {
            cargo.env_remove(name);
        }
        cargo.output().unwrap()
    }

    /// Asserts that the build fails and says so.
    fn fails(&self, features: &str, expected: &[&str]) {
        let output = self.run(features);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{message}");
        for expected in expected {
            assert!(
                message.contains(expected),
                "{expected} is not in: {message}"
            );
        }
    }
}

fn packaged_sources_build_a_kernel_that_boots_and_nothing_else() -> Outcome {
    let cache = default_cache_dir().ok();
    if cache.is_none_or(|cache| cached(default_pin(), &cache).is_none()) {
        return Err(Missing::tool("the default snapshot is not in the cache"));
    }
    let outside = Outside::new();
    let package = Command::new(env!("CARGO_BIN_EXE_cargo-rumpkernel"))
        .args(["package", "--features", "tmpfs", "--offline"])
        .current_dir(outside.folder.path())
        .env_remove("RUMPKERNEL_CACHE_DIR")
        .env_remove("RUMPKERNEL_SNAPSHOT")
        .output()
        .unwrap();
    assert!(
        package.status.success(),
        "{}",
        String::from_utf8_lossy(&package.stderr)
    );
    // Targets that nobody has named, and for which there can be no build, are left out without a
    // word.
    assert_eq!(String::from_utf8_lossy(&package.stderr), "");

    let output = outside.run("");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !outside
            .path("cache/sources")
            .join("v1")
            .join(default_pin().digest.to_string())
            .exists(),
        "the build has found sources elsewhere"
    );

    // What was not packaged is said to be not packaged.
    outside.fails(
        "ffs",
        &[
            "component rumpfs_ffs ",
            "is not among the packaged sources",
            "cargo rumpkernel package",
        ],
    );

    // Files that were edited, added, or taken from a manifest that was edited with them.
    let file = outside.path("rumpkernel-src/netbsd/sys/sys/queue.h");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n")).unwrap();
    outside.fails("", &["changed: sys/sys/queue.h", "nothing of it is used"]);
    let list = outside.path("rumpkernel-src/netbsd/rumpkernel.manifest");
    let lines = fs::read_to_string(&list).unwrap();
    let shorter: String = lines
        .split_inclusive('\n')
        .filter(|line| !line.ends_with("sys/sys/queue.h\n"))
        .collect();
    fs::write(&list, shorter).unwrap();
    outside.fails("", &["the manifest of", &default_pin().digest.to_string()]);
    Ok(())
}

rumpkernel_harness::tests! {
    ; campaigns: packaged_sources_build_a_kernel_that_boots_and_nothing_else,
}
