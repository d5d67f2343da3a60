//! The kernel base of a tree for one machine, whose sources are compiled as builds compile them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use object::{Object as _, ObjectSymbol as _};
use rumpkernel_build::bsdmake::Tree;
use rumpkernel_build::compile::flags::Flags;
use rumpkernel_build::compile::{Command, Compiler, Error, Search};
use rumpkernel_build::component::{self, Component, Options, Origin, placed};
use rumpkernel_build::namespace::Rules;
use rumpkernel_build::target::repair::Role;
use rumpkernel_build::target::{Target, repair};
use tempfile::TempDir;

/// All machines' own functions belong to it.
const BASE: &str = "sys/rump/librump/rumpkern";

/// What the kernel's names begin with once they are renamed.
pub(crate) const PREFIX: &str = "rumpns_";

/// A compiled source.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    /// The kernel's functions and variables that it defines, as the source names them.
    pub(crate) defined: Vec<String>,
    /// Those that it needs.
    pub(crate) undefined: Vec<String>,
}

/// The base for one machine.
pub(crate) struct Kernel {
    pub(crate) target: Target,
    root: PathBuf,
    compiler: Compiler,
    flags: Flags,
    base: Component,
    folder: TempDir,
}

impl Kernel {
    /// Evaluates the base; the error is about the compiler.
    pub(crate) fn new(root: &Path, triple: &str, compiler: &str) -> Result<Self, Error> {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::from_triple(triple).unwrap();
        let compiler = Compiler::find(&Search {
            target: &target,
            host: "x86_64-unknown-linux-gnu",
            scratch: folder.path(),
            program: Some(Path::new(compiler)),
        })?;
        let tree = Tree::new(root);
        let options = Options::default();
        let directory = Path::new(BASE);
        let accepts = |_: &str| Some(true);
        let base = component::evaluate(&tree, directory, &target.machine, &options, &accepts);
        for (name, place) in target.include_links() {
            symlink(root.join(place), folder.path().join(name)).unwrap();
        }
        Ok(Self {
            root: root.to_owned(),
            flags: Flags::new(&compiler, false, false, &[]),
            base: base.unwrap_or_else(|error| panic!("{triple}: {error}")),
            target,
            compiler,
            folder,
        })
    }

    /// The sources that machines choose, before repairs: assembly, and atomic operations in C.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &Path> {
        let sources = self.base.sources.iter();
        sources.filter_map(|source| match &source.origin {
            Origin::Tree(path) if source.origin.is_assembly() => Some(path.as_path()),
            Origin::Tree(path) => path
                .file_name()?
                .to_str()?
                .contains("atomic_")
                .then_some(path),
            Origin::Generated(_) => None,
        })
    }

    /// The source of the base that is named like a function.
    pub(crate) fn source(&self, function: &str) -> Option<&Path> {
        let sources = self.base.sources.iter();
        let mut found = sources.filter_map(|source| match &source.origin {
            Origin::Tree(path) if path.file_stem()? == function => Some(path.as_path()),
            _ => None,
        });
        found.next()
    }

    /// Compiles a source of the tree with the base's flags, and with those and the header of
    /// repairs or without.
    pub(crate) fn compile(&self, source: &Path, repaired: bool) -> Result<Object, Error> {
        let base = &self.base;
        let is_assembly = Origin::Tree(source.to_owned()).is_assembly();
        let place = |flags: &[String]| placed(flags, &self.root, self.folder.path());
        let (first, own) = match is_assembly {
            true => (&self.flags.assembly, &base.aflags),
            false => (&self.flags.c, &base.cflags),
        };
        let mut flags: Vec<OsString> = first.clone();
        flags.extend(place(own));
        flags.extend(place(&base.cppflags));
        let listed = base.sources.iter().find(|listed| match &listed.origin {
            Origin::Tree(path) => path == source,
            Origin::Generated(_) => false,
        });
        flags.extend(listed.iter().flat_map(|listed| place(&listed.flags)));
        if repaired {
            flags.extend(repair::flags(source, &self.target.machine).map(OsString::from));
            if let Some(addition) = repair::addition(source) {
                assert_eq!(addition.role, Role::Header, "{}", source.display());
                let header = self.folder.path().join(addition.name);
                fs::write(&header, addition.text).unwrap();
                flags.extend(["-include".into(), header.into()]);
            }
        }
        let command = Command {
            source: self.root.join(source),
            flags,
            folder: self.folder.path().to_owned(),
            object: "object.o".to_owned(),
        };
        let rules = Rules {
            target: &self.target,
            rename: true,
            weak: &[],
        };
        Ok(Object::new(command.run(&self.compiler, &rules)?.object))
    }

    /// Compiles and links a program of the host's.
    pub(crate) fn host_command(&self) -> std::process::Command {
        self.compiler.command()
    }
}

impl Object {
    fn new(bytes: Vec<u8>) -> Self {
        let file = object::File::parse(&*bytes).unwrap();
        let names = |defined: bool| {
            let symbols = file.symbols().filter(|symbol| symbol.is_global());
            let symbols = symbols.filter(|symbol| symbol.is_undefined() != defined);
            let names = symbols.filter_map(|symbol| symbol.name().unwrap().strip_prefix(PREFIX));
            names.map(str::to_owned).collect()
        };
        let (defined, undefined) = (names(true), names(false));
        Self {
            bytes,
            defined,
            undefined,
        }
    }

    /// The functions that it defines for the kernel's C code. Other names are the compiler's, or
    /// the C library's.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &String> {
        let names = self.defined.iter();
        names.filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
    }
}
