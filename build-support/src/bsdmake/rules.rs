//! Dependency lines, recorded as far as an evaluation needs them; commands are never run.

use std::collections::HashMap;

use super::error::Fault;
use super::scan;

/// Special targets that only say when or how loudly something is made.
const WITHOUT_MEANING: [&str; 16] = [
    ".BEGIN",
    ".END",
    ".IGNORE",
    ".INTERRUPT",
    ".MAIN",
    ".MAKE",
    ".NOTMAIN",
    ".NOTPARALLEL",
    ".OPTIONAL",
    ".ORDER",
    ".PHONY",
    ".PRECIOUS",
    ".RECURSIVE",
    ".SILENT",
    ".SUFFIXES",
    ".WAIT",
];

/// What is known about one target.
#[derive(Debug, Default)]
struct Rule {
    sources: Vec<String>,
    commands: bool,
}

/// The rules of one evaluation.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: HashMap<String, Rule>,
    /// The targets that the next command lines belong to.
    open: Option<Vec<String>>,
}

/// A dependency line taken apart.
pub(crate) enum Dependency {
    /// `.PATH: folders` or `.PATH.suffix: folders`
    Path {
        /// The suffix, without its dot.
        suffix: Option<String>,
        /// The folders.
        folders: String,
    },
    /// Everything else.
    Recorded,
}

impl Rules {
    /// True if a line has named `target` as a target.
    pub(crate) fn is_target(&self, target: &str) -> bool {
        self.rules.contains_key(target)
    }

    /// True if `target` has commands.
    pub(crate) fn has_commands(&self, target: &str) -> bool {
        self.rules.get(target).is_some_and(|rule| rule.commands)
    }

    /// What `target` was said to depend on.
    pub(crate) fn sources(&self, target: &str) -> &[String] {
        self.rules.get(target).map_or(&[], |rule| &rule.sources)
    }

    /// Commands after this point belong to no rule.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// A command line: of the open rule, or an error.
    pub(crate) fn command(&mut self, line: &str) -> Result<(), Fault> {
        let Some(targets) = &self.open else {
            return Err(Fault::StrayCommand(line.trim().to_owned()));
        };
        for target in targets {
            self.rules.entry(target.clone()).or_default().commands = true;
        }
        Ok(())
    }

    /// An expanded dependency line.
    pub(crate) fn dependency(&mut self, line: &str) -> Result<Dependency, Fault> {
        let end = scan::until(line, 0, b":!");
        if end == line.len() {
            return Err(Fault::UnknownLine(line.to_owned()));
        }
        let targets: Vec<&str> = line[..end].split_whitespace().collect();
        let sources = line[end + 1..].trim_start_matches(':');
        let (sources, inline) = sources.split_once(';').unwrap_or((sources, ""));
        if let [single] = *targets
            && let Some(suffix) = single.strip_prefix(".PATH")
            && (suffix.is_empty() || suffix.starts_with('.'))
        {
            self.open = None;
            let suffix = suffix.strip_prefix('.').map(str::to_owned);
            return Ok(Dependency::Path {
                suffix,
                folders: sources.to_owned(),
            });
        }
        let mut opened = Vec::new();
        for target in targets {
            if is_special(target) {
                // More suffixes do no harm; without suffixes the known ones would be forgotten.
                let forgets = target == ".SUFFIXES" && sources.trim().is_empty();
                if forgets || !WITHOUT_MEANING.contains(&target) {
                    return Err(Fault::UnknownSpecialTarget(target.to_owned()));
                }
                continue;
            }
            if is_suffix_rule(target) {
                return Err(Fault::SuffixRule(target.to_owned()));
            }
            let rule = self.rules.entry(target.to_owned()).or_default();
            rule.commands |= !inline.trim().is_empty();
            rule.sources.extend(
                sources
                    .split_whitespace()
                    .filter(|source| !is_special(source))
                    .map(str::to_owned),
            );
            opened.push(target.to_owned());
        }
        self.open = Some(opened);
        Ok(Dependency::Recorded)
    }
}

/// `.c.o` and the like: another way to compile than the one that is built in.
fn is_suffix_rule(word: &str) -> bool {
    word.strip_prefix('.')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(from, to)| !from.is_empty() && !to.is_empty() && !to.contains('.'))
}

/// `.NAME`, as against a suffix rule such as `.c.o` or a file such as `.profile`.
fn is_special(word: &str) -> bool {
    word.strip_prefix('.')
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase()))
}
