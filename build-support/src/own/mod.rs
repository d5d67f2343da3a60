//! Components of one's own, compiled and linked by the build script of a crate that depends on
//! rumpkernel-sys.
//!
//! This is the one module that knows of Cargo: it reads what rumpkernel-sys exports
//! (`DEP_RUMPKERNEL_*`), so that the component is compiled from the same sources, for the same
//! target and with the same settings as the kernel, and prints what links it to the program.
//!
//! ```no_run
//! // build.rs
//! use std::process::ExitCode;
//!
//! use rumpkernel_build::own::{self, Own};
//!
//! fn main() -> ExitCode {
//!     own::report(Own::from_env().and_then(|own| own.folder("driver").build()))
//! }
//! ```
//!
//! The folder holds sources and a Makefile like those in NetBSD's `sys/rump/dev/lib`, of which
//! three lines are enough:
//!
//! ```make
//! LIB=  rumpdev_mine
//! SRCS= mine.c
//! .include <bsd.lib.mk>
//! ```
//!
//! What is linked so is part of the kernel that is linked into the program, but not of the image
//! from which `Kernel::boot` loads any number of kernels with the feature `instances`:
//! rumpkernel-sys has made that before. A folder that the setting `RUMPKERNEL_OWN_COMPONENTS` names
//! is part of both. Where it names the component already, nothing is linked twice.

mod error;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::builder::{self, Configuration, Earlier, Library, OwnComponent, OwnFiles};
use crate::compile;
use crate::settings::Settings;
use crate::snapshot::Progress;
pub use error::Error;

/// The components that a build script wants to be built.
#[derive(Debug)]
pub struct Own {
    /// None where no kernel is built either.
    kernel: Option<Kernel>,
    /// The crate's folder.
    folder: PathBuf,
    components: Vec<OwnComponent>,
}

/// What rumpkernel-sys has built.
#[derive(Debug)]
struct Kernel {
    configuration: Configuration,
    earlier: Earlier,
    has_image: bool,
}

impl Own {
    /// Reads what Cargo and rumpkernel-sys tell a build script, and the settings (`RUMPKERNEL_*`).
    ///
    /// Where no kernel is built (`RUMPKERNEL_SKIP_BUILD`, or on docs.rs) no component is.
    ///
    /// # Errors
    ///
    /// [`Error::NotExported`] if the crate does not depend on rumpkernel-sys directly.
    pub fn from_env() -> Result<Self, Error> {
        let target = cargo("TARGET")?;
        let settings = Settings::read(&target, &|name| env::var_os(name))?;
        for name in settings
            .names_read
            .iter()
            .chain(&compile::environment(&target))
        {
            println!("cargo::rerun-if-env-changed={name}");
        }
        let is_built = !settings.skip_build && env::var_os("DOCS_RS").is_none();
        Ok(Self {
            kernel: is_built.then(|| kernel(target, settings)).transpose()?,
            folder: cargo("CARGO_MANIFEST_DIR")?.into(),
            components: Vec::new(),
        })
    }

    /// Adds the component of a folder with a Makefile, relative to the crate's.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        let folder = self.folder.join(folder);
        self.components.push(OwnComponent::Folder(folder));
        self
    }

    /// Adds a component without a Makefile. Its paths may be relative to the crate's folder.
    #[must_use]
    pub fn files(mut self, mut files: OwnFiles) -> Self {
        for path in files.sources.iter_mut().chain(&mut files.ioconf) {
            *path = self.folder.join(&*path);
        }
        self.components.push(OwnComponent::Files(files));
        self
    }

    /// Builds the components, and prints what makes Cargo link them, whole, and run the build
    /// script again when a file of theirs changes.
    ///
    /// # Errors
    ///
    /// A component that cannot be built, whose symbols another one has, or whose needs are not
    /// linked; see [`Error`].
    pub fn build(self) -> Result<(), Error> {
        let Some(mut kernel) = self.kernel else {
            return Ok(());
        };
        kernel.configuration.own = self.components;
        let built = builder::build_own(&kernel.configuration, &kernel.earlier, &mut CargoWarnings)?;
        for library in &built.own {
            let mut linked = kernel.earlier.libraries.iter();
            if let Some(need) = builder::faction(&library.name)
                && linked.all(|linked| linked.name != need)
            {
                let own = library.name.clone();
                return Err(Error::Need { own, need });
            }
            println!(
                "cargo::rustc-link-lib=static:+whole-archive,-bundle={}",
                library.name
            );
            if kernel.has_image {
                println!(
                    "cargo::warning=component {} is part of the linked kernel, not of those that Kernel::boot() loads \
                     with the feature `instances`: name its folder in RUMPKERNEL_OWN_COMPONENTS",
                    library.name
                );
            }
        }
        println!(
            "cargo::rustc-link-search=native={}",
            built.library_dir.display()
        );
        for file in &built.dependencies {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        Ok(())
    }
}

/// Ends a build script: an error becomes Cargo's.
#[must_use]
pub fn report(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in crate::with_sources(&error).lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn kernel(target: String, settings: Settings) -> Result<Kernel, Error> {
    let tree = exported("SOURCE")?.into();
    let kernels = exported("TARGET")?;
    if kernels != target {
        return Err(Error::Target {
            kernel: kernels,
            own: target,
        });
    }
    let library_dir = PathBuf::from(exported("LIBDIR")?);
    let library = |name: &str| Library {
        path: library_dir.join(format!("lib{name}.a")),
        name: name.to_owned(),
        compiled: false,
    };
    let jobs = cargo("NUM_JOBS")?;
    Ok(Kernel {
        earlier: Earlier {
            tree,
            libraries: exported("COMPONENTS")?.split(',').map(library).collect(),
            own: exported("OWN")?.split(',').map(str::to_owned).collect(),
        },
        has_image: flag("INSTANCES")?,
        configuration: Configuration {
            components: Vec::new(),
            own: Vec::new(),
            target,
            host: cargo("HOST")?,
            debug_assertions: flag("DEBUG_ASSERTIONS")?,
            debuginfo: flag("DEBUGINFO")?,
            image: None,
            lld: None,
            out_dir: cargo("OUT_DIR")?.into(),
            jobs: jobs.parse().map_err(|_| Error::Value {
                variable: "NUM_JOBS".into(),
                value: jobs,
                expected: "a number from 1",
            })?,
            vendored: None,
            compiler: None,
            settings,
        },
    })
}

fn cargo(variable: &'static str) -> Result<String, Error> {
    env::var(variable).map_err(|_| Error::NotCargo(variable))
}

fn exported(key: &'static str) -> Result<String, Error> {
    env::var(format!("DEP_RUMPKERNEL_{key}")).map_err(|_| Error::NotExported(key))
}

fn flag(key: &'static str) -> Result<bool, Error> {
    let value = exported(key)?;
    value.parse().map_err(|_| Error::Value {
        variable: format!("DEP_RUMPKERNEL_{key}"),
        value,
        expected: "true or false",
    })
}

/// Passes warnings on to Cargo.
struct CargoWarnings;

impl Progress for CargoWarnings {
    fn warn(&mut self, message: &str) {
        for line in message.lines() {
            println!("cargo::warning={line}");
        }
    }
}
