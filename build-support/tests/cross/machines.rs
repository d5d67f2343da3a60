//! A kernel's libraries for every machine and system, as the linker of the program will find them.
//!
//! `RUMPKERNEL_TEST_TARGETS` names some targets, apart by blanks, in place of all.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::builder::{Built, Configuration, build};
use rumpkernel_build::compile::{self, Compiler, Search};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_build::target::Target;
use rumpkernel_build::target::table::SUPPORTED;
use rumpkernel_harness::{Missing, Outcome, all_but, installed};

use crate::HOST;
use crate::objects::{Header, object, objects};
use crate::script::script;
use crate::trees::source_trees;

const KERNEL: [&str; 6] = [
    "rumpfs_ffs",
    "rumpfs_kernfs",
    "rumpfs_tmpfs",
    "rumpnet_local",
    "rumpnet_netinet",
    "rumpnet_netinet6",
];

/// The compilers of targets for which Debian has none, or not on every machine.
const COMPILERS: [(&str, &str); 9] = [
    ("x86_64-unknown-linux-musl", "musl-gcc"),
    (
        "arm-unknown-linux-gnueabi",
        "clang --target=arm-linux-gnueabi",
    ),
    (
        "arm-unknown-linux-gnueabihf",
        "clang --target=arm-linux-gnueabihf",
    ),
    (
        "mips64-unknown-linux-gnuabi64",
        "mips64el-linux-gnuabi64-gcc -EB",
    ),
    (
        "x86_64-unknown-freebsd",
        "clang --target=x86_64-unknown-freebsd",
    ),
    (
        "x86_64-unknown-dragonfly",
        "clang --target=x86_64-unknown-dragonfly",
    ),
    (
        "x86_64-unknown-netbsd",
        "clang --target=x86_64-unknown-netbsd",
    ),
    (
        "x86_64-unknown-openbsd",
        "clang --target=x86_64-unknown-openbsd",
    ),
    (
        "aarch64-linux-android",
        "clang --target=aarch64-linux-android21",
    ),
];

/// Whose helpers serve where clang has none.
const HELPERS: [(&str, &str); 2] = [
    ("arm-unknown-linux-gnueabi", "arm-linux-gnueabihf-gcc"),
    ("arm-unknown-linux-gnueabihf", "arm-linux-gnueabihf-gcc"),
];

/// Names that linkers define.
const LINKERS: [&str; 3] = ["_GLOBAL_OFFSET_TABLE_", "_gp_disp", ".TOC."];

/// What the C library brings: the thread pointer of arms that have no register for it.
const C_LIBRARY: &str = "__aeabi_read_tp";

/// A compiler and what it is for.
struct Toolchain {
    folder: PathBuf,
    program: Option<PathBuf>,
    compiler: Compiler,
}

impl Toolchain {
    /// The toolchain of a target.
    fn new(triple: &str) -> Result<Self, Missing> {
        // Kept, so that later runs need not compile what has not changed.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("cross")
            .join(triple);
        fs::create_dir_all(&folder).unwrap();
        let special = COMPILERS.iter().find(|(other, _)| *other == triple);
        let program = match special {
            Some((_, command)) => {
                let name = command.split(' ').next().unwrap();
                installed(name)?;
                Some(script(&folder, &format!("exec {command} \"$@\"")))
            }
            None => None,
        };
        let found = Compiler::find(&Search {
            target: &Target::from_triple(triple).unwrap(),
            host: HOST,
            scratch: &folder,
            program: program.as_deref(),
        });
        match found {
            Ok(compiler) => Ok(Self {
                folder,
                program,
                compiler,
            }),
            // Debian has none for some targets, and CI installs one for each kind of machine.
            Err(error @ compile::Error::NoCompiler { .. }) => Err(Missing::on_this_machine(error)),
            Err(error) => panic!("{triple}: {error}"),
        }
    }

    /// The header of a file that is the compiler's own work.
    fn header(&self) -> Header {
        let path = |name: &str| self.folder.join(name);
        fs::write(path("own.c"), "int own;\n").unwrap();
        let mut command = self.compiler.command();
        command
            .args(["-c", "-o"])
            .args([path("own.o"), path("own.c")]);
        assert!(command.status().unwrap().success());
        object(&fs::read(path("own.o")).unwrap()).header
    }

    /// What is in the library of functions that compilers call without being asked to. Clang has
    /// none for most targets, where GCC's serves.
    fn helpers(&self, triple: &str) -> BTreeSet<String> {
        let gcc = HELPERS.iter().find(|(other, _)| *other == triple);
        let mut command = gcc.map_or_else(
            || self.compiler.command(),
            |(_, program)| Command::new(program),
        );
        let Ok(output) = command.arg("-print-libgcc-file-name").output() else {
            return BTreeSet::new();
        };
        let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
        if !path.is_file() {
            return BTreeSet::new();
        }
        let members = objects(&path).into_iter();
        members.flat_map(|(_, object)| object.defined).collect()
    }

    fn build(&self, triple: &str, source: &Path) -> Built {
        let mut settings = Settings::read(triple, &|name| std::env::var_os(name)).unwrap();
        settings.offline = true;
        settings.source = Some(source.to_owned());
        settings.cache_dir = Some(self.folder.join("cache"));
        let configuration = Configuration {
            components: KERNEL.map(str::to_owned).to_vec(),
            own: Vec::new(),
            target: triple.to_owned(),
            host: HOST.to_owned(),
            debug_assertions: true,
            debuginfo: false,
            out_dir: self.folder.join("out"),
            jobs: NonZeroUsize::new(2).unwrap(),
            image: None,
            lld: None,
            vendored: None,
            compiler: self.program.clone(),
            settings,
        };
        let built = build(&configuration, &mut Warnings::default());
        built.unwrap_or_else(|error| panic!("{triple}: {error}"))
    }
}

/// Whether a name is the kernel's own, the toolchain's, or part of the interface. Names of
/// functions' code begin with a dot on powerpc64.
fn is_in_name_space(name: &str) -> bool {
    let bare = name.strip_prefix('.').unwrap_or(name);
    ["rump", "RUMP", "__"]
        .iter()
        .any(|prefix| bare.starts_with(prefix))
        || LINKERS.contains(&name)
}

/// Whether the linker, the C library or the hypercalls bring it.
fn is_brought(name: &str) -> bool {
    let bare = name.strip_prefix('.').unwrap_or(name);
    let prefixes = [
        "rumpuser_",
        "rumpcomp_",
        "__start_link_set_",
        "__stop_link_set_",
    ];
    LINKERS.contains(&name)
        || name == C_LIBRARY
        || prefixes.iter().any(|prefix| bare.starts_with(prefix))
}

pub(crate) fn what_libraries_lack_are_hypercalls_and_the_compilers_helpers() -> Outcome {
    let trees = source_trees()?;
    let tree = trees
        .iter()
        .find(|tree| tree.default)
        .ok_or_else(|| Missing::on_this_machine("it is for the default snapshot"))?;
    let asked = std::env::var("RUMPKERNEL_TEST_TARGETS").unwrap_or_default();
    let is_asked = |triple: &&str| asked.is_empty() || asked.split(' ').any(|name| name == *triple);
    let triples = SUPPORTED.iter().map(|supported| supported.triple);
    let mut missing = Vec::new();
    for triple in triples.filter(is_asked) {
        let toolchain = match Toolchain::new(triple) {
            Ok(toolchain) => toolchain,
            Err(absent) => {
                missing.push(absent);
                continue;
            }
        };
        let built = toolchain.build(triple, &tree.root);
        let header = toolchain.header();
        let mut defined = BTreeSet::new();
        let mut undefined = BTreeSet::new();
        let mut count = 0;
        for library in &built.libraries {
            for (name, object) in objects(&library.path) {
                let on = format!("{}, {triple}: {} {name}", tree.name, library.name);
                assert_eq!(object.header, header, "{on}");
                for symbol in object.defined.iter().chain(&object.undefined) {
                    assert!(is_in_name_space(symbol), "{on}: {symbol}");
                }
                defined.extend(object.defined);
                undefined.extend(object.undefined);
                count += 1;
            }
        }
        assert!(defined.contains("rump_init") && defined.contains("rumpns_ffs_mount"));
        let lacked = undefined.difference(&defined);
        let lacked: BTreeSet<&String> = lacked.filter(|name| !is_brought(name)).collect();
        let helpers = toolchain.helpers(triple);
        let unknown: Vec<_> = lacked
            .iter()
            .filter(|name| !helpers.contains(**name))
            .collect();
        assert!(unknown.is_empty(), "{triple}: {unknown:?}");
        println!("{triple}: {count} objects, which call these of the compiler's: {lacked:?}");
    }
    all_but(missing)
}
