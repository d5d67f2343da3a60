//! The evaluator: logical lines in order, over variables, rules and search paths.

use std::path::PathBuf;

use super::budget::{Budget, STEP};
use super::condition::{self, BareWord};
use super::error::{Error, Fault};
use super::expand::{Expander, World};
use super::lines::Line;
use super::query::{self, Probes};
use super::rules::{Dependency, Rules};
use super::search::SearchPaths;
use super::statement::{Assignment, Operator, Statement};
use super::tree::{self, Tree, joined};
use super::variables::Variables;

/// More files and loops than any Makefile has within each other.
const DEEPEST: usize = 32;

/// One evaluation: a Makefile of a tree, and everything it includes, for one target.
pub struct Evaluator<'t> {
    pub(super) tree: &'t Tree,
    pub(super) variables: Variables,
    pub(super) rules: Rules,
    pub(super) paths: SearchPaths,
    pub(super) share: super::share_mk::Settings,
    probes: Probes<'t>,
    goals: Vec<String>,
    /// The folder of the first Makefile, relative to the tree.
    current: String,
    /// The files under evaluation, outermost first, with the line each has reached.
    files: Vec<(String, usize)>,
    /// Every file that was read, for whoever watches for changes.
    read: Vec<PathBuf>,
    /// How many files and loops are being evaluated, one within the other.
    depth: usize,
    budget: Budget,
}

impl World for Evaluator<'_> {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn goals(&self) -> &[String] {
        &self.goals
    }

    fn exists(&self, path: &str) -> bool {
        match tree::inside(path) {
            Some(inside) => self.tree.exists(&inside),
            None if path.starts_with('/') => false,
            None => self.find(path).is_some(),
        }
    }

    fn is_target(&self, name: &str) -> bool {
        self.rules.is_target(name)
    }

    fn has_commands(&self, name: &str) -> bool {
        self.rules.has_commands(name)
    }

    fn budget(&self) -> &Budget {
        &self.budget
    }
}

impl<'t> Evaluator<'t> {
    /// An evaluation in `folder`, relative to the tree, with the settings that stand for share/mk.
    pub fn new(
        tree: &'t Tree,
        folder: &str,
        share: super::share_mk::Settings,
        probes: Probes<'t>,
    ) -> Self {
        let mut evaluator = Self {
            tree,
            variables: Variables::default(),
            rules: Rules::default(),
            paths: SearchPaths::default(),
            share,
            probes,
            goals: Vec::new(),
            current: folder.to_owned(),
            files: Vec::new(),
            read: Vec::new(),
            depth: 0,
            budget: Budget::default(),
        };
        evaluator.variables.set(".CURDIR", &tree::outside(folder));
        evaluator.variables.set(".OBJDIR", super::OBJECTS);
        evaluator.begin_share_mk();
        evaluator
    }

    /// Adds a goal, for `make(goal)`.
    pub fn goal(&mut self, goal: &str) {
        self.goals.push(goal.to_owned());
    }

    /// Evaluates the folder's `Makefile`.
    ///
    /// # Errors
    ///
    /// Whatever the Makefile or a file that it includes uses and this evaluator does not know, and whatever
    /// make itself would refuse.
    pub fn run(&mut self) -> Result<(), Error> {
        let makefile = joined(&self.current, "Makefile");
        self.file(&makefile)
    }

    pub(super) fn expander(&self) -> Expander<'_> {
        Expander::new(self)
    }

    /// A fault with the place that the evaluation has reached.
    pub(super) fn at_fault(&self, fault: Fault) -> Error {
        let (file, line) = self
            .files
            .last()
            .cloned()
            .unwrap_or_else(|| (joined(&self.current, "Makefile"), 1));
        Error {
            file: tree::shown(&file),
            line,
            fault,
        }
    }

    /// Evaluates the file at `path`, relative to the tree.
    pub(super) fn file(&mut self, path: &str) -> Result<(), Error> {
        let lines = match self.tree.makefile(path) {
            Ok(lines) => lines,
            Err(error) if self.files.is_empty() => {
                let fault = Fault::Unreadable(error.to_string());
                return Err(Error {
                    file: tree::shown(path),
                    line: 1,
                    fault,
                });
            }
            Err(_) => return Err(self.at_fault(Fault::MissingInclude(path.to_owned()))),
        };
        let shown = tree::shown(path);
        if !self.read.contains(&shown) {
            self.read.push(shown);
        }
        self.files.push((path.to_owned(), 1));
        self.set_parse_position();
        self.lines(&lines)?;
        self.files.pop();
        self.set_parse_position();
        Ok(())
    }

    /// `.PARSEDIR` and `.PARSEFILE`.
    fn set_parse_position(&mut self) {
        let Some((file, _)) = self.files.last() else {
            return;
        };
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        self.variables.set(".PARSEDIR", &tree::outside(folder));
        self.variables.set(".PARSEFILE", name);
    }

    /// Evaluates lines that belong together: a file's, or one turn of a loop.
    pub(super) fn lines(&mut self, lines: &[Line]) -> Result<(), Error> {
        if self.depth == DEEPEST {
            return Err(self.at_fault(Fault::TooDeep(DEEPEST)));
        }
        self.depth += 1;
        let mut nesting = super::directive::Nesting::default();
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            if let Some((_, number)) = self.files.last_mut() {
                *number = line.number;
            }
            let paid = self.budget.spend(line.text.len() + STEP);
            at += paid
                .map_err(Problem::Here)
                .and_then(|()| self.line(&mut nesting, &lines[at..]))
                .map_err(|problem| match problem {
                    Problem::Here(fault) => self.at_fault(fault),
                    Problem::Inside(error) => error,
                })?;
        }
        if nesting.is_open() {
            return Err(self.at_fault(Fault::Unclosed(".if")));
        }
        self.depth -= 1;
        Ok(())
    }

    /// Everything but directives.
    pub(super) fn plain_line(&mut self, line: &Line) -> Result<(), Fault> {
        match &line.statement {
            Statement::Command => return self.rules.command(&line.text),
            Statement::Assignment(assignment) => {
                self.rules.close();
                return self.assign(assignment);
            }
            Statement::Directive { .. } | Statement::Dependency => {}
        }
        let expanded = self.expander().expand(line.text.trim_start())?;
        // Each of the targets may take each of the sources.
        let words = expanded.split_whitespace().count();
        self.budget.spend(words.saturating_mul(words))?;
        match self.rules.dependency(&expanded)? {
            Dependency::Recorded => {}
            Dependency::Path { suffix, folders } => {
                self.paths.add(self.tree, suffix.as_deref(), &folders);
            }
        }
        Ok(())
    }

    fn assign(&mut self, assignment: &Assignment) -> Result<(), Fault> {
        let name = self.expander().expand(&assignment.name)?;
        let value = &*assignment.value;
        match assignment.operator {
            Operator::Set => self.variables.set(&name, value),
            Operator::Append => self.variables.append(&name, value),
            Operator::Default => self.variables.set_default(&name, value),
            Operator::Expand => {
                // The variable may stand in its own new value.
                self.variables.set_default(&name, "");
                let expanded = Expander::keeping_undefined(self).expand(value)?;
                self.variables.set(&name, &expanded);
            }
            Operator::Query => {
                let command = self.expander().expand(value)?;
                let output = query::answer(&command, self.probes)?;
                self.variables.set(&name, &output);
            }
        }
        Ok(())
    }

    pub(super) fn holds(&self, condition: &str, bare: BareWord) -> Result<bool, Fault> {
        condition::holds(&self.expander(), condition, bare)
    }

    /// The file that `name` in an include directive means, relative to the tree.
    pub(super) fn included(&self, name: &str) -> Option<String> {
        if let Some(inside) = tree::inside(name) {
            return self.tree.exists(&inside).then_some(inside);
        }
        let beside = self
            .files
            .last()
            .and_then(|(file, _)| file.rsplit_once('/'));
        [beside.map_or("", |(folder, _)| folder), &self.current]
            .iter()
            .filter_map(|folder| tree::inside(&tree::outside(&joined(folder, name))))
            .find(|path| self.tree.exists(path))
    }

    pub(super) fn is_open(&self, path: &str) -> bool {
        self.files.iter().any(|(file, _)| file == path)
    }

    pub(super) fn current(&self) -> &str {
        &self.current
    }

    pub(super) fn read(&self) -> &[PathBuf] {
        &self.read
    }
}

/// A fault on the present line, or an error that already knows its place.
pub(super) enum Problem {
    /// On the present line.
    Here(Fault),
    /// In an included file or a loop.
    Inside(Error),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Here(fault)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Inside(error)
    }
}
