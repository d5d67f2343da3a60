//! The crate outside the workspace: copied, built and run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::case::Case;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What is called of the crate, each in a process of its own.
const FUNCTIONS: [&str; 2] = ["outside_run", "outside_crash"];

/// A C program that opens a library as a plug-in host would, and calls it.
const LOADER: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv) {
    void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) { fprintf(stderr, "dlopen: %s\n", dlerror()); return 2; }
    int (*function)(void) = (int (*)(void))dlsym(library, argv[2]);
    if (!function) { fprintf(stderr, "dlsym: %s\n", dlerror()); return 3; }
    return function();
}
"#;

/// A copy of the crate in a folder that is removed at the end.
pub(crate) struct Outside {
    folder: tempfile::TempDir,
}

impl Outside {
    pub(crate) fn create() -> io::Result<Outside> {
        let folder = tempfile::tempdir()?;
        let checkout = fs::canonicalize(CHECKOUT)?;
        let original = checkout.join("tests/outside");
        let manifest = fs::read_to_string(original.join("Cargo.toml"))?
            .replace("@CHECKOUT@", &checkout.display().to_string());
        fs::write(folder.path().join("Cargo.toml"), manifest)?;
        // The versions that the workspace is tested with; nothing is looked up.
        fs::copy(
            checkout.join("Cargo.lock"),
            folder.path().join("Cargo.lock"),
        )?;
        fs::create_dir(folder.path().join("src"))?;
        for name in ["build.rs", "src/lib.rs", "src/main.rs"] {
            fs::copy(original.join(name), folder.path().join(name))?;
        }
        Ok(Outside { folder })
    }

    /// Builds one row and gives the program's or library's path; an error is what Cargo said.
    pub(crate) fn build(&self, case: &Case) -> Result<PathBuf, String> {
        let target = self.folder.path().join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["rustc", "--quiet", "--offline", "--features", case.features])
            .current_dir(self.folder.path());
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo.envs(case.env.iter().copied());
        if case.release {
            cargo.arg("--release");
        }
        if case.library {
            cargo.args(["--lib", "--crate-type", "cdylib"]);
        } else {
            cargo.args(["--bin", "outside"]);
        }
        cargo.arg("--").args(case.link);
        run(&mut cargo)?;
        let folder = target.join(if case.release { "release" } else { "debug" });
        let built = folder.join(if case.library {
            "liboutside.so"
        } else {
            "outside"
        });
        let bytes = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
        let mark = case.mark.as_bytes();
        if !mark.is_empty() && !bytes.windows(mark.len()).any(|window| window == mark) {
            return Err(format!(
                "{} was not linked by the linker of this row",
                built.display()
            ));
        }
        Ok(built)
    }

    /// Runs what was built; an error is what it printed.
    pub(crate) fn run(&self, case: &Case, built: &Path) -> Result<(), String> {
        let loader = case.library.then(|| self.loader()).transpose()?;
        for function in FUNCTIONS {
            let mut command = match &loader {
                Some(loader) => Command::new(loader),
                None => Command::new(built),
            };
            if loader.is_some() {
                command.arg(built);
            }
            run(command.arg(function))?;
        }
        Ok(())
    }

    fn loader(&self) -> Result<PathBuf, String> {
        let source = self.folder.path().join("loader.c");
        let loader = self.folder.path().join("loader");
        fs::write(&source, LOADER).map_err(|error| error.to_string())?;
        run(Command::new("cc")
            .arg("-o")
            .arg(&loader)
            .arg(&source)
            .arg("-ldl"))?;
        Ok(loader)
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
