//! `package`: a crate with the sources of some features, for builds that have neither cache nor
//! network.
//!
//! ```text
//! rumpkernel-src/
//!   Cargo.toml       says snapshot, features, targets and licences
//!   NOTICES          the notices of all its files
//!   lib.rs           where the sources are
//!   netbsd/          the files, and the manifest of the whole snapshot, which they are verified against
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rumpkernel_build::snapshot::manifest;
use rumpkernel_build::target::Target;

use crate::archive::{self, Archive};
use crate::cli;
use crate::error::Error;
use crate::features::Features;
use crate::notices::Notices;
use crate::output;
use crate::reads::Reads;
use crate::survey::Survey;

/// The crate's name, and that of its folder.
const NAME: &str = "rumpkernel-src";
/// The folder of the sources.
const SOURCES: &str = "netbsd";
/// The compressed size that crates.io accepts, in bytes.
const LIMIT: u64 = 10 << 20;

/// Makes the crate.
pub(crate) fn run(options: &cli::Package) -> Result<(), Error> {
    let mut targets = options.targets.or_all()?;
    let survey = Survey::open(&options.sources)?;
    let catalogue = survey.catalogue(&targets[0])?;
    let components = Features::new().components(&options.features, &catalogue, &survey.pin.name)?;
    let reads = if options.targets.is_named() {
        Reads::of(&survey, &components, &targets)?
    } else {
        everywhere(&survey, &components, &mut targets)?
    };

    let mut files = Vec::new();
    for path in reads.all() {
        if let Some(entry) = survey.manifest.get(path) {
            let content = archive::content(survey.tree.root(), path, entry)?;
            files.push((format!("{SOURCES}/{path}"), content));
        }
    }
    let notices = Notices::of(survey.tree.root(), reads.all().into_iter())?;
    let description = Description {
        survey: &survey,
        features: &options.features,
        components: catalogue
            .closure(&components)?
            .iter()
            .map(|entry| entry.name.as_str())
            .collect(),
        targets: targets
            .iter()
            .map(|target| target.triple.as_str())
            .collect(),
        licence: notices.expression(),
    };
    let list = format!("{SOURCES}/{}", manifest::FILE_NAME);
    for (name, text) in [
        ("Cargo.toml", description.manifest()),
        ("NOTICES", notices.to_text()),
        ("lib.rs", description.library()),
        (&list, survey.manifest.to_text()),
    ] {
        files.push((name.to_owned(), text.into_bytes()));
    }
    files.sort();
    let size = compressed(&files)?;
    if size > LIMIT && !options.any_size {
        return Err(Error::TooLarge {
            size: output::size(size),
            limit: output::size(LIMIT),
        });
    }
    let folder = options
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(NAME));
    write(&folder, &files)?;
    output::text(&format!(
        "{}: {} files of snapshot {} for {} targets, {} compressed\n",
        folder.display(),
        files.len(),
        survey.pin.name,
        targets.len(),
        output::size(size)
    ))
}

/// What builds for `targets` read, from which those go for which there can be no build.
///
/// Nobody has asked for these by name, so nothing is said of them; the crate lists its targets.
fn everywhere(
    survey: &Survey,
    components: &[String],
    targets: &mut Vec<Target>,
) -> Result<Reads, Error> {
    let all = targets.clone();
    let (reads, refused) = Reads::where_possible(survey, components, &all);
    targets.retain(|target| refused.iter().all(|(other, _)| *other != target));
    match refused.into_iter().next() {
        Some((_, error)) if targets.is_empty() => Err(error),
        _ => Ok(reads),
    }
}

/// What the crate says of itself.
struct Description<'a> {
    survey: &'a Survey,
    features: &'a [String],
    components: Vec<&'a str>,
    targets: Vec<&'a str>,
    /// An SPDX expression, if there is one.
    licence: Option<String>,
}

impl Description<'_> {
    fn manifest(&self) -> String {
        let pin = self.survey.pin;
        let licence = match &self.licence {
            Some(expression) => format!("license = \"{expression}\""),
            None => "license-file = \"NOTICES\"".to_owned(),
        };
        // None of the values can hold a quote or backslash: names, triples and digits.
        format!(
            "[package]\n\
             name = \"{NAME}\"\n\
             description = \"Sources of NetBSD for rumpkernel's feature `vendored`, made by cargo rumpkernel package\"\n\
             version = \"{version}\"\n\
             edition = \"2024\"\n\
             {licence}\n\
             include = [\"/NOTICES\", \"/lib.rs\", \"/{SOURCES}/**\"]\n\
             \n\
             [lib]\n\
             path = \"lib.rs\"\n\
             \n\
             [package.metadata.rumpkernel]\n\
             snapshot = \"{name}\"\n\
             revision = \"{revision}\"\n\
             digest = \"{digest}\"\n\
             features = {features:?}\n\
             components = {components:?}\n\
             targets = {targets:?}\n\
             \n\
             # A package of its own, wherever its folder lies.\n\
             [workspace]\n",
            version = env!("CARGO_PKG_VERSION"),
            name = pin.name,
            revision = pin.revision,
            digest = pin.digest,
            features = self.features,
            components = self.components,
            targets = self.targets,
        )
    }

    fn library(&self) -> String {
        format!(
            "//! Sources of NetBSD for rumpkernel's feature `vendored`, made by `cargo rumpkernel package`.\n\
             \n\
             /// The folder with the sources and the manifest that they are verified against.\n\
             pub const TREE: Option<&str> = Some(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{SOURCES}\"));\n\
             \n\
             /// The name of the snapshot that they are of.\n\
             pub const SNAPSHOT: Option<&str> = Some(\"{}\");\n",
            self.survey.pin.name
        )
    }
}

/// How large `cargo package` makes the files.
fn compressed(files: &[(String, Vec<u8>)]) -> Result<u64, Error> {
    let mut archive = Archive::new(Counter(0));
    for (name, content) in files {
        archive.append(
            &format!("{NAME}-{}/{name}", env!("CARGO_PKG_VERSION")),
            content,
        )?;
    }
    Ok(archive.finish()?.0)
}

/// Counts what is written.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts the files into `folder`, in place of a package that was made before.
fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
    let is_ours = folder.join(SOURCES).join(manifest::FILE_NAME).is_file();
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !is_ours && (!is_empty || folder.is_file()) {
        return Err(Error::Occupied(folder.to_owned()));
    }
    let parent = folder.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
    // Made beside its place, so that nobody sees half of it.
    let part = tempfile::Builder::new()
        .prefix(".rumpkernel-src-")
        .tempdir_in(parent)
        .map_err(Error::file("create", folder))?;
    let made = part.path().join(NAME);
    for (name, content) in files {
        let path = made.join(name);
        let parent = path.parent().unwrap_or(&made);
        fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        fs::write(&path, content).map_err(Error::file("write", &path))?;
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::file("remove", folder)(error));
        }
        _ => {}
    }
    fs::rename(&made, folder).map_err(Error::file("write", folder))
}
