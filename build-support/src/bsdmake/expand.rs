//! Expansion of `$x`, `${name}` and `${name:modifiers}`.

use super::budget::{Budget, STEP};
use super::error::Fault;
use super::scan;
use super::variables::Variables;

/// Deeper than any Makefile nests expressions; a variable that refers to itself gets there.
const DEEPEST: usize = 100;

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// No such variable, and no modifier that gave a value.
    Undefined,
    /// The expanded value.
    Defined(String),
}

impl Value {
    /// The value as text, empty if undefined.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Undefined => String::new(),
            Self::Defined(text) => text,
        }
    }
}

/// The state of the evaluator that an expression may ask for.
pub(crate) trait World {
    /// The variables.
    fn variables(&self) -> &Variables;
    /// The goals given to make, for `make(pattern)`.
    fn goals(&self) -> &[String];
    /// `exists(path)`
    fn exists(&self, path: &str) -> bool;
    /// `target(name)`
    fn is_target(&self, name: &str) -> bool;
    /// `commands(name)`
    fn has_commands(&self, name: &str) -> bool;
    /// What the evaluation may still cost.
    fn budget(&self) -> &Budget;
}

/// Expands text against the variables, and against the loop variable of a `:@` modifier.
#[derive(Clone, Copy)]
pub(crate) struct Expander<'a> {
    world: &'a dyn World,
    bound: Option<&'a Binding<'a>>,
    keep_undefined: bool,
    depth: usize,
}

struct Binding<'a> {
    name: &'a str,
    value: &'a str,
    outer: Option<&'a Binding<'a>>,
}

impl<'a> Expander<'a> {
    /// An expander for everything but `:=`.
    pub(crate) fn new(world: &'a dyn World) -> Self {
        Self {
            world,
            bound: None,
            keep_undefined: false,
            depth: 0,
        }
    }

    /// An expander for `:=`, which leaves undefined variables as they are.
    pub(crate) fn keeping_undefined(world: &'a dyn World) -> Self {
        Self {
            keep_undefined: true,
            ..Self::new(world)
        }
    }

    pub(super) fn world(&self) -> &'a dyn World {
        self.world
    }

    /// Pays for text and for a step.
    pub(super) fn spend(&self, characters: usize) -> Result<(), Fault> {
        self.world.budget().spend(characters.saturating_add(STEP))
    }

    /// The same expander one level of nesting deeper; `name` is what nests.
    pub(super) fn deeper(&self, name: &str) -> Result<Self, Fault> {
        if self.depth == DEEPEST {
            return Err(Fault::Recursive(name.to_owned()));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..*self
        })
    }

    /// The text with its expressions replaced by their values.
    pub(crate) fn expand(&self, text: &str) -> Result<String, Fault> {
        self.spend(text.len())?;
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            expanded.push_str(&rest[..dollar]);
            rest = self.append(&rest[dollar..], &mut expanded)?;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// Appends the value of the expression at the beginning of `text`; returns what follows it.
    pub(super) fn append<'t>(
        &self,
        text: &'t str,
        expanded: &mut String,
    ) -> Result<&'t str, Fault> {
        if let Some(rest) = text.strip_prefix("$$") {
            expanded.push('$');
            return Ok(rest);
        }
        let (value, rest) = self.expression(text)?;
        match value {
            Value::Defined(value) => {
                self.spend(value.len())?;
                expanded.push_str(&value);
            }
            Value::Undefined if self.keep_undefined => {
                expanded.push_str(&text[..text.len() - rest.len()]);
            }
            Value::Undefined => {}
        }
        Ok(rest)
    }

    /// The value of the expression at the beginning of `text`, and what follows it.
    pub(crate) fn expression<'t>(&self, text: &'t str) -> Result<(Value, &'t str), Fault> {
        let end = scan::expression_end(text, 0)?;
        let (expression, rest) = text.split_at(end);
        let inner = expression
            .strip_prefix("${")
            .and_then(|inner| inner.strip_suffix('}'))
            .or_else(|| {
                expression
                    .strip_prefix("$(")
                    .and_then(|inner| inner.strip_suffix(')'))
            });
        let value = match inner {
            None => self.lookup(&expression[1..])?,
            Some(inner) => self.inner(inner)?,
        };
        Ok((value, rest))
    }

    /// The value of `name:modifiers`.
    pub(crate) fn inner(&self, inner: &str) -> Result<Value, Fault> {
        let nested = self.deeper(inner)?;
        let colon = scan::until(inner, 0, b":");
        let name = nested.evaluating().expand(&inner[..colon])?;
        let value = nested.lookup(&name)?;
        match inner.get(colon + 1..) {
            None => Ok(value),
            Some(modifiers) => nested.modified(&name, value, modifiers, inner),
        }
    }

    /// The expanded value of a variable.
    pub(super) fn lookup(&self, name: &str) -> Result<Value, Fault> {
        let mut binding = self.bound;
        while let Some(bound) = binding {
            if bound.name == name {
                return Ok(Value::Defined(bound.value.to_owned()));
            }
            binding = bound.outer;
        }
        let Some(raw) = self.world.variables().get(name) else {
            return Ok(Value::Undefined);
        };
        if !raw.contains('$') {
            return Ok(Value::Defined(raw.to_owned()));
        }
        self.deeper(name)?.expand(raw).map(Value::Defined)
    }

    /// The same expander, but undefined variables are empty: for names and modifiers' arguments.
    pub(super) fn evaluating(&self) -> Self {
        Self {
            keep_undefined: false,
            ..*self
        }
    }

    /// Expands `text` with `name` bound to `value`.
    pub(super) fn expand_bound(
        &self,
        name: &str,
        value: &str,
        text: &str,
    ) -> Result<String, Fault> {
        let binding = Binding {
            name,
            value,
            outer: self.bound,
        };
        Expander {
            world: self.world,
            bound: Some(&binding),
            keep_undefined: self.keep_undefined,
            depth: self.depth,
        }
        .expand(text)
    }
}
