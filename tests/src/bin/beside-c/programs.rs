//! Building the programs that are measured, outside the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Who makes the hypercalls, and how the kernel is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// NetBSD's librumpuser, and the raw interface.
    C,
    /// rumpuser-posix, and the raw interface.
    Rust,
    /// rumpuser-posix, and the safe API.
    SafeApi,
}

impl Program {
    pub(crate) const ALL: [Self; 3] = [Self::C, Self::Rust, Self::SafeApi];

    /// The package's name.
    fn name(self) -> &'static str {
        match self {
            Self::C => "with-c",
            Self::Rust => "with-rust",
            Self::SafeApi => "with-safe-api",
        }
    }
}

/// The folder of the programs.
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Builds them beside this program, where a second run finds what the first one compiled.
    pub(crate) fn build() -> Result<Self, String> {
        let copy = copy_sources().map_err(|error| format!("copying the programs: {error}"))?;
        let target = copy.join("target");
        for program in Program::ALL {
            let name = program.name();
            let mut cargo = Command::new(env!("CARGO"));
            cargo
                .args(["rustc", "--quiet", "--offline", "--release"])
                .args(["--package", name, "--bin", name])
                .args(["--", "-Ctarget-feature=+crt-static"])
                .current_dir(&copy)
                .env("CARGO_TARGET_DIR", &target)
                .env("RUMPKERNEL_DIAGNOSTIC", "no");
            let status = cargo
                .status()
                .map_err(|error| format!("{cargo:?}: {error}"))?;
            if !status.success() {
                return Err(format!("{cargo:?}: {status}"));
            }
        }
        Ok(Self {
            folder: target.join("release"),
        })
    }

    pub(crate) fn path(&self, program: Program) -> PathBuf {
        self.folder.join(program.name())
    }
}

/// Copies the programs' sources, with the versions of dependencies that the workspace has.
fn copy_sources() -> io::Result<PathBuf> {
    let checkout = fs::canonicalize(CHECKOUT)?;
    let copy = env::current_exe()?.with_extension("programs");
    copy_folder(&checkout.join("tests/beside-c"), &copy, &checkout)?;
    update(
        &copy.join("Cargo.lock"),
        &fs::read_to_string(checkout.join("Cargo.lock"))?,
    )?;
    Ok(copy)
}

fn copy_folder(from: &Path, to: &Path, checkout: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to, checkout)?;
        } else {
            let text = fs::read_to_string(&from)?;
            update(
                &to,
                &text.replace("@CHECKOUT@", &checkout.display().to_string()),
            )?;
        }
    }
    Ok(())
}

/// Writes a file unless it has that text: Cargo would compile it again.
fn update(file: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(file) {
        Ok(old) if old == text => Ok(()),
        _ => fs::write(file, text),
    }
}
