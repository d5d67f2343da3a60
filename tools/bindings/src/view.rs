//! The user's view of a NetBSD tree: the arguments with which a compiler reads its headers.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rumpkernel_build::target::Target;
use tempfile::TempDir;

use crate::Failure;

/// A tree as seen by a program for one target, not by the kernel (`_KERNEL` is not defined).
pub(crate) struct View {
    /// Holds the links `machine`, `amd64`, … as long as the view lives.
    links: TempDir,
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
            links,
            arguments,
            headers: checks.join("headers.h"),
        })
    }

    /// Whether the tree has the target's machine.
    pub(crate) fn has_machine(&self) -> bool {
        self.links.path().join("machine").exists()
    }

    /// Runs clang on the view's headers with `extra` arguments; gives back what it prints.
    pub(crate) fn preprocess(&self, extra: &[&str]) -> Result<String, Failure> {
        let output = self.clang(&self.headers, &[&["-E"], extra].concat())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Compiles `checks/layout.c` with `extra` arguments before those of the view; gives back what
    /// clang complains of.
    pub(crate) fn check_layout(&self, extra: &[&str]) -> Result<Result<(), String>, Failure> {
        let file = self.headers.with_file_name("layout.c");
        let output = self.clang(&file, &[&["-fsyntax-only"], extra].concat())?;
        Ok(if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        })
    }

    /// Runs clang on `file`.
    pub(crate) fn clang(&self, file: &Path, extra: &[&str]) -> Result<Output, Failure> {
        Command::new("clang")
            .args(["-x", "c"])
            .args(extra)
            .args(&self.arguments)
            .arg(file)
            .output()
            .map_err(|e| format!("clang: {e}; install it (Debian: clang, libclang-dev)").into())
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::View;
    use crate::{models::MODELS, trees::Trees};

    const X86_64: &str = "x86_64-unknown-linux-gnu";

    /// The tree and the crate's folder.
    fn folders() -> (PathBuf, PathBuf) {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rumpkernel-sys");
        (Trees::compared().unwrap().source, crate_folder)
    }

    #[test]
    #[ignore = "needs clang and the snapshots that are compared; CI runs it"]
    fn layout_check_passes_on_every_machine() {
        let (tree, crate_folder) = folders();
        for triple in MODELS.iter().flat_map(|model| model.triples) {
            let view = View::open(&tree, &crate_folder, triple).unwrap();
            assert_eq!(view.check_layout(&[]).unwrap(), Ok(()), "{triple}");
        }
    }

    #[test]
    #[ignore = "needs clang and the snapshots that are compared; CI runs it"]
    fn layout_check_names_what_differs() {
        let (tree, crate_folder) = folders();
        let view = View::open(&tree, &crate_folder, X86_64).unwrap();
        let header = "fs/tmpfs/tmpfs_args.h";
        let original = std::fs::read_to_string(tree.join("sys").join(header)).unwrap();
        for (from, to, named) in [
            (
                "int\t\t\tta_version",
                "long more; int ta_version",
                "struct tmpfs_args.ta_version lies",
            ),
            (
                "ta_root_mode;",
                "ta_root_mode; long more;",
                "struct tmpfs_args has another size",
            ),
            (
                "TMPFS_ARGS_VERSION\t1",
                "TMPFS_ARGS_VERSION 2",
                "TMPFS_ARGS_VERSION has another",
            ),
        ] {
            let other = original.replacen(from, to, 1);
            assert_ne!(other, original, "{from}");
            let overlay = tempfile::tempdir().unwrap();
            let file = overlay.path().join(header);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, other).unwrap();
            let include = format!("-I{}", overlay.path().display());
            let complaint = view.check_layout(&[&include]).unwrap().unwrap_err();
            assert!(complaint.contains(named), "{complaint}");
        }
    }

    #[test]
    #[ignore = "needs clang and the snapshots that are compared; CI runs it"]
    fn layout_check_names_another_version_of_a_call() {
        let (tree, crate_folder) = folders();
        let view = View::open(&tree, &crate_folder, X86_64).unwrap();
        let older = "-DRUMP_SYS_RENAME_STAT=rump___sysimpl_stat30";
        let complaint = view.check_layout(&[older]).unwrap().unwrap_err();
        assert!(
            complaint.contains("is not rump___sysimpl_stat50"),
            "{complaint}"
        );
    }
}
