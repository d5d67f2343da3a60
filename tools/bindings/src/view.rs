//! The user's view of a NetBSD tree: the arguments with which a compiler reads its headers.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::target::Target;
use tempfile::TempDir;

use crate::Failure;

/// A tree as seen by a program for one target, not by the kernel (`_KERNEL` is not defined).
pub(crate) struct View {
    /// Holds the links `machine`, `amd64`, … as long as the view lives.
    _links: TempDir,
    /// Arguments for clang, and so for libclang.
    pub(crate) arguments: Vec<String>,
    /// The header that includes all headers of the view.
    pub(crate) headers: PathBuf,
}

impl View {
    /// Opens `tree` for `triple`, with the headers of `crate_folder`'s checks.
    pub(crate) fn open(tree: &Path, crate_folder: &Path, triple: &str) -> Result<Self, Failure> {
        let tree = tree
            .canonicalize()
            .map_err(|e| format!("--source {}: {e}", tree.display()))?;
        let target = Target::from_triple(triple)?;
        let links = tempfile::tempdir()?;
        for (name, folder) in target.include_links() {
            let folder = tree.join(folder);
            if folder.is_dir() {
                symlink(folder, links.path().join(name))?;
            }
        }
        let checks = crate_folder.join("checks").canonicalize()?;
        let mut arguments: Vec<String> = [
            "-w",
            "-nostdinc",
            "-ffreestanding",
            "-std=gnu99",
            "-Ulinux",
            "-U__linux",
            "-U__linux__",
            "-U__gnu_linux__",
            "-D__NetBSD__",
        ]
        .map(String::from)
        .into();
        // LLVM names RISC-V's extensions elsewhere.
        let llvm_triple = triple.replacen("riscv64gc-", "riscv64-", 1);
        arguments.push(format!("--target={llvm_triple}"));
        for folder in [
            checks.join("include"),
            links.path().to_owned(),
            tree.join("sys"),
            tree.join("common/include"),
            tree.join("sys/rump/include"),
        ] {
            arguments.push(format!("-I{}", folder.display()));
        }
        Ok(Self {
            _links: links,
            arguments,
            headers: checks.join("headers.h"),
        })
    }

    /// Runs clang on the view's headers with `extra` arguments; gives back what it prints.
    pub(crate) fn preprocess(&self, extra: &[&str]) -> Result<String, Failure> {
        let output = Command::new("clang")
            .args(["-x", "c", "-E"])
            .args(extra)
            .args(&self.arguments)
            .arg(&self.headers)
            .output()
            .map_err(|e| format!("clang: {e}; install it (Debian: clang, libclang-dev)"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
