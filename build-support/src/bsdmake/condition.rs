//! Conditions of `.if` and its relatives, and of `:?`.

use super::error::Fault;
use super::expand::{Expander, Value};
use super::pattern::Pattern;
use super::scan;

/// What a word without a function means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BareWord {
    /// `.if`, `.ifdef`: whether it is defined.
    Defined,
    /// `.ifmake`: whether it is a goal.
    Make,
}

/// Whether `condition` holds.
pub(crate) fn holds(
    expander: &Expander<'_>,
    condition: &str,
    bare: BareWord,
) -> Result<bool, Fault> {
    let mut parser = Parser {
        expander: *expander,
        whole: condition,
        at: 0,
        bare,
    };
    let result = parser.any(true)?;
    parser.blanks();
    if parser.at < condition.len() {
        return Err(parser.malformed("nothing more"));
    }
    Ok(result)
}

struct Parser<'a> {
    expander: Expander<'a>,
    whole: &'a str,
    at: usize,
    bare: BareWord,
}

/// One side of a comparison.
struct Operand {
    text: String,
    quoted: bool,
    /// The expression, if it is one without a value.
    undefined: Option<String>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.whole[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.whole.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn malformed(&self, expected: &str) -> Fault {
        Fault::MalformedCondition {
            condition: self.whole.to_owned(),
            reason: format!("expected {expected} at `{}`", self.rest()),
        }
    }

    /// Terms joined by `||`. What cannot change the result is read but not evaluated.
    fn any(&mut self, evaluate: bool) -> Result<bool, Fault> {
        let mut result = self.all(evaluate)?;
        while self.take("||") {
            result |= self.all(evaluate && !result)?;
        }
        Ok(result)
    }

    /// Terms joined by `&&`.
    fn all(&mut self, evaluate: bool) -> Result<bool, Fault> {
        let mut result = self.term(evaluate)?;
        while self.take("&&") {
            result &= self.term(evaluate && result)?;
        }
        Ok(result)
    }

    fn term(&mut self, evaluate: bool) -> Result<bool, Fault> {
        if self.take("(") {
            let result = self.nested(|parser| parser.any(evaluate))?;
            if !self.take(")") {
                return Err(self.malformed("`)`"));
            }
            return Ok(result);
        }
        self.blanks();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            return Ok(!self.nested(|parser| parser.term(evaluate))?);
        }
        if let Some((function, argument)) = self.call()? {
            return if evaluate {
                self.function(function, argument)
            } else {
                Ok(false)
            };
        }
        self.comparison(evaluate)
    }

    /// Reads on one level of nesting deeper. Conditions and expressions count alike, for each may hold the other.
    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<bool, Fault>,
    ) -> Result<bool, Fault> {
        let outer = self.expander;
        self.expander = outer
            .deeper(self.whole)
            .map_err(|_| self.malformed("less nesting"))?;
        let result = read(self)?;
        self.expander = outer;
        Ok(result)
    }

    /// `function(argument)`, if that comes next.
    fn call(&mut self) -> Result<Option<(&'a str, &'a str)>, Fault> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let known = matches!(
            name,
            "defined" | "empty" | "exists" | "make" | "target" | "commands"
        );
        let argument = after.trim_start();
        if !known || !argument.starts_with('(') {
            return Ok(None);
        }
        let begin = self.whole.len() - argument.len() + 1;
        let mut depth = 1;
        for (end, byte) in self.whole.bytes().enumerate().skip(begin) {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at = end + 1;
                return Ok(Some((name, &self.whole[begin..end])));
            }
        }
        Err(self.malformed("`)` at the end of the function"))
    }

    fn function(&self, function: &str, argument: &str) -> Result<bool, Fault> {
        let (expander, world) = (&self.expander, self.expander.world());
        if function == "empty" {
            return Ok(expander
                .inner(argument.trim())?
                .into_text()
                .trim()
                .is_empty());
        }
        let argument = expander.expand(argument.trim())?;
        let argument = argument.trim();
        Ok(match function {
            "defined" => world.variables().contains(argument),
            "exists" => world.exists(argument),
            "make" => self.is_goal(argument),
            "target" => world.is_target(argument),
            _ => world.has_commands(argument),
        })
    }

    fn is_goal(&self, pattern: &str) -> bool {
        self.expander
            .world()
            .goals()
            .iter()
            .any(|goal| Pattern::new(pattern).matches(goal))
    }

    fn comparison(&mut self, evaluate: bool) -> Result<bool, Fault> {
        let begin = self.at;
        let left = self.operand(evaluate)?;
        self.blanks();
        let operator = ["==", "!=", "<=", ">=", "<", ">"]
            .into_iter()
            .find(|operator| self.rest().starts_with(operator));
        let Some(operator) = operator else {
            let bare = !self.whole[begin..].starts_with(['$', '"']);
            return if evaluate {
                self.alone(left, bare)
            } else {
                Ok(false)
            };
        };
        self.at += operator.len();
        self.blanks();
        let right = self.operand(evaluate)?;
        if !evaluate {
            return Ok(false);
        }
        for side in [&left, &right] {
            if let Some(expression) = &side.undefined {
                return Err(Fault::UndefinedInCondition {
                    condition: self.whole.to_owned(),
                    expression: expression.clone(),
                });
            }
        }
        let numbers = match (left.number(), right.number()) {
            (Some(left), Some(right)) => Some((left, right)),
            _ => None,
        };
        match (operator, numbers) {
            ("==", Some((left, right))) => Ok(left == right),
            ("!=", Some((left, right))) => Ok(left != right),
            ("<", Some((left, right))) => Ok(left < right),
            ("<=", Some((left, right))) => Ok(left <= right),
            (">", Some((left, right))) => Ok(left > right),
            (">=", Some((left, right))) => Ok(left >= right),
            ("==", None) => Ok(left.text == right.text),
            ("!=", None) => Ok(left.text != right.text),
            _ => Err(self.malformed("numbers on both sides of the comparison,")),
        }
    }

    /// An operand that nothing is compared with.
    fn alone(&self, operand: Operand, bare: bool) -> Result<bool, Fault> {
        if operand.quoted {
            return Ok(!operand.text.is_empty());
        }
        if let Some(expression) = operand.undefined {
            let condition = self.whole.to_owned();
            return Err(Fault::UndefinedInCondition {
                condition,
                expression,
            });
        }
        if let Some(number) = operand.number() {
            return Ok(number != 0.0);
        }
        if !bare {
            return Ok(!operand.text.trim().is_empty());
        }
        Ok(match self.bare {
            BareWord::Defined => self.expander.world().variables().contains(&operand.text),
            BareWord::Make => self.is_goal(&operand.text),
        })
    }

    fn operand(&mut self, evaluate: bool) -> Result<Operand, Fault> {
        let rest = self.rest();
        if rest.starts_with('"') {
            let end = scan::until(rest, 1, b"\"");
            if end == rest.len() {
                return Err(self.malformed("a closing quote"));
            }
            self.at += end + 1;
            let text = if evaluate {
                self.expander.expand(&rest[1..end])?
            } else {
                String::new()
            };
            return Ok(Operand {
                text,
                quoted: true,
                undefined: None,
            });
        }
        let end = scan::until(rest, 0, b" \t=!<>)&|");
        if end == 0 {
            return Err(self.malformed("a value"));
        }
        self.at += end;
        let written = &rest[..end];
        let mut operand = Operand {
            text: String::new(),
            quoted: false,
            undefined: None,
        };
        if evaluate {
            let expander = &self.expander;
            let whole = written.starts_with('$') && scan::expression_end(written, 0)? == end;
            if whole && expander.expression(written)?.0 == Value::Undefined {
                operand.undefined = Some(written.to_owned());
            } else {
                operand.text = expander.expand(written)?;
            }
        }
        Ok(operand)
    }
}

impl Operand {
    fn number(&self) -> Option<f64> {
        if self.quoted
            || !self
                .text
                .starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        {
            return None;
        }
        match self.text.strip_prefix("0x") {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok().map(f64::from),
            None => self.text.parse().ok(),
        }
    }
}
