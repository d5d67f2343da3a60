//! What the tests have in common: a toolchain, a folder, and libraries made of C.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rumpkernel_build::archive::{self, Member};
use rumpkernel_build::compile::{Compiler, Search};
use rumpkernel_build::image::{self, Error, Linker, Packed};
use rumpkernel_build::target::Target;
use tempfile::TempDir;

pub(crate) const HOST: &str = "x86_64-unknown-linux-gnu";

/// A compiler and a linker for one target.
#[derive(Debug)]
pub(crate) struct Toolchain {
    pub(crate) triple: &'static str,
    /// The compiler and its arguments, as a shell has them.
    pub(crate) command: &'static str,
}

/// A folder in which libraries are compiled and linked.
pub(crate) struct Scene {
    folder: TempDir,
    target: Target,
    compiler: Compiler,
    lld: Option<PathBuf>,
    libraries: Vec<PathBuf>,
}

impl Scene {
    /// Tries the toolchain out; `None` if it is not here.
    pub(crate) fn new(toolchain: &Toolchain) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("cc");
        let script = format!("#!/bin/sh\nexec {} \"$@\"\n", toolchain.command);
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let target = Target::from_triple(toolchain.triple).unwrap();
        let compiler = Compiler::find(&Search {
            target: &target,
            host: HOST,
            scratch: folder.path(),
            program: Some(&program),
        })
        .ok()?;
        let scene = Self {
            folder,
            target,
            compiler,
            lld: None,
            libraries: Vec::new(),
        };
        let path = |name: &str| scene.folder.path().join(name);
        fs::write(path("try.c"), "int x;\n").unwrap();
        let mut command = scene.compiler.command();
        command.args(["-shared", "-nostdlib", "-fPIC", "-o"]);
        let done = command.args([path("try.so"), path("try.c")]).output();
        done.is_ok_and(|output| output.status.success())
            .then_some(scene)
    }

    /// As [`new`](Self::new), for this machine; a test that gets none says that it did not run.
    pub(crate) fn native(test: &str) -> Option<Self> {
        let toolchain = Toolchain {
            triple: HOST,
            command: "cc",
        };
        let scene = cfg!(all(target_arch = "x86_64", target_os = "linux"))
            .then(|| Self::new(&toolchain))
            .flatten();
        if scene.is_none() {
            println!("{test} not run: it is for {HOST} and needs cc");
        }
        scene
    }

    /// Links with the LLD that came with rustc from now on; answers whether there is one.
    pub(crate) fn use_rust_lld(&mut self) -> bool {
        self.lld = image::rust_lld(Path::new("rustc"), HOST);
        self.lld.is_some()
    }

    /// Compiles a library of one file.
    pub(crate) fn library(&mut self, name: &str, text: &str, flags: &[&str]) {
        let path = |suffix: &str| self.folder.path().join(format!("{name}.{suffix}"));
        fs::write(path("c"), text).unwrap();
        let mut command = self.compiler.command();
        command.args(["-O1", "-w", "-fPIC", "-ffreestanding"]);
        command.args(["-ftls-model=initial-exec", "-fno-stack-protector"]);
        command.args(flags).args(["-c", "-o"]);
        let output = command.args([path("o"), path("c")]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let member = Member {
            name: format!("{name}.o"),
            object: fs::read(path("o")).unwrap(),
        };
        let library = self.folder.path().join(format!("lib{name}.a"));
        archive::write(&[member], &mut File::create(&library).unwrap()).unwrap();
        self.libraries.push(library);
    }

    /// A library that is no library.
    pub(crate) fn rubbish(&mut self, name: &str) {
        let library = self.folder.path().join(format!("lib{name}.a"));
        fs::write(&library, "rubbish\n").unwrap();
        self.libraries.push(library);
    }

    /// Where the linked object lies.
    pub(crate) fn object(&self) -> PathBuf {
        self.folder.path().join("kernel.so")
    }

    pub(crate) fn pack(&self) -> Result<Packed, Error> {
        let object = self.object();
        let linker = Linker::new(&self.compiler, self.lld.as_deref());
        image::link(linker, &self.target, &self.libraries, &object)?;
        self.pack_file(&object)
    }

    pub(crate) fn pack_file(&self, object: &Path) -> Result<Packed, Error> {
        image::pack(object, &self.target, &self.libraries)
    }
}
