//! Carries statements out, file by file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::conditional::Conditionals;
use super::definitions::{Definitions, Skipped};
use super::error::{Error, Location, invalid};
use super::files::{Files, ParsedFile};
use super::selection::Selection;
use super::syntax::Action;
use super::{Complaint, Generated, orphans, tables::Tables, write};

/// The state of one configuration while its files are read.
pub(super) struct Evaluation<'f> {
    files: &'f Files,
    definitions: Definitions,
    selection: Selection,
    name: Option<String>,
    /// The folders that included files are looked for in; the last one counts.
    prefixes: Vec<PathBuf>,
    /// The files being read, outermost first.
    open: Vec<PathBuf>,
    read: Vec<PathBuf>,
    complaints: Vec<Complaint>,
    /// How many statements have been looked at.
    statements: usize,
}

/// How deep includes nest at most.
const MAX_INCLUDES: usize = 64;

/// How many statements an ioconf leads to at most, many times those of a whole kernel.
const MAX_STATEMENTS: usize = 300_000;

impl<'f> Evaluation<'f> {
    /// Reads an ioconf file and everything that it includes, and writes its tables.
    pub(super) fn run(files: &'f Files, ioconf: &Path) -> Result<Generated, Error> {
        let mut evaluation = Evaluation {
            files,
            definitions: Definitions::default(),
            selection: Selection::default(),
            name: None,
            prefixes: Vec::new(),
            open: Vec::new(),
            read: Vec::new(),
            complaints: Vec::new(),
            statements: 0,
        };
        evaluation.definitions.mention_attribute("netbsd");
        let file = files.open(ioconf).map_err(|source| Error::Unreadable {
            path: ioconf.to_owned(),
            source,
        })?;
        evaluation.file(&file)?;
        evaluation.finish(&file)
    }

    fn finish(self, file: &ParsedFile) -> Result<Generated, Error> {
        let Evaluation {
            definitions,
            mut selection,
            name,
            read,
            complaints,
            ..
        } = self;
        let Some(name) = name else {
            let at = Location {
                file: Arc::clone(&file.path),
                line: 1,
            };
            return Err(invalid(
                &at,
                "there is no `ioconf NAME` statement".to_owned(),
            ));
        };
        orphans::mark(&definitions, &mut selection)?;
        let tables = Tables::new(&definitions, &selection);
        Ok(Generated {
            ioconf_c: write::text(|out| {
                write::ioconf_c(out, &name, &definitions, &selection, &tables)
            }),
            ioconf_h: write::text(|out| write::ioconf_h(out, &definitions, &selection, &tables)),
            locators_h: write::text(|out| write::locators_h(out, &definitions)),
            read,
            complaints,
        })
    }

    fn file(&mut self, file: &ParsedFile) -> Result<(), Error> {
        self.open.push(file.path.to_path_buf());
        if !self.read.iter().any(|p| **p == *file.path) {
            self.read.push(file.path.to_path_buf());
        }
        let mut conditionals = Conditionals::default();
        for statement in &file.statements {
            let at = Location {
                file: Arc::clone(&file.path),
                line: statement.line,
            };
            self.statements += 1;
            if self.statements > MAX_STATEMENTS {
                let problem = format!(
                    "expected at most {MAX_STATEMENTS} statements: files are included again and again"
                );
                return Err(invalid(&at, problem));
            }
            let known = |name: &str| self.definitions.find_attribute(name).is_some();
            if !conditionals.take(&statement.action, &at, known)? && conditionals.hold() {
                self.statement(&statement.action, at)?;
            }
        }
        self.open.pop();
        conditionals.end()
    }

    fn statement(&mut self, action: &Action, at: Location) -> Result<(), Error> {
        if self.name.is_none() && !matches!(action, Action::Ioconf(_) | Action::Malformed { .. }) {
            let problem = "expected `ioconf NAME` before any other statement".to_owned();
            return Err(invalid(&at, problem));
        }
        match action {
            // It becomes part of C identifiers.
            Action::Ioconf(name) if name.contains('-') => Err(invalid(
                &at,
                format!("bad name `{name}` of an ioconf: expected letters, digits and `_`"),
            )),
            Action::Ioconf(name) => match self.name.replace(name.clone()) {
                None => Ok(()),
                Some(first) => Err(invalid(
                    &at,
                    format!("a second `ioconf`; the first was `ioconf {first}`"),
                )),
            },
            Action::Include { path, optional } => self.include(path, *optional, &at),
            Action::Prefix(Some(path)) => {
                let below = self.prefixes.last().map(|p| p.join(path));
                self.prefixes
                    .push(below.unwrap_or_else(|| PathBuf::from(path)));
                Ok(())
            }
            Action::Prefix(None) => match self.prefixes.pop() {
                Some(_) => Ok(()),
                None => Err(invalid(&at, "there is no `prefix` to end".to_owned())),
            },
            Action::Malformed {
                opening,
                found,
                expected,
            } => Err(Error::Syntax {
                at,
                statement: opening.clone(),
                found: found.clone(),
                expected: expected.clone(),
            }),
            Action::PseudoRoot(_)
            | Action::PseudoDevice(_)
            | Action::NoPseudoDevice(_)
            | Action::Instance { .. }
            | Action::NoInstanceAt { .. }
            | Action::NothingAt(_)
            | Action::NoInstance(_) => self.select(action, &at),
            _ => {
                self.define(action, &at);
                Ok(())
            }
        }
    }

    /// Definitions that cannot stand are left out, as config(1) does for an ioconf: which files
    /// define what depends on the port, and a tree's own files lean on that.
    fn define(&mut self, action: &Action, at: &Location) {
        let definitions = &mut self.definitions;
        let outcome: Result<Vec<Skipped>, Skipped> = match action {
            Action::Version(version) => {
                definitions.version = *version;
                Ok(Vec::new())
            }
            Action::Select(attribute) => {
                definitions.mention_attribute(attribute);
                Ok(Vec::new())
            }
            Action::DeviceClass(name) => definitions.define_class(name).map(|()| Vec::new()),
            Action::Attribute {
                name,
                locators,
                depends,
            } => definitions
                .define_attribute(name, locators.as_deref(), depends)
                .map(|_| Vec::new()),
            Action::Device {
                name,
                role,
                locators,
                attributes,
            } => definitions
                .define_device(name, *role, locators.as_deref(), attributes)
                .map(|()| Vec::new()),
            Action::Attach {
                device,
                at,
                with,
                attributes,
            } => definitions.define_attachment(device, at, with.as_deref(), attributes),
            _ => Ok(Vec::new()),
        };
        let reasons = outcome.unwrap_or_else(|reason| vec![reason]);
        let complaints = reasons.into_iter().map(|text| Complaint {
            at: at.clone(),
            text,
        });
        self.complaints.extend(complaints);
    }

    fn select(&mut self, action: &Action, at: &Location) -> Result<(), Error> {
        let Evaluation {
            definitions,
            selection,
            ..
        } = self;
        match action {
            Action::PseudoRoot(name) => selection.add_pseudo_root(definitions, name, at),
            Action::PseudoDevice(name) => {
                let complaint = selection.add_pseudo(definitions, name, at)?;
                let complaint = complaint.map(|text| Complaint {
                    at: at.clone(),
                    text,
                });
                self.complaints.extend(complaint);
                Ok(())
            }
            Action::NoPseudoDevice(name) => selection.remove_pseudo(definitions, name, at),
            Action::Instance {
                name,
                at: place,
                locators,
                flags,
            } => selection.add_instance(definitions, name, place.as_deref(), locators, *flags, at),
            Action::NoInstanceAt { name, at: place } => {
                selection.remove_instance_at(definitions, name, place.as_deref(), at)
            }
            Action::NothingAt(place) => selection.remove_all_at(definitions, place.as_deref(), at),
            Action::NoInstance(name) => selection.remove_instances(definitions, name, at),
            _ => Ok(()),
        }
    }

    fn include(&mut self, path: &str, optional: bool, at: &Location) -> Result<(), Error> {
        let path = self.resolve(path, at);
        // One file can be reached by several paths.
        if self.open.contains(&path) || self.open.len() > MAX_INCLUDES {
            return Err(Error::IncludeCycle {
                at: at.clone(),
                path,
                chain_of_files: self.open.clone(),
            });
        }
        match self.files.open(&path) {
            Ok(file) => self.file(&file),
            Err(_) if optional => {
                self.read.push(path);
                Ok(())
            }
            Err(source) => Err(Error::MissingInclude {
                at: at.clone(),
                path,
                source,
            }),
        }
    }

    /// `./FILE` is beside the file that includes it, anything else below `sys` and the prefix.
    fn resolve(&self, path: &str, at: &Location) -> PathBuf {
        match (path.strip_prefix("./"), at.file.parent()) {
            (Some(beside), Some(folder)) => folder.join(beside),
            _ => {
                let mut folder = self.files.sys().to_owned();
                folder.extend(self.prefixes.last());
                folder.join(path)
            }
        }
    }
}
