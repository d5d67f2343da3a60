//! A crate outside the workspace that depends on rumpkernel: copied, built and run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use rumpkernel_examples::FFS2_SMALL;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

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

/// One way to build the crate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recipe<'a> {
    /// Optimised.
    pub release: bool,
    /// A library for C programs, which open it at run time, instead of a program.
    pub library: bool,
    /// The crate's features, separated by spaces: `ffs`, `inet`, `instances`.
    pub features: &'a str,
    /// Settings of Cargo and of the build, such as `CC`.
    pub env: &'a [(&'a str, &'a str)],
    /// Flags for rustc when it links.
    pub link: &'a [&'a str],
}

/// A copy of the crate in a folder that is removed at the end.
#[derive(Debug)]
pub struct Outside {
    folder: tempfile::TempDir,
}

impl Outside {
    /// Copies the crate in `tests/outside`, with the dependencies' versions that the workspace has.
    ///
    /// # Errors
    ///
    /// Those of reading and writing the files.
    pub fn create() -> io::Result<Outside> {
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
        let outside = Outside { folder };
        FFS2_SMALL.unpack(&outside.image())?;
        Ok(outside)
    }

    /// The folder of the copy. What is built lies in `target` in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Builds the crate and gives the program's or library's path.
    ///
    /// # Errors
    ///
    /// What Cargo said.
    pub fn build(&self, recipe: &Recipe<'_>) -> Result<PathBuf, String> {
        let target = self.folder.path().join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["rustc", "--quiet", "--offline"])
            .args(["--features", recipe.features])
            .current_dir(self.folder.path());
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo.envs(recipe.env.iter().copied());
        if recipe.release {
            cargo.arg("--release");
        }
        if recipe.library {
            cargo.args(["--lib", "--crate-type", "cdylib"]);
        } else {
            cargo.args(["--bin", "outside"]);
        }
        cargo.arg("--").args(recipe.link);
        run(&mut cargo)?;
        let folder = target.join(if recipe.release { "release" } else { "debug" });
        Ok(folder.join(if recipe.library {
            "liboutside.so"
        } else {
            "outside"
        }))
    }

    /// Calls a function of what was built, in a process of its own.
    ///
    /// # Errors
    ///
    /// What it printed, when it failed.
    pub fn call(&self, recipe: &Recipe<'_>, built: &Path, function: &str) -> Result<(), String> {
        let mut command = if recipe.library {
            let mut loader = Command::new(self.loader()?);
            loader.arg(built);
            loader
        } else {
            Command::new(built)
        };
        run(command.arg(function).env("OUTSIDE_IMAGE", self.image()))
    }

    /// An FFS image for the crate to read.
    fn image(&self) -> PathBuf {
        self.folder.path().join("ffs.img")
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
