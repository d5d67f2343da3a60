//! From a component's folder to what is to be compiled.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::flags::{arguments, without_choices};
use super::{Component, Error, Options, Origin, Source};
use crate::bsdmake::{Evaluator, Probes, RUMP_GUARD, Tree, elsewhere, inside, shown};
use crate::target::{Machine, repair};

/// Evaluates the Makefile in `directory`, relative to the tree, or absolute if it lies elsewhere.
///
/// # Errors
///
/// If the Makefile uses what [`bsdmake`](crate::bsdmake) does not know, or names a source that neither exists
/// nor is made by a rule.
pub fn evaluate(
    tree: &Tree,
    directory: &Path,
    machine: &Machine,
    options: &Options,
    probes: Probes<'_>,
) -> Result<Component, Error> {
    let own = directory.is_absolute();
    let inside = if own {
        elsewhere(directory)
    } else {
        Some(directory.to_owned())
    };
    let folder = inside.as_deref().and_then(Path::to_str);
    let folder = folder.ok_or_else(|| Error::Folder(directory.to_owned()))?;
    let mut make = Evaluator::new(tree, folder, options.settings(machine), probes);
    make.run()?;
    let component = Reading {
        make: &make,
        directory,
    }
    .component()?;
    if own && make.value(RUMP_GUARD)?.is_none() {
        return Err(Error::NoRules(directory.to_owned()));
    }
    Ok(component)
}

/// A finished evaluation, being read.
struct Reading<'a> {
    make: &'a Evaluator<'a>,
    directory: &'a Path,
}

impl Reading<'_> {
    fn component(&self) -> Result<Component, Error> {
        let name = self.text("LIB")?;
        if name.is_empty() {
            return Err(Error::Nameless(self.directory.to_owned()));
        }
        let objects = self.text("OBJS")?;
        if !objects.is_empty() {
            return Err(Error::ExtraObjects {
                component: name,
                objects,
            });
        }
        let user: Vec<String> = self.words("RUMPCOMP_USER_SRCS")?;
        Ok(Component {
            comment: self.text("COMMENT")?,
            directory: self.directory.to_owned(),
            sources: self.sources(&name, &user)?,
            cppflags: arguments(&self.text("CPPFLAGS")?),
            cflags: without_choices(arguments(&self.text("CFLAGS")?)),
            aflags: without_choices(arguments(&self.text("AFLAGS")?)),
            ioconf: self.ioconf()?,
            user_sources: user
                .iter()
                .map(|source| self.found(&name, source))
                .collect::<Result<_, _>>()?,
            user_cppflags: arguments(&self.text("RUMPCOMP_USER_CPPFLAGS")?),
            makefiles: self.make.files_read().to_vec(),
            name,
        })
    }

    fn text(&self, variable: &str) -> Result<String, Error> {
        Ok(self
            .make
            .value(variable)?
            .unwrap_or_default()
            .trim()
            .to_owned())
    }

    fn words(&self, variable: &str) -> Result<Vec<String>, Error> {
        Ok(self
            .text(variable)?
            .split_whitespace()
            .map(str::to_owned)
            .collect())
    }

    /// The sources in the order of `SRCS`, each object once, without the user's side.
    fn sources(&self, component: &str, user: &[String]) -> Result<Vec<Source>, Error> {
        let unrenamed: HashSet<String> = self.words("RUMPOBJ_NORENAME")?.into_iter().collect();
        let mut objects = HashSet::new();
        let mut sources = Vec::new();
        for written in self.words("SRCS")? {
            if user.contains(&written) || written.ends_with(".h") || written.ends_with(".sh") {
                continue;
            }
            let stem = written
                .rsplit_once('.')
                .map_or(&*written, |(stem, _)| stem)
                .to_owned();
            if !objects.insert(stem.clone()) {
                continue;
            }
            let object = format!("{stem}.o");
            if self.make.has_commands(&object) {
                return Err(Error::OwnRule {
                    component: component.to_owned(),
                    object,
                });
            }
            let origin = match self.make.source_of(&stem) {
                Some(path) => Origin::Tree(shown(&path)),
                None if self.make.is_made(&written) => Origin::Generated(written.clone()),
                // What is not in the tree is not missed.
                None if repair::is_superfluous(component, &written) => continue,
                None => return Err(missing(component, &written)),
            };
            let file = origin.file_name();
            sources.push(Source {
                flags: self.file_flags(&file)?,
                rename: !unrenamed.contains(&object),
                origin,
            });
        }
        Ok(sources)
    }

    /// What share/mk adds to the compiler's command for this file alone, in its order.
    fn file_flags(&self, file: &str) -> Result<Vec<String>, Error> {
        let assembly = !file.ends_with(".c");
        let variables = if assembly { &["AFLAGS"][..] } else { &[] };
        let mut flags = Vec::new();
        for variable in variables.iter().chain(&["COPTS", "CPUFLAGS", "CPPFLAGS"]) {
            let value = self.text(&format!("{variable}.{file}"))?;
            let without_warnings =
                |flag: &String| !flag.starts_with("-W") || flag.starts_with("-Wa,");
            flags.extend(arguments(&value).into_iter().filter(without_warnings));
        }
        Ok(flags)
    }

    fn found(&self, component: &str, source: &str) -> Result<PathBuf, Error> {
        self.make
            .find(source)
            .map(|path| shown(&path))
            .ok_or_else(|| missing(component, source))
    }

    fn ioconf(&self) -> Result<Option<PathBuf>, Error> {
        let file = self.text("IOCONF")?;
        if file.is_empty() {
            return Ok(None);
        }
        let path = self
            .make
            .expand(&format!("${{IOCONFDIR:U${{.CURDIR}}}}/{file}"))?;
        inside(&path)
            .map(|path| Some(shown(&path)))
            .ok_or(Error::Ioconf(file))
    }
}

fn missing(component: &str, file: &str) -> Error {
    Error::MissingSource {
        component: component.to_owned(),
        file: file.to_owned(),
    }
}
