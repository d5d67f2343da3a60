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
