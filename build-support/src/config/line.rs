//! Taking a logical line apart, token by token.

use super::lexer::{Kind, Token};

/// What stands where something else was expected.
pub(super) struct Mismatch {
    pub(super) found: String,
    pub(super) expected: String,
}

pub(super) type Parsed<T> = Result<T, Mismatch>;

/// What is left of a logical line.
pub(super) struct Line<'t, 's> {
    tokens: &'t [Token<'s>],
}

impl<'t, 's> Line<'t, 's> {
    pub(super) fn new(tokens: &'t [Token<'s>]) -> Self {
        Line { tokens }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'s>> {
        self.tokens.first()
    }

    pub(super) fn take_if(&mut self, wanted: impl Fn(&Token<'s>) -> bool) -> Option<&'s str> {
        let (first, rest) = self.tokens.split_first()?;
        wanted(first).then(|| {
            self.tokens = rest;
            first.text
        })
    }

    /// Takes a reserved word or punctuation if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let fixed = |kind| matches!(kind, Kind::Keyword | Kind::Punctuation);
        self.take_if(|t| fixed(t.kind) && t.text == text).is_some()
    }

    /// Takes a reserved word or punctuation, which has to come next.
    pub(super) fn demand(&mut self, text: &str) -> Parsed<()> {
        if self.eat(text) {
            Ok(())
        } else {
            self.mismatch(&format!("`{text}`"))
        }
    }

    pub(super) fn word(&mut self, expected: &str) -> Parsed<String> {
        match self.take_if(|t| t.kind == Kind::Word) {
            Some(word) => Ok(word.to_owned()),
            None => self.mismatch(expected),
        }
    }

    /// Words separated by commas.
    pub(super) fn words(&mut self, expected: &str) -> Parsed<Vec<String>> {
        let mut words = vec![self.word(expected)?];
        while self.eat(",") {
            words.push(self.word(expected)?);
        }
        Ok(words)
    }

    pub(super) fn path(&mut self) -> Parsed<&'s str> {
        match self.optional_path() {
            Some(path) => Ok(path),
            None => self.mismatch("a path (in quotes unless it has a `.` or `/` in it)"),
        }
    }

    pub(super) fn optional_path(&mut self) -> Option<&'s str> {
        self.take_if(|t| matches!(t.kind, Kind::Path | Kind::Quoted))
    }

    pub(super) fn integer(&mut self) -> Parsed<i32> {
        let expected = "a number from 0 to 2147483647";
        match self.peek().map(|t| t.kind) {
            Some(Kind::Number(value, _)) => match i32::try_from(value) {
                Ok(value) => {
                    self.tokens = &self.tokens[1..];
                    Ok(value)
                }
                Err(_) => self.mismatch(expected),
            },
            _ => self.mismatch(expected),
        }
    }

    /// A value of a locator or an option, written as C wants it.
    pub(super) fn value(&mut self) -> Parsed<String> {
        let negative = self.eat("-");
        let Some(token) = self.peek() else {
            return self.mismatch("a value");
        };
        let value = match token.kind {
            Kind::Number(value, base) => {
                let value = if negative {
                    value.wrapping_neg()
                } else {
                    value
                };
                match base {
                    8 if value != 0 => format!("0{value:o}"),
                    16 => format!("{value:#x}"),
                    _ => value.to_string(),
                }
            }
            Kind::Word | Kind::Quoted | Kind::Empty if !negative => token.text.to_owned(),
            _ => return self.mismatch("a value: a number, a name or a string"),
        };
        self.tokens = &self.tokens[1..];
        Ok(value)
    }

    /// Values separated by commas.
    pub(super) fn values(&mut self) -> Parsed<Vec<String>> {
        let mut values = vec![self.value()?];
        while self.eat(",") {
            values.push(self.value()?);
        }
        Ok(values)
    }

    pub(super) fn end(&self) -> Parsed<()> {
        if self.tokens.is_empty() {
            Ok(())
        } else {
            self.mismatch("the end of the statement")
        }
    }

    pub(super) fn mismatch<T>(&self, expected: &str) -> Parsed<T> {
        let found = match self.tokens.first() {
            Some(token) => format!("`{}`", token.text),
            None => "the end of the line".to_owned(),
        };
        Err(Mismatch {
            found,
            expected: expected.to_owned(),
        })
    }
}
