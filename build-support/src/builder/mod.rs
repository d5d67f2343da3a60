//! From a selection of components to libraries that can be linked: all stages in their order.
//!
//! [`build`] is what a build script calls. It prints nothing and reads no environment but what the
//! crate `cc` reads to find the compiler: settings come in as values, what there is to tell goes to
//! a [`Progress`], and what Cargo has to know comes back in [`Built`].

mod error;
mod finish;
mod generated;
#[cfg(feature = "instances")]
mod image;
mod inputs;
mod jobs;
mod links;
mod own;
mod pinned;
mod recipe;
mod run;
mod selection;
mod setup;
mod source;

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::settings::Settings;
use crate::snapshot::{Progress, Tree};
use crate::target::{Machine, Target};
pub use error::Error;
pub use generated::{GeneratedFile, generate};
pub use own::{Earlier, OwnComponent, OwnFiles, faction};
use run::Build;
pub use source::sources;

/// What to build, and how.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Components by the names of their libraries, such as `rumpfs_ffs`, or by their short names.
    /// What they need is added, and what the settings name.
    pub components: Vec<String>,
    /// Components from outside of the tree that are not part of the kernel's libraries nor of its
    /// image, unlike those that the settings name.
    pub own: Vec<OwnComponent>,
    /// The Rust triple to build for.
    pub target: String,
    /// The Rust triple of this machine.
    pub host: String,
    /// Whether the profile has debug assertions; the kernel's follow unless a setting decides.
    pub debug_assertions: bool,
    /// Whether the profile has debug information; the kernel's follows unless a setting decides.
    pub debuginfo: bool,
    /// Whether to make a kernel image of the libraries, besides them ([`Built::image`]), and what
    /// is in it that is not linked otherwise. A function `__wrap_x` there takes the place of the
    /// function `x`, which it calls `__real_x`, as with the linker's `--wrap`. That takes the
    /// feature `instances`.
    pub image: Option<Vec<OwnComponent>>,
    /// The LLD that links the image, such as `image::rust_lld` finds; without one, or
    /// for a machine that it does not know, the C compiler's linker does.
    pub lld: Option<PathBuf>,
    /// The build's own folder. Everything that [`Built`] names lies in it.
    pub out_dir: PathBuf,
    /// The most compilers to run at once. Cargo's jobserver may allow fewer.
    pub jobs: NonZeroUsize,
    /// The vendored part of a tree, if there is one.
    pub vendored: Option<PathBuf>,
    /// The C compiler, whatever the environment says.
    pub compiler: Option<PathBuf>,
    /// The user's settings.
    pub settings: Settings,
}

/// A library that was built, or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its name without `lib` and `.a`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Whether it was compiled now, rather than found in the store.
    pub compiled: bool,
}

/// What a build cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many files were compiled.
    pub compiled_files: usize,
    /// How many components came from the store.
    pub reused_components: usize,
    /// The compilers' processor time.
    pub compiler_time: Duration,
    /// The time from beginning to end.
    pub elapsed: Duration,
}

/// The result of a build.
#[derive(Debug, Clone)]
pub struct Built {
    /// The libraries, each before those that it needs. All are to be linked whole. Those of
    /// [`Settings::own_components`] come first.
    pub libraries: Vec<Library>,
    /// How many these are.
    pub own_count: usize,
    /// The libraries of [`Configuration::own`], in its order.
    pub own: Vec<Library>,
    /// The folder with all of them.
    pub library_dir: PathBuf,
    /// The Rust source of the kernel image, an expression of rumpuser-posix's type `Image`.
    pub image: Option<PathBuf>,
    /// Folders for `-I`, with which a dependent compiles code against the kernel's headers.
    pub include_dirs: Vec<PathBuf>,
    /// The source tree.
    pub tree: PathBuf,
    /// The target's NetBSD names.
    pub machine: Machine,
    /// Files whose change makes the build out of date; empty for sources that never change.
    pub dependencies: Vec<PathBuf>,
    /// What it cost.
    pub statistics: Statistics,
}

/// Builds what the configuration says.
///
/// # Errors
///
/// See [`Error`]. Components that were finished before the failure stay in the store.
pub fn build(configuration: &Configuration, progress: &mut dyn Progress) -> Result<Built, Error> {
    let begun = Instant::now();
    let target = Target::from_triple(&configuration.target)?;
    if configuration.image.is_some() && !cfg!(feature = "instances") {
        return Err(Error::WithoutImages);
    }
    let _lock = lock(&configuration.out_dir)?;
    let vendored = configuration.vendored.as_deref();
    let tree = sources(&configuration.settings, vendored, progress)?;
    let mut built = Build::begin(configuration, target, tree)?.run(progress)?;
    built.statistics.elapsed = begun.elapsed();
    Ok(built)
}

/// Builds [`Configuration::own`] alone, for a kernel that an earlier build made.
///
/// # Errors
///
/// See [`Error`].
pub fn build_own(
    configuration: &Configuration,
    kernel: &Earlier,
    progress: &mut dyn Progress,
) -> Result<Built, Error> {
    let begun = Instant::now();
    let target = Target::from_triple(&configuration.target)?;
    let _lock = lock(&configuration.out_dir)?;
    let tree = Tree::unread(kernel.tree.clone());
    let mut built = Build::begin(configuration, target, tree)?.run_own(kernel, progress)?;
    built.statistics.elapsed = begun.elapsed();
    Ok(built)
}

/// Waits until no other build works in the folder, and keeps others out while the file lives.
fn lock(folder: &Path) -> Result<File, Error> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let path = folder.join("lock");
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    file.lock().map_err(Error::file("lock", &path))?;
    Ok(file)
}

/// Where the base's Makefile lies.
const BASE_DIRECTORY: &str = "sys/rump/librump/rumpkern";

/// The object's name for a source, unlike all that are `taken`.
fn object_name(source: &Path, taken: &[String]) -> String {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = format!("{stem}.o");
    let mut count = 1;
    while taken.contains(&name) {
        count += 1;
        name = format!("{stem}-{count}.o");
    }
    name
}
