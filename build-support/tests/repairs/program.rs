//! The program that checks a kernel's functions, and what it says.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::kernel::{Kernel, Object};
use crate::toolchains::Toolchain;

const SOURCES: [&str; 7] = [
    "atomics.c",
    "bytes.c",
    "comparisons.c",
    "copies.c",
    "main.c",
    "strings.c",
    "writers.c",
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
        let program = Self {
            kernel,
            toolchain,
            folder,
            objects,
        };
        program.link(&[]);
        for emulator in toolchain.emulators {
            let output = program.run(emulator, &["none"]);
            let output = output.map_err(|error| format!("{emulator:?}: {error}"))?;
            program.assert_done(&format!("{emulator:?}"), &output);
        }
        Ok(program)
    }

    /// Links it with functions and has those checked that are named, or all.
    pub(crate) fn check(&self, functions: &[&Object], names: &[&str]) -> Findings {
        self.link(functions);
        let mut findings = Findings::new();
        for emulator in self.toolchain.emulators {
            let output = self.run(emulator, names).unwrap();
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

    fn link(&self, functions: &[&Object]) {
        let path = |name: &str| self.folder.path().join(name);
        let mut command = self.kernel.host_command();
        command.args(["-static", "-pthread", "-o"]);
        command.arg(path("program")).args(&self.objects);
        for (index, object) in functions.iter().enumerate() {
            let path = path(&format!("kernel-{index}.o"));
            fs::write(&path, &object.bytes).unwrap();
            command.arg(path);
        }
        self.assert_done("linking", &command.output().unwrap());
    }

    fn run(&self, emulator: &[&str], names: &[&str]) -> io::Result<Output> {
        let program = self.folder.path().join("program");
        let words = emulator.iter().map(AsRef::as_ref);
        let mut words = words.chain([program.as_os_str()]);
        let first = words.next().unwrap_or(program.as_os_str());
        Command::new(first).args(words).args(names).output()
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
