//! What `install-hypercalls` installs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rumpkernel_harness::{Outcome, installed};

use crate::tools::{compiler, run};

/// Where the library is installed, once for all tests.
pub(crate) fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let prefix = folder.join("prefix");
        run(Command::new(env!("CARGO_BIN_EXE_cargo-rumpkernel"))
            .args(["rumpkernel", "install-hypercalls", "--prefix"])
            .arg(&prefix)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("CARGO_NET_OFFLINE", "true")
            // The tests' own is locked by the cargo that runs them.
            .env("CARGO_TARGET_DIR", folder.join("target")));
        prefix
    })
}

/// The names that a library defines for others.
fn exported(file: &str, kind: &[&str]) -> BTreeSet<String> {
    let nm = run(compiler().arg("-print-prog-name=nm"));
    let symbols = run(Command::new(nm.trim_end())
        .args(["--extern-only", "--defined-only", "--format=posix"])
        .args(kind)
        .arg(prefix().join("lib").join(file)));
    let names = symbols.lines().filter(|line| line.contains(' '));
    names
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

pub(crate) fn libraries_export_hypercalls_and_nothing_else() {
    let shared = exported("librumpuser.so.0", &["--dynamic"]);
    let header = fs::read_to_string(prefix().join("include/rump/rumpuser.h")).unwrap();
    let component = prefix().join("include/rump/rumpuser_component.h");
    let header = header + &fs::read_to_string(component).unwrap();
    let declared = header.split('(').filter_map(|part| {
        let is_of_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
        part.rsplit(|c: char| !is_of_name(c)).next()
    });
    let mut expected: BTreeSet<String> = declared
        .filter(|name| name.starts_with("rumpuser_"))
        .map(str::to_owned)
        .collect();
    expected.insert("rumpcomp_sanitizer_report".to_owned());
    assert_eq!(shared, expected);
    assert_eq!(exported("librumpuser.a", &[]), expected);

    let file = prefix().join("lib/librumpuser.so");
    assert_eq!(fs::read_link(&file).unwrap(), Path::new("librumpuser.so.0"));
    let size = fs::metadata(&file).unwrap().len();
    assert!(size < 1_500_000, "{size} bytes");
}

const PROGRAM: &str = "\
#include <rump/rumpuser.h>
#include <rump/rumpuser_component.h>
#include <string.h>
int main(void)
{
	char count[8];
	void *memory = NULL;
	if (rumpuser_getparam(RUMPUSER_PARAM_NCPU, count, sizeof count) != 0 || strcmp(count, \"3\") != 0)
		return 1;
	if (rumpuser_malloc(4096, 4096, &memory) != 0 || ((size_t)memory & 4095) != 0)
		return 2;
	rumpuser_free(memory, 4096);
	rumpuser_exit(42);
}
";

pub(crate) fn c_programs_are_linked_as_the_description_says() -> Outcome {
    installed("pkg-config")?;
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("program.c");
    fs::write(&source, PROGRAM).unwrap();
    for is_static in [false, true] {
        let described = run(Command::new("pkg-config")
            .args(["--cflags", "--libs"])
            .args(is_static.then_some("--static"))
            .arg("rumpuser")
            .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")));
        let program = folder.path().join("program");
        let mut command = compiler();
        command.args(["-Wall", "-Wextra", "-Werror", "-o"]);
        command.args([&program, &source]);
        if is_static {
            command.arg("-Wl,-Bstatic");
        }
        let arguments = described.split_whitespace();
        // All but the hypercalls is the system's, and shared.
        command.args(arguments.flat_map(|argument| match argument {
            "-lrumpuser" => vec![argument, "-Wl,-Bdynamic"],
            _ => vec![argument],
        }));
        run(&mut command);
        let status = Command::new(&program)
            .env("LD_LIBRARY_PATH", prefix().join("lib"))
            .env("RUMP_NCPU", "3")
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), Some(42), "static: {is_static}");
    }
    Ok(())
}
