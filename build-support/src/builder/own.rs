//! Components from outside of the tree: their descriptions, and what can be wrong with them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::setup::Setup;
use super::{Error, Library};
use crate::archive;
use crate::component::{Component, Origin, Source};
use crate::namespace;
use crate::store::{Key, KeyBuilder};

/// A component of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnComponent {
    /// A folder with a Makefile like those in the tree's `sys/rump/dev/lib`; an absolute path.
    Folder(PathBuf),
    /// Files.
    Files(OwnFiles),
}

/// A component of the user's own without a Makefile, compiled with the flags of the kernel's base.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnFiles {
    /// The library's name without `lib`. One that begins with `rumpdev_`, `rumpfs_` or `rumpnet_` says what the
    /// component needs at least.
    pub name: String,
    /// C and assembly files, absolute.
    pub sources: Vec<PathBuf>,
    /// Flags after the kernel's, such as `-I` and `-D`.
    pub flags: Vec<String>,
    /// The file for config(1), absolute, if the component has one.
    pub ioconf: Option<PathBuf>,
    /// Whether symbols stay as they are, outside of the kernel's name space.
    pub keep_names: bool,
}

/// A kernel that an earlier build made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The source tree that it was made from.
    pub tree: PathBuf,
    /// Its libraries.
    pub libraries: Vec<Library>,
    /// The names of those that are components of the user's own: what is in it is not built again.
    pub own: Vec<String>,
}

impl OwnFiles {
    /// The question which library this is, which no tree says anything about. Only what is in it is asked for; an
    /// ioconf has to be read.
    pub(super) fn question(&self, question: KeyBuilder) -> Option<Key> {
        let sources = self.sources.iter();
        let question = question
            .with_all(sources.map(|source| source.as_os_str().as_encoded_bytes()))
            .with_all(&self.flags)
            .with([u8::from(self.keep_names)]);
        self.ioconf.is_none().then(|| question.key())
    }

    /// The component, described as the tree's are.
    pub(super) fn described(&self, base: &Component) -> Component {
        let source = |path: &PathBuf| Source {
            origin: Origin::Tree(path.clone()),
            flags: self.flags.clone(),
            rename: !self.keep_names,
        };
        Component {
            name: self.name.clone(),
            comment: String::new(),
            directory: base.directory.clone(),
            sources: self.sources.iter().map(source).collect(),
            cppflags: base.cppflags.clone(),
            cflags: base.cflags.clone(),
            aflags: base.aflags.clone(),
            ioconf: self.ioconf.clone(),
            user_sources: Vec::new(),
            user_cppflags: Vec::new(),
            makefiles: base.makefiles.clone(),
        }
    }
}

/// The component of a folder.
pub(super) fn of_folder(setup: &Setup, folder: &Path) -> Result<Component, Error> {
    if folder.is_relative() {
        return Err(Error::RelativeFolder(folder.to_owned()));
    }
    let component = setup.component(folder)?;
    check_name(&component.name)?;
    if let Some(source) = component.user_sources.first() {
        return Err(Error::UserSources {
            component: component.name,
            file: source.clone(),
        });
    }
    Ok(component)
}

/// The folders of components that `folder` stands for: itself, or those in it that have a Makefile.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let has_makefile = |folder: &PathBuf| folder.join("Makefile").is_file();
    let folder = folder.to_owned();
    if folder.is_relative() || has_makefile(&folder) {
        return Ok(vec![folder]);
    }
    let entries = fs::read_dir(&folder).map_err(Error::file("read", &folder))?;
    let inside = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut inside: Vec<PathBuf> = inside.filter(has_makefile).collect();
    if inside.is_empty() {
        return Err(Error::Unexpected {
            path: folder,
            expected: "a Makefile of a component, or folders with such",
        });
    }
    inside.sort();
    Ok(inside)
}

pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(Error::Name(name.to_owned()));
    }
    Ok(())
}

/// What a component needs at least, as its name says.
#[must_use]
pub fn faction(name: &str) -> Option<&'static str> {
    let factions = [
        ("rumpdev_", "rumpdev"),
        ("rumpfs_", "rumpvfs"),
        ("rumpnet_", "rumpnet"),
    ];
    let faction = factions
        .into_iter()
        .find(|(prefix, _)| name.starts_with(prefix));
    faction.map(|(_, faction)| faction)
}

/// Refuses components of one's own that define what another component defines.
///
/// A linker would complain about two functions in words that name no component, and would make one variable of two
/// without a value.
pub(super) fn check_symbols(own: &[Library], others: &[Library]) -> Result<(), Error> {
    let defined = |library: &Library| {
        let bytes = fs::read(&library.path).map_err(Error::file("read", &library.path))?;
        let mut symbols = archive::symbols(&bytes);
        // What compilers define, in every object that needs it.
        symbols.retain(|symbol| !symbol.starts_with("__"));
        Ok::<_, Error>(symbols)
    };
    // By symbol, the component of one's own that defines it.
    let mut known: HashMap<String, &str> = HashMap::new();
    for library in own {
        for symbol in defined(library)? {
            if let Some(other) = known.insert(symbol.clone(), &library.name) {
                return Err(collision(symbol, &library.name, other));
            }
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    for library in others {
        let weak = namespace::weak_symbols(&library.name);
        for symbol in defined(library)? {
            let bare = symbol.strip_prefix("rumpns_").unwrap_or(&symbol);
            if let Some(own) = known.get(&symbol)
                && !weak.contains(&bare)
            {
                return Err(collision(symbol, own, &library.name));
            }
        }
    }
    Ok(())
}

fn collision(symbol: String, own: &str, other: &str) -> Error {
    Error::Collision {
        symbol,
        own: own.to_owned(),
        other: other.to_owned(),
    }
}
