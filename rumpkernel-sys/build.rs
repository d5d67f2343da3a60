//! Reads Cargo's environment into a [`Configuration`], builds, and prints what Cargo needs.

use std::env;
use std::error::Error;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rumpkernel_build::builder::{self, Built, Configuration, OwnComponent, OwnFiles};
use rumpkernel_build::compile;
#[cfg(feature = "instances")]
use rumpkernel_build::image::{self, Packed};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Progress;
use rumpkernel_build::target::Target;

/// Asserts that the bindings are those of the tree and target at hand. It holds no code to link.
const LAYOUT_CHECK: &str = "layout_check";

/// What loaded kernels do of the hypercalls themselves.
const UNCONTENDED: &str = "uncontended";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in rumpkernel_build::with_sources(&*error).lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=checks");
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    if env::var_os("DOCS_RS").is_some() {
        return without_image();
    }
    let target = env::var("TARGET")?;
    // Also where nothing is built: of a target that no kernel is for, a check would tell nothing.
    Target::from_triple(&target)?;
    let mut settings = Settings::read(&target, &|name| env::var_os(name))?;
    for name in settings
        .names_read
        .iter()
        .chain(&compile::environment(&target))
    {
        println!("cargo::rerun-if-env-changed={name}");
    }
    if settings.skip_build {
        // No such library: a linker's complaint then names the reason.
        println!("cargo::rustc-link-lib=dylib=unset_RUMPKERNEL_SKIP_BUILD_to_link");
        return without_image();
    }
    let vendored = vendored(&mut settings);
    let configuration = configuration(target, vendored, settings)?;
    let built = builder::build(&configuration, &mut CargoWarnings)?;
    print(&built, &configuration);
    Ok(())
}

/// Writes an image that holds no kernel, where one is embedded and none is built.
fn without_image() -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "instances")]
    Packed::default().write(&Path::new(&env::var("OUT_DIR")?).join("image"))?;
    Ok(())
}

fn configuration(
    target: String,
    vendored: Option<PathBuf>,
    settings: Settings,
) -> Result<Configuration, Box<dyn Error>> {
    let checks = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("checks");
    Ok(Configuration {
        components: components(),
        own: vec![OwnComponent::Files(OwnFiles {
            name: LAYOUT_CHECK.into(),
            sources: vec![checks.join("layout.c")],
            flags: vec![format!("-I{}", checks.join("include").display())],
            ioconf: None,
            keep_names: true,
        })],
        target,
        host: env::var("HOST")?,
        // Cargo gives a build script the assertions of the profile that it builds for.
        debug_assertions: cfg!(debug_assertions),
        debuginfo: env::var("DEBUG")? != "false",
        out_dir: env::var("OUT_DIR")?.into(),
        jobs: env::var("NUM_JOBS")?.parse::<NonZeroUsize>()?,
        image: image(),
        lld: lld()?,
        vendored,
        compiler: None,
        settings,
    })
}

/// What is in the kernel image only, if there is to be one: hypercalls that rumpuser-posix lets a
/// kernel make itself.
fn image() -> Option<Vec<OwnComponent>> {
    let uncontended = env::var_os("DEP_RUMPUSER_UNCONTENDED").map(PathBuf::from);
    let component = |source| {
        OwnComponent::Files(OwnFiles {
            name: UNCONTENDED.into(),
            sources: vec![source],
            ..OwnFiles::default()
        })
    };
    cfg!(feature = "instances").then(|| uncontended.into_iter().map(component).collect())
}

/// The linker that came with rustc, for the kernel image.
#[cfg(feature = "instances")]
fn lld() -> Result<Option<PathBuf>, Box<dyn Error>> {
    let rustc = PathBuf::from(env::var_os("RUSTC").ok_or("Cargo does not say what RUSTC is")?);
    Ok(image::rust_lld(&rustc, &env::var("HOST")?))
}

#[cfg(not(feature = "instances"))]
fn lld() -> Result<Option<PathBuf>, Box<dyn Error>> {
    Ok(None)
}

/// The sources that the feature `vendored` brings; their snapshot is built unless a setting
/// decides.
#[cfg(feature = "vendored")]
fn vendored(settings: &mut Settings) -> Option<PathBuf> {
    if settings.source.is_some() {
        return None;
    }
    let Some(tree) = rumpkernel_src::TREE else {
        CargoWarnings.warn(
            "the feature `vendored` is on, but rumpkernel-src is the placeholder without sources: \
             put the crate that `cargo rumpkernel package` makes in its place",
        );
        return None;
    };
    println!("cargo::rerun-if-changed={tree}");
    let snapshot = rumpkernel_src::SNAPSHOT.map(str::to_owned);
    settings.snapshot = settings.snapshot.take().or(snapshot);
    Some(tree.into())
}

#[cfg(not(feature = "vendored"))]
fn vendored(_settings: &mut Settings) -> Option<PathBuf> {
    None
}

/// The components whose features are on: a feature is named as NetBSD names the library.
fn components() -> Vec<String> {
    let mut names: Vec<String> = env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter_map(|name| {
            name.strip_prefix("CARGO_FEATURE_RUMP")
                .map(|rest| format!("rump{rest}").to_lowercase())
        })
        .collect();
    names.sort_unstable();
    names
}

fn print(built: &Built, configuration: &Configuration) {
    for file in &built.dependencies {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    println!(
        "cargo::rustc-link-search=native={}",
        built.library_dir.display()
    );
    for library in &built.libraries {
        // Whole, because components register themselves by constructors that nothing refers to.
        println!(
            "cargo::rustc-link-lib=static:+whole-archive,-bundle={}",
            library.name
        );
    }
    // What direct dependents need to build components of their own, as DEP_RUMPKERNEL_<KEY>. Of the
    // settings they see the variables; only this build script sees the profile and which features
    // are on.
    let include = env::join_paths(&built.include_dirs).unwrap_or_default();
    println!("cargo::metadata=include={}", include.to_string_lossy());
    println!("cargo::metadata=source={}", built.tree.display());
    println!("cargo::metadata=libdir={}", built.library_dir.display());
    let names: Vec<&str> = built
        .libraries
        .iter()
        .map(|library| library.name.as_str())
        .collect();
    println!("cargo::metadata=components={}", names.join(","));
    println!("cargo::metadata=own={}", names[..built.own_count].join(","));
    println!(
        "cargo::metadata=debug_assertions={}",
        configuration.debug_assertions
    );
    println!("cargo::metadata=debuginfo={}", configuration.debuginfo);
    println!(
        "cargo::metadata=instances={}",
        configuration.image.is_some()
    );
    println!("cargo::metadata=target={}", configuration.target);
    println!("cargo::metadata=machine={}", built.machine.machine);
    println!(
        "cargo::metadata=machine_arch={}",
        built.machine.machine_arch
    );
    println!("cargo::metadata=machine_cpu={}", built.machine.machine_cpu);
}

/// Passes warnings on to Cargo and drops the rest: a build script has no terminal.
struct CargoWarnings;

impl Progress for CargoWarnings {
    fn warn(&mut self, message: &str) {
        for line in message.lines() {
            println!("cargo::warning={line}");
        }
    }
}
