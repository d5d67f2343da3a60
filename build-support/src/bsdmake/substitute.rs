//! The modifiers that replace parts of words: `:S`, `:C` and `:old=new`.

use regex_lite::RegexBuilder;

use super::error::Fault;
use super::expand::{Expander, Value};
use super::modifier::unknown;
use super::pattern::{MATCHED, Substitution};
use super::scan;
use super::words::{by_words, map};

/// The size of a compiled `:C` expression, in bytes; those of Makefiles need some hundred.
const LARGEST: usize = 1 << 16;

impl Expander<'_> {
    /// `:S/from/to/flags`
    pub(super) fn substitute<'t>(
        &self,
        value: Value,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let (from, to, after) = self.parts(text, whole, true)?;
        let at_end = from.len() > 1 && from.ends_with('$') || from == "$";
        let from = if at_end {
            &from[..from.len() - 1]
        } else {
            &*from
        };
        let at_start = from.starts_with('^');
        let from = from.strip_prefix('^').unwrap_or(from).to_owned();
        let (flags, after) = flags(after);
        let mut substitution = Substitution {
            from,
            to,
            at_start,
            at_end,
            every: flags.contains('g'),
        };
        if at_end || at_start {
            substitution.every = false;
        }
        let mut done = false;
        let value = map(value, |value| {
            let replaced = |word: &str| {
                if done && flags.contains('1') {
                    return Ok(word.to_owned());
                }
                self.spend(substitution.size(word))?;
                Ok(match substitution.apply(word) {
                    Some(replaced) => {
                        done = true;
                        replaced
                    }
                    None => word.to_owned(),
                })
            };
            by_words(value, flags, replaced)
        })?;
        Ok((value, after))
    }

    /// `:C/expression/to/flags`
    pub(super) fn substitute_matches<'t>(
        &self,
        value: Value,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let (from, to, after) = self.parts(text, whole, false)?;
        let expression = RegexBuilder::new(&from)
            .size_limit(LARGEST)
            .build()
            .map_err(|_| Fault::MalformedExpression(whole.to_owned()))?;
        let (flags, after) = flags(after);
        let limit = usize::from(!flags.contains('g'));
        let mut done = false;
        let value = map(value, |value| {
            let replaced = |word: &str| {
                if !expression.is_match(word) || done && flags.contains('1') {
                    return Ok(word.to_owned());
                }
                done = true;
                let mut paid = Ok(());
                let by = |captures: &regex_lite::Captures<'_>| {
                    paid = paid
                        .clone()
                        .and_then(|()| self.spend(to.len().saturating_mul(1 + captures[0].len())));
                    match paid {
                        Ok(()) => replacement(&to, captures),
                        Err(_) => String::new(),
                    }
                };
                let text = expression.replacen(word, limit, by).into_owned();
                paid.map(|()| text)
            };
            by_words(value, flags, replaced)
        })?;
        Ok((value, after))
    }

    /// The two parts of `:S` and `:C` and what follows the third delimiter.
    ///
    /// For `:S`, `&` in the second part becomes [`MATCHED`]; for `:C` the parts keep their backslashes.
    fn parts<'t>(
        &self,
        text: &'t str,
        whole: &str,
        literal: bool,
    ) -> Result<(String, String, &'t str), Fault> {
        let malformed = || Fault::MalformedExpression(whole.to_owned());
        let delimiter = text[1..].chars().next().ok_or_else(malformed)?;
        let mut rest = &text[1 + delimiter.len_utf8()..];
        let mut found = [String::new(), String::new()];
        for (index, part) in found.iter_mut().enumerate() {
            loop {
                let current = rest.chars().next().ok_or_else(malformed)?;
                let next = &rest[current.len_utf8()..];
                if current == delimiter {
                    rest = next;
                    break;
                }
                match current {
                    '\\' => {
                        let escaped = next.chars().next().ok_or_else(malformed)?;
                        let special = escaped == delimiter
                            || escaped == '$'
                            || literal && matches!(escaped, '\\' | '&');
                        if !special {
                            part.push('\\');
                        }
                        part.push(escaped);
                        rest = &next[escaped.len_utf8()..];
                    }
                    '$' if !next.starts_with(delimiter) => rest = self.append(rest, part)?,
                    '&' if literal && index == 1 => {
                        part.push(MATCHED);
                        rest = next;
                    }
                    _ => {
                        part.push(current);
                        rest = next;
                    }
                }
            }
        }
        let [from, to] = found;
        Ok((from, to, rest))
    }

    /// `:.c=.o` and `:%.c=%.o`
    pub(super) fn replace_suffix(
        &self,
        value: Value,
        text: &str,
        whole: &str,
    ) -> Result<Value, Fault> {
        let (from, to) = match scan::until(text, 0, b"=") {
            0 if !text.starts_with('=') => return Err(unknown(text, whole)),
            equals if equals == text.len() => return Err(unknown(text, whole)),
            equals => (
                self.expand(&text[..equals])?,
                self.expand(&text[equals + 1..])?,
            ),
        };
        let plausible = |text: &str| text.is_empty() || text.starts_with(['.', '%', '_', '-']);
        if !plausible(&from) && !from.contains('%') {
            return Err(unknown(text, whole));
        }
        let (prefix, suffix) = from.split_once('%').unwrap_or(("", &from));
        let (new_prefix, new_suffix) = to.split_once('%').unwrap_or(("", &to));
        let stem_dropped = from.contains('%') && !to.contains('%');
        map(value, |value| {
            let replaced = |word: &str| {
                let stem = word
                    .strip_prefix(prefix)
                    .and_then(|rest| rest.strip_suffix(suffix));
                self.spend(word.len() + to.len())?;
                Ok(match stem {
                    Some(_) if stem_dropped => to.clone(),
                    Some(stem) => format!("{new_prefix}{stem}{new_suffix}"),
                    None => word.to_owned(),
                })
            };
            by_words(value, "", replaced)
        })
    }
}

fn flags(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|flag| !matches!(flag, 'g' | '1' | 'W'))
            .unwrap_or(text.len()),
    )
}

/// `&`, `\0` to `\9` of a `:C` replacement.
fn replacement(to: &str, captures: &regex_lite::Captures<'_>) -> String {
    let group = |index: usize| captures.get(index).map_or("", |found| found.as_str());
    let mut replaced = String::new();
    let mut rest = to.chars();
    while let Some(current) = rest.next() {
        match current {
            '&' => replaced.push_str(group(0)),
            '\\' => match rest.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    replaced.push_str(group(usize::from(digit as u8 - b'0')));
                }
                Some(literal) => replaced.push(literal),
                None => replaced.push('\\'),
            },
            literal => replaced.push(literal),
        }
    }
    replaced
}
