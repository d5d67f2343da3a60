//! Sources in which a few words are replaced.
//!
//! For faults in the middle of a function that neither a flag nor a header reaches. A rule quotes
//! no more of a source than finds the place, and applies only where it finds it exactly once: a
//! snapshot whose text differs is compiled as it is.

mod buffers;
mod disk_ends;
mod dm;
mod domains;
mod drvctl;
mod durability;
mod frames;
mod hfs;
mod leaks;
mod lfs;
mod lfs_failed_writes;
mod lfs_superblocks;
mod listings;
mod mounts;
mod msdosfs;
mod netsmb;
mod nilfs;
mod ntfs;
mod pages;
mod raidframe;
mod sectors;
mod shifts;
mod speed;
mod superblocks;
mod sysvbfs;
mod times;
mod truncation;
mod udf;
mod used_inodes;
mod v7fs;
mod wapbl;

use std::borrow::Cow;
use std::path::Path;

/// In place of a function's name: what comes before the first function's body.
const HEAD: &str = "";

/// One replacement in one function of a source.
#[derive(Debug)]
struct Rule {
    source: &'static str,
    /// The function's name, as its definition begins a line with it; or [`HEAD`].
    function: &'static str,
    /// Words that the function has once, within a line.
    find: &'static str,
    by: &'static str,
    /// The first snapshot that has these words; none if all have them.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the text decides; a test compares")
    )]
    since: Option<&'static str>,
}

/// The rules, a list for each subject.
const RULES: &[&[Rule]] = &[
    buffers::RULES,
    disk_ends::RULES,
    dm::RULES,
    domains::RULES,
    drvctl::RULES,
    durability::RULES,
    frames::RULES,
    hfs::RULES,
    leaks::RULES,
    lfs::RULES,
    lfs_failed_writes::RULES,
    lfs_superblocks::RULES,
    listings::RULES,
    mounts::RULES,
    msdosfs::RULES,
    netsmb::RULES,
    nilfs::RULES,
    ntfs::RULES,
    pages::RULES,
    raidframe::RULES,
    sectors::RULES,
    shifts::RULES,
    speed::RULES,
    superblocks::RULES,
    sysvbfs::RULES,
    times::RULES,
    truncation::RULES,
    udf::RULES,
    used_inodes::RULES,
    v7fs::RULES,
    wapbl::RULES,
];

/// The text of a source with all replacements made, if there is one to make.
#[must_use]
pub fn edited(source: &Path, text: &str) -> Option<String> {
    apply(RULES, source, text)
}

fn apply(rules: &[&[Rule]], source: &Path, text: &str) -> Option<String> {
    let rules = rules.iter().copied().flatten();
    let rules = rules.filter(|rule| source == Path::new(rule.source));
    let edited = rules.fold(Cow::Borrowed(text), |text, rule| {
        match replace(rule, &text) {
            Some(edited) => Cow::Owned(edited),
            None => text,
        }
    });
    match edited {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

fn replace(rule: &Rule, text: &str) -> Option<String> {
    let body = body(text, rule.function)?;
    let mut places = text[body.clone()].match_indices(rule.find);
    let (place, found) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    let place = body.start + place;
    let (before, after) = (&text[..place], &text[place + found.len()..]);
    Some([before, rule.by, after].concat())
}

/// Where a function's definition is, in NetBSD's style: its name begins a line, and so does the
/// brace that ends it.
fn body(text: &str, function: &str) -> Option<std::ops::Range<usize>> {
    if function == HEAD {
        return text.find("\n{").map(|end| 0..end);
    }
    let mut place = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let is_named = line.strip_prefix(function);
        match start {
            // What ends with a semicolon is a declaration.
            None if is_named.is_some_and(|rest| rest.starts_with('(')) => {
                start = (!line.trim_end().ends_with(';')).then_some(place);
            }
            Some(start) if line.starts_with('}') => return Some(start..place + line.len()),
            _ => {}
        }
        place += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::snapshot;

    const TEXT: &str = "int cut(int);\n\nint\ncut(int a)\n{\n\treturn a << 1;\n}\n\nint\nput(int a)\n{\n\treturn a << 1;\n}\n";

    fn rule(function: &'static str, find: &'static str) -> Rule {
        let (source, by, since) = ("sys/cut.c", "b", None);
        Rule {
            source,
            function,
            find,
            by,
            since,
        }
    }

    #[test]
    fn only_the_function_is_edited() {
        let edited = apply(&[&[rule("put", "a << 1")]], Path::new("sys/cut.c"), TEXT).unwrap();
        assert_eq!(edited.matches("a << 1").count(), 1);
        assert!(edited.find("return b").unwrap() > edited.find("put").unwrap());
    }

    #[test]
    fn the_head_ends_at_the_first_function() {
        let edit = |find| apply(&[&[rule(HEAD, find)]], Path::new("sys/cut.c"), TEXT);
        assert!(
            edit("int cut(int);")
                .unwrap()
                .starts_with("b\n\nint\ncut(int a)\n{")
        );
        assert_eq!(edit("put"), None);
    }

    #[test]
    fn other_text_is_left_alone() {
        let edit = |function, find| apply(&[&[rule(function, find)]], Path::new("sys/cut.c"), TEXT);
        assert_eq!(edit("cut", "a << 2"), None);
        assert_eq!(edit("cut", "a"), None, "a stands there twice");
        assert_eq!(edit("gut", "a << 1"), None);
        assert_eq!(
            apply(&[&[rule("cut", "a << 1")]], Path::new("cut.c"), TEXT),
            None
        );
    }

    /// A rule that finds nothing would mend nothing, and nobody would notice. What the rules before
    /// it have made of a source counts.
    #[test]
    #[ignore = "reads the snapshots in the cache that are compared; CI runs it"]
    fn rules_find_their_words_in_every_compared_snapshot() {
        let cache = snapshot::default_cache_dir().unwrap();
        let mut missed = Vec::new();
        for pin in snapshot::compared() {
            let tree = snapshot::cached(pin, &cache).unwrap_or_else(|| {
                panic!(
                    "{} is missing; `cargo rumpkernel fetch --compared` brings it",
                    pin.name
                )
            });
            let mut sources: BTreeMap<&str, String> = BTreeMap::new();
            for rule in RULES.iter().copied().flatten() {
                let is_older = rule.since.is_some_and(|since| pin.name.as_str() < since);
                let text = sources.entry(rule.source).or_insert_with(|| {
                    let bytes = std::fs::read(tree.root().join(rule.source)).unwrap_or_default();
                    String::from_utf8_lossy(&bytes).into_owned()
                });
                let edited = replace(rule, text);
                if edited.is_some() == is_older {
                    missed.push((pin.name.clone(), rule));
                }
                if let Some(edited) = edited {
                    *text = edited;
                }
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }
}
