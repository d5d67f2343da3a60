//! The program that checks a kernel's functions, and what it says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::kernel::{Kernel, Object};
use crate::toolchains::Toolchain;

const SOURCES: [&str; 6] = [
    "atomics.c",
    "bytes.c",
    "comparisons.c",
    "copies.c",
    "main.c",
    "strings.c",
];

/// What is wrong with each function that is there; nothing with those that are right.
pub(crate) type Findings = BTreeMap<String, Option<String>>;

/// The program for one machine, without the kernel's functions.
pub(crate) struct Program<'a> {
    kernel: &'a Kernel,
    toolchain: &'a Toolchain,
    folder: TempDir,
    objects: Vec<PathBuf>,
}

impl<'a> Program<'a> {
    /// Compiles it; or the reason why nothing can be compiled and run for the machine here.
    pub(crate) fn new(kernel: &'a Kernel, toolchain: &'a Toolchain) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repairs/driver");
        let mut objects = Vec::new();
        for emulator in toolchain.emulators {
            let command = emulator
                .first()
                .map(|program| Command::new(program).arg("-version").output());
            if let Some(Err(error)) = command {
                return Err(format!("{}: {error}", emulator[0]));
            }
        }
        for name in SOURCES {
            let object = folder.path().join(name).with_extension("o");
            let mut command = kernel.host_command();
            command.args(["-O2", "-Wall", "-Werror", "-pthread", "-c", "-o"]);
            let output = command.arg(&object).arg(sources.join(name)).output();
            let output = output.map_err(|error| error.to_string())?;
            if !output.status.success() {
                let words = String::from_utf8_lossy(&output.stderr).into_owned();
                // A compiler may come without a C library.
                let lacks = words.contains("No such file or directory");
                assert!(lacks, "{}: {words}", toolchain.triple);
                return Err(format!("{} has no C library: {words}", toolchain.compiler));
            }
            objects.push(object);
        }
        Ok(Self {
            kernel,
            toolchain,
            folder,
            objects,
        })
    }

    /// Links it with functions and has those checked that are named, or all.
    pub(crate) fn check(&self, functions: &[&Object], names: &[&str]) -> Findings {
        let path = |name: &str| self.folder.path().join(name);
        let program = path("program");
        let mut command = self.kernel.host_command();
        command.args(["-static", "-pthread", "-o"]);
        command.arg(&program).args(&self.objects);
        for (index, object) in functions.iter().enumerate() {
            let path = path(&format!("kernel-{index}.o"));
            fs::write(&path, &object.bytes).unwrap();
            command.arg(path);
        }
        let output = command.output().unwrap();
        self.assert_done("linking", &output);
        let mut findings = Findings::new();
        for emulator in self.toolchain.emulators {
            let mut words = emulator
                .iter()
                .map(AsRef::as_ref)
                .chain([program.as_os_str()]);
            let output = Command::new(words.next().unwrap())
                .args(words)
                .args(names)
                .output();
            let output = output.unwrap();
            self.assert_done(&format!("{emulator:?}"), &output);
            for line in String::from_utf8(output.stdout).unwrap().lines() {
                let (name, finding) = line.split_once(' ').unwrap();
                let fault = (finding != "ok").then(|| finding.to_owned());
                let entry = findings.entry(name.to_owned()).or_default();
                *entry = entry.take().or(fault);
            }
        }
        findings
    }

    fn assert_done(&self, what: &str, output: &Output) {
        let words = String::from_utf8_lossy(&output.stderr);
        let triple = self.toolchain.triple;
        assert!(
            output.status.success(),
            "{triple}: {what}: {}: {words}",
            output.status
        );
    }
}
