//! What Cargo shows of a build for a target without a kernel: the build scripts are run as Cargo runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A target, words of the reasons for the kernel and for the hypercalls, and what Cargo tells scripts of its architecture,
/// byte order, vendor and family.
type Refused = (&'static str, [&'static str; 2], [&'static str; 4]);

const REFUSED: [Refused; 7] = [
    (
        "powerpc64le-unknown-linux-gnu",
        ["no little-endian powerpc64", "no little-endian powerpc64"],
        ["powerpc64", "little", "unknown", "unix"],
    ),
    (
        "s390x-unknown-linux-gnu",
        ["no s390x port", "processor"],
        ["s390x", "big", "unknown", "unix"],
    ),
    (
        "loongarch64-unknown-linux-gnu",
        ["no loongarch64 port", "processor"],
        ["loongarch64", "little", "unknown", "unix"],
    ),
    (
        "aarch64-apple-darwin",
        ["Mach-O", "Mach-O"],
        ["aarch64", "little", "apple", "unix"],
    ),
    (
        "x86_64-pc-windows-msvc",
        ["PE", "POSIX"],
        ["x86_64", "little", "pc", "windows"],
    ),
    (
        "wasm32-unknown-unknown",
        ["WebAssembly", "POSIX"],
        ["wasm32", "little", "unknown", "wasm"],
    ),
    (
        "wasm32-wasip1",
        ["WebAssembly", "POSIX"],
        ["wasm32", "little", "unknown", "wasm"],
    ),
];

/// The newest build script of a crate, which is the one that this test was built with.
fn script(name: &str) -> PathBuf {
    let own = Path::new(env!("OUT_DIR"));
    let all = own.ancestors().nth(2).unwrap();
    let mut scripts: Vec<PathBuf> = fs::read_dir(all)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let folder = path.file_name().unwrap_or_default().to_string_lossy();
            folder.starts_with(&format!("{name}-"))
        })
        .map(|folder| folder.join("build-script-build"))
        .filter(|path| path.is_file())
        .collect();
    scripts.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    let newest = scripts.pop();
    newest.unwrap_or_else(|| panic!("no build script of {name} in {}", all.display()))
}

/// Runs a build script where there is neither a compiler nor a source.
fn run(name: &str, target: Refused, folder: &Path, skip_build: &str) -> Output {
    let (triple, _, [architecture, endian, vendor, family]) = target;
    fs::create_dir_all(folder.join("out")).unwrap();
    let mut command = Command::new(script(name));
    command
        .env_clear()
        .envs([
            ("TARGET", triple),
            ("HOST", "x86_64-unknown-linux-gnu"),
            ("CARGO_CFG_TARGET_ARCH", architecture),
            ("CARGO_CFG_TARGET_ENDIAN", endian),
            ("CARGO_CFG_TARGET_VENDOR", vendor),
            ("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR")),
            ("NUM_JOBS", "1"),
            ("DEBUG", "false"),
            ("RUMPKERNEL_OFFLINE", "yes"),
            ("RUMPKERNEL_SKIP_BUILD", skip_build),
            ("CC", "/nonexistent/cc"),
        ])
        .env("OUT_DIR", folder.join("out"))
        .env("RUMPKERNEL_CACHE_DIR", folder.join("cache"))
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if family == "unix" {
        command.env("CARGO_CFG_UNIX", "");
    }
    command.output().unwrap()
}

/// What Cargo would show of the script's output.
fn shown<'a>(output: &'a Output, kind: &str) -> Vec<&'a str> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let prefix = format!("cargo::{kind}=");
    let lines = text.lines();
    lines
        .filter_map(|line| line.strip_prefix(&prefix))
        .collect()
}

fn assert_refused(output: &Output, triple: &str, words: &[&str]) {
    assert!(!output.status.success(), "{triple}");
    let errors = shown(output, "error");
    assert_eq!(errors.len(), 1, "{triple}: {output:?}");
    for word in words.iter().chain([&triple]) {
        assert!(errors[0].contains(word), "{errors:?}");
    }
    assert_eq!(shown(output, "warning"), [""; 0], "{triple}");
}

#[test]
fn a_target_without_a_kernel_is_refused_in_one_line_and_nothing_is_looked_for() {
    for target in REFUSED {
        let (triple, [reason, _], _) = target;
        for skip_build in ["no", "yes"] {
            let folder = tempfile::tempdir().unwrap();
            let output = run("rumpkernel-sys", target, folder.path(), skip_build);
            let working = "these work: x86_64-unknown-linux-gnu";
            assert_refused(&output, triple, &[reason, working]);
            assert!(!folder.path().join("cache").exists(), "{triple}");
        }
    }
}

/// Their script needs less time than the other, so that what it says is what users see first.
#[cfg(feature = "hypercalls")]
#[test]
fn hypercalls_are_refused_before_a_compiler_is_looked_for() {
    for target in REFUSED {
        let (triple, [_, reason], _) = target;
        let folder = tempfile::tempdir().unwrap();
        let output = run("rumpuser-posix", target, folder.path(), "no");
        assert_refused(&output, triple, &[reason]);
    }
}
