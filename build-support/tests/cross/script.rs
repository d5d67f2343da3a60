//! Compilers as shell scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Writes a program that runs the shell's `commands`.
pub(crate) fn script(folder: &Path, commands: &str) -> PathBuf {
    let path = folder.join("cc");
    fs::write(&path, format!("#!/bin/sh\n{commands}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Whether a program is here; a line says so where it is not.
pub(crate) fn is_here(test: &str, program: &str) -> bool {
    let here = std::process::Command::new(program)
        .arg("--version")
        .output();
    let here = here.is_ok_and(|output| output.status.success());
    if !here {
        println!("{test} not run with {program}: it is not here");
    }
    here
}
