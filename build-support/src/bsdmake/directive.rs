//! Directives: conditionals, loops, includes and messages.

use super::budget::STEP;
use super::condition::BareWord;
use super::error::Fault;
use super::evaluator::{Evaluator, Problem};
use super::expand::World as _;
use super::lines::Line;
use super::scan;
use super::statement::Statement;

/// The conditionals that are open at some line.
#[derive(Debug, Default)]
pub(super) struct Nesting(Vec<Branch>);

#[derive(Debug)]
struct Branch {
    /// Lines of the present branch count.
    active: bool,
    /// Some branch has counted, so that no later one may.
    taken: bool,
    /// The whole conditional stands where lines count.
    reachable: bool,
    /// There has been an `.else`.
    last: bool,
}

impl Nesting {
    pub(super) fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    fn active(&self) -> bool {
        self.0.last().is_none_or(|branch| branch.active)
    }
}

impl Evaluator<'_> {
    /// Evaluates the first of `lines`; returns how many lines it took.
    pub(super) fn line(&mut self, nesting: &mut Nesting, lines: &[Line]) -> Result<usize, Problem> {
        let (name, argument) = match &lines[0].statement {
            Statement::Directive { name, argument } => (&**name, &**argument),
            _ => {
                if nesting.active() {
                    self.plain_line(&lines[0])?;
                }
                return Ok(1);
            }
        };
        match name {
            "if" | "ifdef" | "ifndef" | "ifmake" | "ifnmake" => {
                let reachable = nesting.active();
                let active = reachable && self.branch(name, argument)?;
                nesting.0.push(Branch {
                    active,
                    taken: active,
                    reachable,
                    last: false,
                });
            }
            "elif" | "elifdef" | "elifndef" | "elifmake" | "elifnmake" => {
                let branch = nesting.0.last_mut().filter(|branch| !branch.last);
                let branch = branch.ok_or(Fault::Unopened(".elif"))?;
                let open = branch.reachable && !branch.taken;
                branch.active = open && self.branch(&name[2..], argument)?;
                branch.taken |= branch.active;
            }
            "else" => {
                let branch = nesting.0.last_mut().filter(|branch| !branch.last);
                let branch = branch.ok_or(Fault::Unopened(".else"))?;
                branch.active = branch.reachable && !branch.taken;
                branch.last = true;
            }
            "endif" => {
                nesting.0.pop().ok_or(Fault::Unopened(".endif"))?;
            }
            "for" => {
                let body = loop_body(lines).ok_or(Fault::Unclosed(".for"))?;
                if nesting.active() {
                    self.repeat(argument, body)?;
                }
                return Ok(body.len() + 2);
            }
            "endfor" => return Err(Fault::Unopened(".endfor").into()),
            _ if !nesting.active() => {}
            _ => self.other(name, argument)?,
        }
        Ok(1)
    }

    fn branch(&self, name: &str, condition: &str) -> Result<bool, Fault> {
        let bare = if name.ends_with("make") {
            BareWord::Make
        } else {
            BareWord::Defined
        };
        let negated = name.starts_with("ifn");
        Ok(self.holds(condition, bare)? != negated)
    }

    fn other(&mut self, name: &str, argument: &str) -> Result<(), Problem> {
        match name {
            "include" => self.include(argument, true),
            "-include" | "sinclude" | "dinclude" => self.include(argument, false),
            "undef" => {
                for variable in self.expander().expand(argument)?.split_whitespace() {
                    self.variables.remove(variable);
                }
                Ok(())
            }
            "error" => Err(Fault::Requested(self.expander().expand(argument)?).into()),
            // Messages for people; they change nothing.
            "warning" | "info" => Ok(()),
            _ => Err(Fault::UnknownDirective(format!(".{name}")).into()),
        }
    }

    fn include(&mut self, argument: &str, required: bool) -> Result<(), Problem> {
        let argument = self.expander().expand(argument)?;
        let malformed = || Fault::UnknownDirective(format!(".include {argument}"));
        if let Some(system) = argument.strip_prefix('<') {
            let name = system.strip_suffix('>').ok_or_else(malformed)?;
            return self.system_include(name);
        }
        let name = argument
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or_else(malformed)?;
        match self.included(name) {
            Some(path) if self.is_open(&path) => Err(Fault::CyclicInclude(path).into()),
            Some(path) => Ok(self.file(&path)?),
            None if required => Err(Fault::MissingInclude(name.replace(super::TREE, "")).into()),
            None => Ok(()),
        }
    }

    /// `.for variables in words`: evaluates the body with each of the variables replaced.
    fn repeat(&mut self, argument: &str, body: &[Line]) -> Result<(), Problem> {
        let malformed = || Fault::MalformedLoop(argument.to_owned());
        let mut head = argument;
        let mut names = Vec::new();
        let items = loop {
            let end = head.find(char::is_whitespace).ok_or_else(malformed)?;
            let (word, rest) = (&head[..end], head[end..].trim_start());
            if word == "in" {
                break rest;
            }
            names.push(word);
            // A loop over nothing ends with `in`.
            if rest == "in" {
                break "";
            }
            head = rest;
        };
        if names.is_empty() {
            return Err(malformed().into());
        }
        let items = self.expander().expand(items)?;
        let words: Vec<&str> = scan::words(&items).collect();
        if !words.len().is_multiple_of(names.len()) {
            return Err(malformed().into());
        }
        for values in words.chunks(names.len()) {
            let turn: Vec<Line> = body
                .iter()
                .map(|line| {
                    let text = self.bound(&line.text, &names, values)?;
                    Ok(Line::new(line.number, text))
                })
                .collect::<Result<_, Fault>>()?;
            self.lines(&turn)?;
        }
        Ok(())
    }

    /// A line with the loop's variables replaced by expressions that stand for their values.
    ///
    /// Replacing the text, as make does, binds also what is expanded only after the loop.
    fn bound(&self, text: &str, names: &[&str], values: &[&str]) -> Result<String, Fault> {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            replaced.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                replaced.push_str("$$");
                rest = after;
                continue;
            }
            let open = rest.chars().next().filter(|open| matches!(open, '{' | '('));
            let found = names.iter().zip(values).find_map(|(name, value)| {
                let after = match open {
                    Some(_) => rest[1..].strip_prefix(name)?,
                    None => {
                        return Some((rest.strip_prefix(name).filter(|_| name.len() == 1)?, value));
                    }
                };
                after.starts_with([':', '}', ')']).then_some((after, value))
            });
            let written = found.map_or(0, |(_, value)| value.len());
            self.budget().spend(written.saturating_add(STEP))?;
            match (found, open) {
                (Some((after, value)), Some(open)) => {
                    replaced.push('$');
                    replaced.push(open);
                    replaced.push_str(":U");
                    replaced.push_str(&escaped(value));
                    rest = after;
                }
                (Some((after, value)), None) => {
                    replaced.push_str("${:U");
                    replaced.push_str(&escaped(value));
                    replaced.push('}');
                    rest = after;
                }
                (None, _) => replaced.push('$'),
            }
        }
        replaced.push_str(rest);
        Ok(replaced)
    }
}

/// The lines between the `.for` at the beginning and its `.endfor`.
fn loop_body(lines: &[Line]) -> Option<&[Line]> {
    let mut depth = 0_usize;
    for (index, line) in lines.iter().enumerate() {
        if let Statement::Directive { name, .. } = &line.statement {
            match &**name {
                "for" => depth += 1,
                "endfor" => depth -= 1,
                _ => {}
            }
        }
        if depth == 0 {
            return Some(&lines[1..index]);
        }
    }
    None
}

/// A value as the argument of `:U`.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for current in value.chars() {
        if matches!(current, ':' | '$' | '}' | ')' | '\\') {
            escaped.push('\\');
        }
        escaped.push(current);
    }
    escaped
}
