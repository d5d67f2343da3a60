//! One component, ready to be compiled: its flags, its generated files, its key.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::generated::{self, GeneratedFile};
use super::setup::Setup;
use super::{Error, object_name};
use crate::bsdmake::{OBJECTS, TREE};
use crate::compile::{self, flags};
use crate::component::{Component, Origin, Source, placed};
use crate::sanitizer;
use crate::store::{Key, KeyBuilder};
use crate::target::repair::{self, Role};

/// A component of which everything is known that can be before compiling.
pub(super) struct Recipe {
    pub(super) component: Component,
    pub(super) generated: Vec<GeneratedFile>,
    /// The files that the generated ones were made from, besides Makefiles.
    pub(super) described_by: Vec<PathBuf>,
    pub(super) key: Key,
}

impl Recipe {
    /// Works everything out.
    pub(super) fn new(setup: &Setup, mut component: Component) -> Result<Self, Error> {
        let Component { name, sources, .. } = &mut component;
        sources.retain(|source| match &source.origin {
            Origin::Generated(file) => !repair::is_superfluous(name, file),
            Origin::Tree(_) => true,
        });
        let mut additions = Vec::new();
        let mut wrapped = Vec::new();
        let written = std::mem::take(&mut component.sources);
        let working = written
            .into_iter()
            .flat_map(|source| working(source, setup));
        component.sources = working.collect();
        for (index, source) in component.sources.iter_mut().enumerate() {
            if let Origin::Tree(path) = &source.origin {
                let flags = repair::flags(path, &setup.target.machine);
                source.flags.extend(flags.map(str::to_owned));
                if let Some(addition) = repair::addition(path) {
                    match addition.role {
                        Role::Header => {
                            source.flags.push("-include".to_owned());
                            source.flags.push(format!("{OBJECTS}/{}", addition.name));
                        }
                        Role::Wrapper => wrapped.push((index, addition.name)),
                    }
                    additions.push(GeneratedFile {
                        name: addition.name.to_owned(),
                        text: addition.text.to_owned(),
                    });
                }
            }
        }
        let (mut generated, mut described_by) =
            generated::generate(&component, setup.tree.root(), &setup.config)?;
        generated.append(&mut additions);
        for source in &mut component.sources {
            if let Origin::Tree(path) = &source.origin
                && let Some(edited) = edited(setup.tree.root(), path)
            {
                described_by.push(path.clone());
                if let Some(folder) = path.parent() {
                    source.flags.push("-iquote".to_owned());
                    source.flags.push(format!("{TREE}/{}", folder.display()));
                }
                source.origin = Origin::Generated(edited.name.clone());
                generated.push(edited);
            }
        }
        for (index, name) in wrapped {
            component.sources[index].origin = Origin::Generated(name.to_owned());
        }
        if setup.is_checked {
            sanitizer::instrument(&mut component, &mut generated);
        }
        let sources = component
            .sources
            .iter()
            .map(|source| format!("{:?} {:?} {}", source.origin, source.flags, source.rename));
        let texts = generated
            .iter()
            .map(|file| format!("{} {}", file.name, file.text));
        let key = KeyBuilder::new("recipe")
            .with(&component.name)
            .with(&setup.identity)
            .with_all(&component.cflags)
            .with_all(&component.cppflags)
            .with_all(&component.aflags)
            .with_all(sources)
            .with_all(texts)
            .key();
        Ok(Self {
            component,
            generated,
            described_by,
            key,
        })
    }

    /// Checks that the sources are there: of a part of a tree, Makefiles may know more than there
    /// is.
    pub(super) fn check_packaged(&self, setup: &Setup) -> Result<(), Error> {
        let tree = &setup.tree;
        if !tree.is_partial() {
            return Ok(());
        }
        for source in &self.component.sources {
            if let Origin::Tree(file) = &source.origin
                && !tree.root().join(file).is_file()
            {
                return Err(Error::NotPackaged {
                    component: self.component.name.clone(),
                    file: file.clone(),
                    tree: tree.root().to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Writes the generated files into the component's object folder.
    pub(super) fn prepare(&self, folder: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        for file in &self.generated {
            let path = folder.join(&file.name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
            }
            fs::write(&path, &file.text).map_err(Error::file("write", &path))?;
        }
        Ok(())
    }

    /// The compilations, in the order of the sources.
    pub(super) fn commands(&self, setup: &Setup, folder: &Path) -> Vec<compile::Command> {
        let component = &self.component;
        let place = |flags: &[String]| placed(flags, setup.tree.root(), folder);
        let hidden = setup.hidden(&component.name, folder);
        let mut names = Vec::new();
        let mut commands = Vec::new();
        for source in &component.sources {
            let path = match &source.origin {
                Origin::Tree(path) => setup.tree.root().join(path),
                Origin::Generated(name) => folder.join(name),
            };
            let (first, own) = if source.origin.is_assembly() {
                (&setup.flags.assembly, &component.aflags)
            } else {
                (&setup.flags.c, &component.cflags)
            };
            let mut all: Vec<OsString> = first.clone();
            all.extend(hidden.iter().cloned());
            let is_known = |flag: &&String| flags::is_known(&setup.compiler, flag);
            all.extend(place(
                &own.iter().filter(is_known).cloned().collect::<Vec<_>>(),
            ));
            all.extend(with_links(&component.cppflags, setup, folder));
            all.extend(place(&source.flags));
            all.extend(setup.flags.last.iter().cloned());
            let object = object_name(&path, &names);
            names.push(object.clone());
            commands.push(compile::Command {
                source: path,
                flags: all,
                folder: folder.to_owned(),
                object,
            });
        }
        commands
    }
}

/// A source with the words replaced that rules replace, if there are any; what cannot be read is
/// reported by the compiler.
fn edited(root: &Path, source: &Path) -> Option<GeneratedFile> {
    let text = fs::read(root.join(source)).ok()?;
    let text = repair::edited(source, &String::from_utf8_lossy(&text))?;
    let place = Path::new(flags::SOURCE_NAME).join(source);
    Some(GeneratedFile {
        name: format!("repaired/{}", source.display()),
        text: format!("#line 1 \"{}\"\n{text}", place.display()),
    })
}

/// A source, or those that work in its place.
fn working(source: Source, setup: &Setup) -> Vec<Source> {
    let replaced = match &source.origin {
        Origin::Tree(path) => repair::replacement(path, &setup.target.machine),
        Origin::Generated(_) => None,
    };
    let Some(by) = replaced else {
        return vec![source];
    };
    let with = |path: &&str| Source {
        origin: Origin::Tree(path.into()),
        ..source.clone()
    };
    by.iter().map(with).collect()
}

/// The preprocessor's flags. NetBSD's build has the include links in the object folder; here all
/// components share one folder of them, searched right after it.
fn with_links(cppflags: &[String], setup: &Setup, folder: &Path) -> Vec<OsString> {
    let objects = format!("-I{OBJECTS}");
    let mut flags = Vec::new();
    for (flag, placed) in cppflags
        .iter()
        .zip(placed(cppflags, setup.tree.root(), folder))
    {
        flags.push(placed);
        if *flag == objects {
            let mut links = OsString::from("-I");
            links.push(setup.links.folder());
            flags.push(links);
        }
    }
    flags
}

impl Setup {
    /// Flags that keep this build's folders out of its results.
    fn hidden(&self, component: &str, folder: &Path) -> Vec<OsString> {
        let tree = flags::hidden(self.tree.root(), flags::SOURCE_NAME);
        let objects = flags::hidden(folder, &format!("{}/{component}", flags::OBJECT_NAME));
        let links = self.links.iter().map(|(link, place)| {
            let name = PathBuf::from(flags::SOURCE_NAME).join(place);
            flags::hidden(&link, &name.to_string_lossy())
        });
        [tree, objects].into_iter().chain(links).collect()
    }
}
