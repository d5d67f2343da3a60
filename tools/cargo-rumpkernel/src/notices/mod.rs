//! The copyright and licence notices in source files, each distinct text once.
//!
//! A notice is a comment that speaks of copyright or permission. Notices with the same terms are one, whatever
//! their line breaks; whose the copyrights are is listed with them. The result depends on the files only.

mod comments;
mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::error::Error;
use terms::Statement;

/// Terms, and the files that are under them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Notice {
    /// The identifier of SPDX's list that the terms seem to be; none if they are unlike all that are known here.
    pub(crate) spdx: Option<&'static str>,
    /// Whose the copyrights are and what the works derive from, in the files' words.
    pub(crate) attributions: Vec<String>,
    /// The terms in the files' words; empty where a file states a copyright alone.
    pub(crate) terms: String,
    /// The files.
    pub(crate) files: Vec<String>,
}

/// The notices of a set of files.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    /// Those with most files first.
    pub(crate) notices: Vec<Notice>,
    /// The files without a notice.
    pub(crate) without: Vec<String>,
}

/// What has been found under the same terms.
#[derive(Default)]
struct Group {
    terms: String,
    attributions: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Notices {
    /// Reads `files`, which are relative to `root`.
    pub(crate) fn of<'f>(
        root: &Path,
        files: impl Iterator<Item = &'f String>,
    ) -> Result<Self, Error> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        let mut without = Vec::new();
        for path in files {
            let file = root.join(path);
            let bytes = fs::read(&file).map_err(Error::file("read", &file))?;
            let statements = statements(path, &comments::text(&bytes));
            if statements.is_empty() {
                without.push(path.clone());
            }
            for statement in statements {
                let group = groups.entry(terms::key(&statement.terms)).or_default();
                if group.terms.is_empty() {
                    group.terms = statement.terms;
                }
                group.attributions.extend(statement.attributions);
                group.files.insert(path.clone());
            }
        }
        let mut notices: Vec<Notice> = groups
            .into_iter()
            .map(|(key, group)| Notice {
                spdx: terms::spdx(&key),
                attributions: group.attributions.into_iter().collect(),
                terms: group.terms,
                files: group.files.into_iter().collect(),
            })
            .collect();
        notices.sort_by(|one, other| {
            (other.files.len(), &one.terms).cmp(&(one.files.len(), &other.terms))
        });
        Ok(Self { notices, without })
    }

    /// The notices as a text to go with a program.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::from(
            "This software contains parts of NetBSD, to which these notices belong.\n",
        );
        for notice in &self.notices {
            let name = notice.spdx.unwrap_or("other terms");
            // Writing into a String cannot fail.
            let _ = write!(
                text,
                "\n{}\n{name}: {} files\n\n",
                "=".repeat(72),
                notice.files.len()
            );
            for line in &notice.attributions {
                let _ = writeln!(text, "{line}");
            }
            if !notice.terms.is_empty() {
                let _ = writeln!(text, "\n{}", notice.terms);
            }
        }
        if !self.without.is_empty() {
            let _ = write!(
                text,
                "\n{}\n{} files have no notice of their own.\n",
                "=".repeat(72),
                self.without.len()
            );
        }
        text
    }

    /// An SPDX expression of all terms, if they are all known.
    pub(crate) fn expression(&self) -> Option<String> {
        let names: Option<BTreeSet<&str>> = self.notices.iter().map(|notice| notice.spdx).collect();
        let names: Vec<&str> = names?.into_iter().collect();
        (!names.is_empty()).then(|| names.join(" AND "))
    }
}

fn statements(path: &str, text: &str) -> Vec<Statement> {
    comments::of(path, text)
        .iter()
        .filter(|comment| terms::is_notice(comment))
        .flat_map(|comment| terms::statements(comment))
        .collect()
}
