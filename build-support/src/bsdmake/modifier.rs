//! The modifiers of `${name:modifiers}`, as make(1) describes them.

use super::condition::{self, BareWord};
use super::error::Fault;
use super::expand::{Expander, Value};
use super::pattern::Pattern;
use super::scan;
use super::words::{
    each, folder, join, last_component, map, ordered, quoted, stem, suffix, unique,
};

impl Expander<'_> {
    /// The value after all of `modifiers`, which begins behind the first colon. `whole` is for messages.
    pub(super) fn modified(
        &self,
        name: &str,
        mut value: Value,
        modifiers: &str,
        whole: &str,
    ) -> Result<Value, Fault> {
        let mut rest = modifiers;
        loop {
            let after;
            (value, after) = self.evaluating().modify(name, value, rest, whole)?;
            self.spend(match &value {
                Value::Undefined => 0,
                Value::Defined(text) => text.len(),
            })?;
            match after.strip_prefix(':') {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(value),
                None => return Err(unknown(rest, whole)),
            }
        }
    }

    /// Applies the first modifier of `text`; returns what follows it.
    fn modify<'t>(
        &self,
        name: &str,
        value: Value,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let (simple, after) = text.split_at(scan::until(text, 0, b":"));
        let plain: Option<fn(&str) -> String> = match simple {
            "E" => Some(|value| each(value, suffix)),
            "R" => Some(|value| each(value, |word| Some(stem(word)))),
            "H" => Some(|value| each(value, |word| Some(folder(word)))),
            "T" => Some(|value| each(value, |word| Some(last_component(word)))),
            "O" => Some(ordered),
            "u" => Some(unique),
            "tl" => Some(str::to_lowercase),
            "tu" => Some(str::to_uppercase),
            "Q" => Some(quoted),
            _ => None,
        };
        if let Some(plain) = plain {
            return Ok((map(value, |value| Ok(plain(value)))?, after));
        }
        match text.as_bytes().first() {
            Some(b'L') if simple == "L" => Ok((Value::Defined(name.to_owned()), after)),
            Some(b'M' | b'N') => {
                let pattern = self.expand(&unescaped(&simple[1..], b":"))?;
                let wanted = simple.starts_with('M');
                let pattern = Pattern::new(&pattern);
                let select = |word: &&str| pattern.matches(word) == wanted;
                Ok((
                    map(value, |value| Ok(join(scan::words(value).filter(select))))?,
                    after,
                ))
            }
            Some(b'U') => match value {
                Value::Undefined => Ok((Value::Defined(self.argument(&simple[1..])?), after)),
                defined => Ok((defined, after)),
            },
            Some(b'D') => match value {
                Value::Undefined => Ok((Value::Undefined, after)),
                Value::Defined(_) => Ok((Value::Defined(self.argument(&simple[1..])?), after)),
            },
            Some(b'S') if text.len() > 1 => self.substitute(value, text, whole),
            Some(b'C') if text.len() > 1 => self.substitute_matches(value, text, whole),
            Some(b'@') => self.repeat(value, text, whole),
            Some(b'?') => self.choose(name, text, whole),
            Some(b'[') => self.select(value, text, whole),
            Some(b't') if text.starts_with("ts") => Ok((separated(value, simple, whole)?, after)),
            _ => Ok((self.replace_suffix(value, text, whole)?, "")),
        }
    }

    /// The argument of `:U` and `:D`.
    fn argument(&self, text: &str) -> Result<String, Fault> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(index) = rest.find(['\\', '$']) {
            expanded.push_str(&rest[..index]);
            rest = &rest[index..];
            if let Some(escaped) = rest.strip_prefix('\\') {
                match escaped.chars().next() {
                    Some(special @ (':' | '$' | '}' | ')' | '\\')) => {
                        expanded.push(special);
                        rest = &escaped[1..];
                    }
                    _ => {
                        expanded.push('\\');
                        rest = escaped;
                    }
                }
            } else {
                rest = self.append(rest, &mut expanded)?;
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// `:@variable@text@`
    fn repeat<'t>(
        &self,
        value: Value,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let malformed = || Fault::MalformedExpression(whole.to_owned());
        let middle = scan::until(text, 1, b"@");
        let variable = self.expand(text.get(1..middle).ok_or_else(malformed)?)?;
        let end = scan::until(text, middle + 1, b"@");
        let body = text.get(middle + 1..end).ok_or_else(malformed)?;
        let after = text.get(end + 1..).ok_or_else(malformed)?;
        let value = map(value, |value| {
            let mut results = Vec::new();
            for word in scan::words(value) {
                results.push(self.expand_bound(&variable, word, body)?);
            }
            Ok(join(
                results
                    .iter()
                    .map(String::as_str)
                    .filter(|result| !result.is_empty()),
            ))
        })?;
        Ok((value, after))
    }

    /// `:?then:else`
    fn choose<'t>(
        &self,
        condition: &str,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let middle = scan::until(text, 1, b":");
        if middle == text.len() {
            return Err(Fault::MalformedExpression(whole.to_owned()));
        }
        let end = scan::until(text, middle + 1, b":");
        let chosen = if condition::holds(&self.deeper(condition)?, condition, BareWord::Defined)? {
            &text[1..middle]
        } else {
            &text[middle + 1..end]
        };
        Ok((Value::Defined(self.argument(chosen)?), &text[end..]))
    }

    /// `:[n]`, `:[n..m]`, `:[#]`, `:[*]`
    fn select<'t>(
        &self,
        value: Value,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let end = scan::until(text, 1, b"]");
        let after = text.get(end + 1..).ok_or_else(|| unknown(text, whole))?;
        let selector = self.expand(&text[1..end])?;
        let value = map(value, |value| {
            let words: Vec<_> = scan::words(value).collect();
            let index = |text: &str| -> Result<usize, Fault> {
                match text.parse::<isize>() {
                    Ok(from_end) if from_end < 0 => {
                        Ok((words.len() + 1).saturating_sub(from_end.unsigned_abs()))
                    }
                    Ok(index) => Ok(index.unsigned_abs()),
                    Err(_) => Err(unknown(text, whole)),
                }
            };
            match &*selector {
                "#" => Ok(words.len().to_string()),
                "*" | "@" | "0" => Ok(value.to_owned()),
                range => {
                    let (first, last) = range.split_once("..").unwrap_or((range, range));
                    let (first, last) = (index(first)?, index(last)?);
                    let inside = |position: usize| (first..=last).contains(&(position + 1));
                    let chosen = words
                        .iter()
                        .enumerate()
                        .filter(|(position, _)| inside(*position));
                    Ok(join(chosen.map(|(_, word)| *word)))
                }
            }
        })?;
        Ok((value, after))
    }
}

pub(super) fn unknown(modifier: &str, whole: &str) -> Fault {
    Fault::UnknownModifier {
        modifier: modifier.to_owned(),
        expression: format!("${{{whole}}}"),
    }
}

/// Takes the backslash from escaped bytes of `specials`.
fn unescaped(text: &str, specials: &[u8]) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(current) = rest.next() {
        let escapes = current == '\\'
            && rest
                .peek()
                .is_some_and(|next| next.is_ascii() && specials.contains(&(*next as u8)));
        if !escapes {
            plain.push(current);
        }
    }
    plain
}

/// `:ts` and one character, `\n` or `\t`; or nothing, which leaves no separator.
fn separated(value: Value, modifier: &str, whole: &str) -> Result<Value, Fault> {
    let separator = match &modifier[2..] {
        "\\n" => "\n",
        "\\t" => "\t",
        text if text.chars().count() <= 1 => text,
        _ => return Err(unknown(modifier, whole)),
    };
    map(value, |value| {
        Ok(scan::words(value).collect::<Vec<_>>().join(separator))
    })
}
