//! Where a compiler looks for what is included, as its flags say.

use rumpkernel_build::bsdmake::{OBJECTS, TREE};
use rumpkernel_build::target::Target;

/// A place on the search path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    /// The component's object folder, where generated files are.
    Objects,
    /// A folder of the tree.
    Folder(String),
}

/// The search path of one source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Search {
    places: Vec<Place>,
    /// Names in includes that stand for folders of the tree.
    links: Vec<(&'static str, String)>,
    /// Files that are included by flags.
    pub(super) included: Vec<String>,
}

/// Where a file may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Candidate {
    /// Among the generated files, under this name.
    Generated(String),
    /// In the tree, at this path.
    Tree(String),
}

impl Search {
    pub(super) fn new<'f>(flags: impl Iterator<Item = &'f String>, target: &Target) -> Self {
        let mut places = Vec::new();
        let mut included = Vec::new();
        let mut flags = flags;
        while let Some(flag) = flags.next() {
            if let Some(rest) = flag.strip_prefix("-I") {
                let folder = if rest.is_empty() {
                    flags.next().map(String::as_str)
                } else {
                    Some(rest)
                };
                places.extend(folder.and_then(place));
            } else if ["-isystem", "-iquote", "-idirafter"].contains(&flag.as_str()) {
                places.extend(flags.next().and_then(|folder| place(folder)));
            } else if ["-include", "-imacros"].contains(&flag.as_str()) {
                included.extend(flags.next().cloned());
            }
        }
        let links = target.include_links().into_iter();
        Self {
            places,
            included,
            links: links
                .map(|(name, folder)| (name, folder.to_string_lossy().into_owned()))
                .collect(),
        }
    }

    /// The places of `name`, in the compiler's order; `folder` is where a quoting file lies.
    pub(super) fn candidates<'a>(
        &'a self,
        name: &'a str,
        folder: Option<&'a str>,
    ) -> impl Iterator<Item = Candidate> + 'a {
        let beside = folder.and_then(|folder| folded(&format!("{folder}/{name}")));
        let linked = self.links.iter().find_map(|(link, folder)| {
            let rest = name.strip_prefix(link)?.strip_prefix('/')?;
            folded(&format!("{folder}/{rest}"))
        });
        let along = self.places.iter().flat_map(move |place| match place {
            Place::Objects => {
                let links = linked.clone().map(Candidate::Tree);
                [Some(Candidate::Generated(name.to_owned())), links]
            }
            Place::Folder(folder) => {
                let path = folded(&format!("{folder}/{name}"));
                [path.map(Candidate::Tree), None]
            }
        });
        let named = inside(name).map(Candidate::Tree);
        named
            .into_iter()
            .chain(beside.map(Candidate::Tree))
            .chain(along.flatten())
    }
}

fn place(folder: &str) -> Option<Place> {
    if folder == OBJECTS || folder == "." {
        return Some(Place::Objects);
    }
    inside(folder).map(Place::Folder)
}

/// The path in the tree that a flag means.
fn inside(path: &str) -> Option<String> {
    let rest = path.strip_prefix(TREE)?;
    if rest.is_empty() || rest.starts_with('/') {
        folded(rest)
    } else {
        None
    }
}

/// The path without `.` and `..`; none if it leaves the tree.
fn folded(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_in_the_compilers_order() {
        let flags = [
            "-DX",
            "-I@TREE@/sys/a/../b",
            "-I",
            "@OBJECTS@",
            "-isystem",
            "@TREE@/sys",
        ];
        let flags = flags.map(str::to_owned);
        let target = Target::from_triple("x86_64-unknown-linux-gnu").unwrap();
        let search = Search::new(flags.iter(), &target);
        let found: Vec<Candidate> = search.candidates("machine/x.h", Some("sys/kern")).collect();
        let tree = |path: &str| Candidate::Tree(path.to_owned());
        assert_eq!(
            found,
            [
                tree("sys/kern/machine/x.h"),
                tree("sys/b/machine/x.h"),
                Candidate::Generated("machine/x.h".to_owned()),
                tree("sys/arch/amd64/include/x.h"),
                tree("sys/machine/x.h"),
            ]
        );
    }
}
