//! From a source to all that it includes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::rc::Rc;

use rumpkernel_build::builder::GeneratedFile;

use super::search::{Candidate, Search};
use crate::error::Error;
use crate::survey::Survey;

/// What an `#include` names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Include {
    name: String,
    quoted: bool,
    /// Whether it is about another file of that name than the first, as in `#include_next`.
    next: bool,
}

/// Walks from file to file; what was read once is kept.
pub(super) struct Walk<'s> {
    survey: &'s Survey,
    includes: HashMap<String, Rc<[Include]>>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(survey: &'s Survey) -> Self {
        Self {
            survey,
            includes: HashMap::new(),
        }
    }

    /// Adds the sources `begins`, and what they can include, to `found`.
    pub(super) fn from(
        &mut self,
        begins: &[String],
        search: &Search,
        generated: &[GeneratedFile],
        found: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut next: Vec<Candidate> = Vec::new();
        for begin in begins {
            let is_generated = generated.iter().any(|file| file.name == *begin);
            next.push(if is_generated {
                Candidate::Generated(begin.clone())
            } else {
                Candidate::Tree(begin.clone())
            });
        }
        for name in &search.included {
            next.extend(self.resolve(name, None, search, generated).next());
        }
        while let Some(file) = next.pop() {
            if !seen.insert(file.clone()) {
                continue;
            }
            let (includes, folder) = match &file {
                Candidate::Tree(path) => {
                    found.insert(path.clone());
                    (
                        self.of_tree(path)?,
                        path.rsplit_once('/').map(|(folder, _)| folder),
                    )
                }
                Candidate::Generated(name) => {
                    let mut texts = generated.iter().filter(|file| file.name == *name);
                    (
                        scan(texts.next().map_or("", |file| &file.text)).into(),
                        None,
                    )
                }
            };
            for include in includes.iter() {
                let beside = folder.filter(|_| include.quoted);
                let places = self.resolve(&include.name, beside, search, generated);
                next.extend(places.take(if include.next { usize::MAX } else { 1 }));
            }
        }
        Ok(())
    }

    /// The places that have the file, in the compiler's order. What is nowhere lies in an `#if` for somebody else.
    fn resolve<'a>(
        &'a self,
        name: &'a str,
        folder: Option<&'a str>,
        search: &'a Search,
        generated: &'a [GeneratedFile],
    ) -> impl Iterator<Item = Candidate> + 'a {
        let candidates = search.candidates(name, folder);
        candidates.filter(move |candidate| match candidate {
            Candidate::Tree(path) => self.survey.manifest.get(path).is_some(),
            Candidate::Generated(name) => generated.iter().any(|file| file.name == *name),
        })
    }

    fn of_tree(&mut self, path: &str) -> Result<Rc<[Include]>, Error> {
        if let Some(known) = self.includes.get(path) {
            return Ok(Rc::clone(known));
        }
        let file = self.survey.tree.root().join(path);
        let bytes = fs::read(&file).map_err(Error::file("read", &file))?;
        // Old files have comments in Latin-1.
        let includes: Rc<[Include]> = scan(&String::from_utf8_lossy(&bytes)).into();
        self.includes.insert(path.to_owned(), Rc::clone(&includes));
        Ok(includes)
    }
}

/// The includes in a text, also those in comments and in every `#if`.
fn scan(text: &str) -> Vec<Include> {
    let mut includes = Vec::new();
    for line in text.lines() {
        let directive = line.trim_start().strip_prefix('#').map(str::trim_start);
        let Some(rest) = directive.and_then(|rest| rest.strip_prefix("include")) else {
            continue;
        };
        let (rest, next) = match rest.strip_prefix("_next") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let rest = rest.trim_start();
        let (end, quoted) = match rest.chars().next() {
            Some('<') => ('>', false),
            Some('"') => ('"', true),
            _ => continue,
        };
        if let Some((name, _)) = rest[1..].split_once(end) {
            includes.push(Include {
                name: name.to_owned(),
                quoted,
                next,
            });
        }
    }
    includes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_include_is_found() {
        let text = "#include <sys/a.h>\n # include\t\"b.h\" /* why */\n#if 0\n#include <c.h>\n#endif\n\
                    #include MACRO\n#define include <d.h>\n#include_next <e.h>\n";
        let found: Vec<(String, bool, bool)> = scan(text)
            .into_iter()
            .map(|include| (include.name, include.quoted, include.next))
            .collect();
        let expected = [
            ("sys/a.h", false, false),
            ("b.h", true, false),
            ("c.h", false, false),
            ("e.h", false, true),
        ];
        assert_eq!(
            found,
            expected.map(|(name, quoted, next)| (name.to_owned(), quoted, next))
        );
    }
}
