//! What an evaluation answers when it is finished.

use std::path::PathBuf;

use super::error::Error;
use super::evaluator::Evaluator;
use super::tree;

impl Evaluator<'_> {
    /// The expanded value of a variable, or `None` if it is not defined.
    ///
    /// # Errors
    ///
    /// As [`Evaluator::expand`].
    pub fn value(&self, name: &str) -> Result<Option<String>, Error> {
        if !self.variables.contains(name) {
            return Ok(None);
        }
        self.expand(&format!("${{{name}}}")).map(Some)
    }

    /// Expands `text` after the evaluation.
    ///
    /// # Errors
    ///
    /// If an expression cannot be read or is recursive; the place is the Makefile's beginning.
    pub fn expand(&self, text: &str) -> Result<String, Error> {
        self.expander()
            .expand(text)
            .map_err(|fault| self.at_fault(fault))
    }

    /// The file `name` found along `.PATH`, relative to the tree.
    pub fn find(&self, name: &str) -> Option<String> {
        if let Some(inside) = tree::inside(name) {
            return self.tree.exists(&inside).then_some(inside);
        }
        self.paths.find(self.tree, self.current(), name)
    }

    /// The file that make would compile to `stem.o`, relative to the tree.
    ///
    /// A rule that names a source for the object decides, else the first suffix in make's order (assembly
    /// before C) for which there is a file along the search paths.
    pub fn source_of(&self, stem: &str) -> Option<String> {
        let object = format!("{stem}.o");
        let named = self.rules.sources(&object).iter().find(|source| {
            source
                .rsplit_once('.')
                .is_some_and(|(_, suffix)| matches!(suffix, "s" | "S" | "c"))
        });
        match named {
            Some(source) => self.find(source),
            None => self.paths.find_source(self.tree, self.current(), stem),
        }
    }

    /// True if the Makefile has commands that make `target`.
    pub fn has_commands(&self, target: &str) -> bool {
        self.rules.has_commands(target)
    }

    /// True if a rule with commands, or one that hangs on another file, makes `target`.
    pub fn is_made(&self, target: &str) -> bool {
        self.rules.has_commands(target) || !self.rules.sources(target).is_empty()
    }

    /// The files that were read, each once: relative to the tree, or absolute if they lie elsewhere.
    pub fn files_read(&self) -> &[PathBuf] {
        self.read()
    }
}
