//! The pins: which NetBSD trees are known, and what their content is.
//!
//! `vendor-dates.toml` is part of the program, so that a build needs no file of this crate at run
//! time. Each `[[snapshot]]` has the keys that [`Pin`] has fields; `cvs`, `unbuildable`
//! and `compared` may be missing.

use std::sync::LazyLock;

use toml::de::{DeTable, DeValue};

use super::digest::Digest;
use super::error::Error;

const VENDOR_DATES: &str = include_str!("../../vendor-dates.toml");

/// One known NetBSD tree.
///
/// What is pinned is content: [`digest`](Self::digest) decides, whatever way the files came. The
/// revision says where to get them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// What users call it: the commit date, with a suffix where two were made on one day.
    pub name: String,
    /// When the revision was committed: RFC 3339, UTC.
    pub committed: String,
    /// The moment in NetBSD's CVS that the kernel's files are of, where known: RFC 3339, UTC.
    /// Single files may be newer.
    pub cvs: Option<String>,
    /// Where the revision lives, such as `https://github.com/rumpkernel/src-netbsd`.
    pub repository: String,
    /// The git revision, 40 hexadecimal digits.
    pub revision: String,
    /// The SHA-256 of the [manifest](super::manifest) of the [subset](super::subset).
    pub digest: Digest,
    /// How many files the manifest lists. Not part of the check; it makes its errors clearer.
    pub files: usize,
    /// Why nothing can be built from it, if so.
    pub unbuildable: Option<String>,
    /// Whether it is one of [`compared`].
    pub compared: bool,
}

/// All embedded pins, the default one first.
#[must_use]
pub fn pins() -> &'static [Pin] {
    static PINS: LazyLock<Vec<Pin>> = LazyLock::new(|| {
        parse(VENDOR_DATES).expect("the embedded vendor-dates.toml is read by a test of this crate")
    });
    &PINS
}

/// The pin that is built unless another is asked for: the last that buildrump.sh used.
#[must_use]
pub fn default_pin() -> &'static Pin {
    &pins()[0]
}

/// The snapshots that rumpkernel's own tests compare with, the default one among them.
///
/// What a test finds must not depend on which snapshots a cache happens to hold; CI fetches these.
pub fn compared() -> impl Iterator<Item = &'static Pin> {
    pins().iter().filter(|pin| pin.compared)
}

/// Finds a pin by its name, or by at least seven digits of its revision.
///
/// # Errors
///
/// [`Error::UnknownSnapshot`], which lists the names that are known.
pub fn pin(name: &str) -> Result<&'static Pin, Error> {
    find(pins(), name)
}

fn find<'pins>(pins: &'pins [Pin], name: &str) -> Result<&'pins Pin, Error> {
    let is_revision = name.len() >= 7;
    pins.iter()
        .find(|pin| pin.name == name || (is_revision && pin.revision.starts_with(name)))
        .ok_or_else(|| Error::UnknownSnapshot {
            name: name.to_owned(),
            known: pins.iter().map(|pin| pin.name.clone()).collect(),
        })
}

fn parse(text: &str) -> Result<Vec<Pin>, String> {
    let document = DeTable::parse(text).map_err(|error| error.to_string())?;
    let snapshots = match document
        .get_ref()
        .get("snapshot")
        .map(|value| value.get_ref())
    {
        Some(DeValue::Array(array)) if !array.is_empty() => array,
        _ => return Err("no [[snapshot]]".to_owned()),
    };
    snapshots
        .iter()
        .enumerate()
        .map(|(index, value)| match value.get_ref() {
            DeValue::Table(table) => {
                entry(table).map_err(|error| format!("snapshot {}: {error}", index + 1))
            }
            _ => Err(format!("snapshot {}: not a table", index + 1)),
        })
        .collect()
}

fn entry(table: &DeTable<'_>) -> Result<Pin, String> {
    let optional = |key: &str| match table.get(key).map(|value| value.get_ref()) {
        None => Ok(None),
        Some(DeValue::String(text)) => Ok(Some(text.to_string())),
        Some(DeValue::Integer(number)) => Ok(Some(number.as_str().to_owned())),
        Some(DeValue::Datetime(moment)) => Ok(Some(moment.to_string())),
        Some(_) => Err(format!("`{key}` is neither text, number nor date")),
    };
    let flag = |key: &str| match table.get(key).map(|value| value.get_ref()) {
        None => Ok(false),
        Some(DeValue::Boolean(value)) => Ok(*value),
        Some(_) => Err(format!("`{key}` is neither true nor false")),
    };
    let required = |key: &str| optional(key)?.ok_or_else(|| format!("`{key}` is missing"));
    let revision = required("revision")?;
    if revision.len() != 40 || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("`{revision}` is not a git revision"));
    }
    Ok(Pin {
        name: required("name")?,
        committed: required("committed")?,
        cvs: optional("cvs")?,
        repository: required("repository")?,
        revision,
        digest: required("digest")?
            .parse()
            .map_err(|error| format!("{error}"))?,
        files: required("files")?
            .parse()
            .map_err(|error| format!("`files`: {error}"))?,
        unbuildable: optional("unbuildable")?,
        compared: flag("compared")?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn the_embedded_pins_are_sound() {
        let pins = parse(VENDOR_DATES).unwrap();
        assert_eq!(pins.len(), 58);
        assert_eq!(pins[0].revision, "82f3a6905f6a3a65ceb3a21046de62437f61e7dd");
        assert_eq!(pins[0].cvs.as_deref(), Some("2016-07-28T11:00:00Z"));
        // RFC 3339 in UTC has one form, and is ordered as text.
        let moment = |text: &str| text.len() == 20 && text.ends_with('Z');
        let mut revisions = HashSet::new();
        for pin in &pins {
            assert!(revisions.insert(&pin.revision), "{pin:?}");
            assert!(moment(&pin.committed), "{pin:?}");
            assert!(
                ("2014-07".."2016-08-03").contains(&&*pin.committed),
                "{pin:?}"
            );
            if let Some(cvs) = &pin.cvs {
                assert!(moment(cvs) && *cvs < pin.committed, "{pin:?}");
            }
            assert!(pin.repository.starts_with("https://"), "{pin:?}");
            assert_eq!(pin.unbuildable.is_some(), pin.files < 6000, "{pin:?}");
            assert_eq!(pin.unbuildable.is_none(), pin.cvs.is_some(), "{pin:?}");
            assert!(
                pin.unbuildable.as_ref().is_none_or(|why| !why.is_empty()),
                "{pin:?}"
            );
            let equal = pins.iter().filter(|other| other.digest == pin.digest);
            for other in equal {
                assert_eq!((other.files, &other.cvs), (pin.files, &pin.cvs), "{pin:?}");
            }
        }
        assert!(pins[0].compared);
        assert_eq!(pins.iter().filter(|pin| pin.compared).count(), 8);
        assert!(
            pins.iter()
                .all(|pin| !(pin.compared && pin.unbuildable.is_some()))
        );
        let newest_first = pins.is_sorted_by(|one, next| one.committed > next.committed);
        assert!(newest_first);
    }

    #[test]
    fn pins_are_named_by_day_with_a_letter_where_that_day_saw_several() {
        let mut letters: HashMap<&str, Vec<&str>> = HashMap::new();
        for pin in pins().iter().rev() {
            let (day, letter) = pin.name.split_at(10);
            assert!(pin.committed.starts_with(day), "{pin:?}");
            letters.entry(day).or_default().push(letter);
        }
        for (day, letters) in letters {
            match letters.len() {
                1 => assert_eq!(letters, [""], "{day}"),
                several => assert_eq!(letters, ["a", "b", "c", "d"][..several], "{day}"),
            }
        }
    }

    #[test]
    fn finds_by_name_and_by_the_beginning_of_the_revision() {
        let default = default_pin();
        assert_eq!(pin(&default.name).unwrap(), default);
        assert_eq!(pin(&default.revision).unwrap(), default);
        assert_eq!(pin(&default.revision[..7]).unwrap(), default);
        assert!(pin(&default.revision[..6]).is_err());
    }

    #[test]
    fn an_unknown_snapshot_is_an_error_that_lists_the_known() {
        let message = pin("1993-03-21").unwrap_err().to_string();
        assert!(message.contains("1993-03-21"), "{message}");
        for pin in pins() {
            assert!(message.contains(&pin.name), "{message}");
        }
    }

    #[test]
    fn a_faulty_file_is_refused() {
        for (text, expected) in [
            ("", "no [[snapshot]]"),
            ("[[snapshot]]\nname = \"x\"", "`revision` is missing"),
            ("[[snapshot]]\nrevision = \"82f3\"", "not a git revision"),
            (
                "[[snapshot]]\nrevision = []",
                "neither text, number nor date",
            ),
            ("snapshot = [1]", "not a table"),
            (
                "[[snapshot]]\ncompared = \"yes\"\nrevision = \"82f3a6905f6a3a65ceb3a21046de62437f61e7dd\"\nname = \"x\"\ncommitted = 2016-08-02T11:51:10Z\nrepository = \"https://x\"\ndigest = \"ddc2fadf627e829b790246e969ad695904ef1bc7c9a6fd17b9ad24a2bec369b7\"\nfiles = 1",
                "neither true nor false",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
