//! A kernel in shared libraries, one for each component, as NetBSD's build makes them.

use std::path::{Path, PathBuf};

use rumpkernel_build::builder::{self, Built, Configuration, Error};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_harness::Missing;

use crate::tools::{HOST, compiler, run};

/// How components get into their kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    /// By functions that run when they are loaded, as buildrump.sh builds them.
    Constructors,
    /// By sets of pointers that the hypercalls look for.
    LinkSets,
}

impl Registration {
    /// What the compiler is told after all else.
    fn flags(self) -> Option<&'static str> {
        (self == Self::LinkSets).then_some("-URUMP_USE_CTOR")
    }
}

/// Compiles components with all that they need. Profile and store are those of the workspace's own
/// development build, which has compiled those with constructors.
pub(crate) fn compile(names: &[&str], registration: Registration) -> Result<Built, Missing> {
    let lookup = |name: &str| match (name, registration.flags()) {
        ("RUMPKERNEL_CFLAGS", Some(flags)) => Some(flags.into()),
        _ => std::env::var_os(name),
    };
    let mut settings = Settings::read(HOST, &lookup).unwrap();
    settings.offline = true;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let configuration = Configuration {
        components: names.iter().map(|&name| name.to_owned()).collect(),
        own: Vec::new(),
        target: HOST.to_owned(),
        host: HOST.to_owned(),
        debug_assertions: true,
        debuginfo: false,
        out_dir: folder.join(format!("{registration:?}")),
        jobs: std::thread::available_parallelism().unwrap(),
        image: None,
        lld: None,
        vendored: None,
        compiler: None,
        settings,
    };
    match builder::build(&configuration, &mut Warnings::default()) {
        Err(Error::Sources(error)) => Err(Missing::tool(error)),
        result => Ok(result.unwrap()),
    }
}

/// Links each library into a shared one, with those that it needs and the hypercalls in `lib`.
pub(crate) fn link(built: &Built, registration: Registration, lib: &Path, folder: &Path) {
    let mut needed: Vec<PathBuf> = Vec::new();
    for library in built.libraries.iter().rev() {
        let name = format!("lib{}.so", library.name);
        let file = folder.join(&name);
        let mut command = compiler();
        command.args(["-shared", "-o"]).arg(&file);
        command.arg(format!("-Wl,-soname,{name}"));
        if registration == Registration::LinkSets {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/drop_in/c/link_sets.ld");
            command.args(["-fuse-ld=bfd", "-T", script]);
        }
        command.arg("-Wl,--whole-archive").arg(&library.path);
        command.args(["-Wl,--no-whole-archive", "-Wl,--as-needed"]);
        command.args(needed.iter().rev());
        command.arg("-L").arg(lib).arg("-lrumpuser");
        run(&mut command);
        needed.push(file);
    }
}
