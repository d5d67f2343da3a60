//! The modifiers of `${name:modifiers}`, as make(1) describes them.

use std::collections::HashSet;

use regex_lite::Regex;

use super::condition::{self, Default};
use super::error::Fault;
use super::expand::{Expander, Value};
use super::pattern::{MATCHED, Pattern, Substitution};
use super::scan;

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
            "E" => Some(|value| {
                each(value, |word| {
                    word.rsplit_once('.').map(|(_, suffix)| suffix)
                })
            }),
            "R" => Some(|value| each(value, |word| Some(without_suffix(word)))),
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

    /// `:S/from/to/flags`
    fn substitute<'t>(
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
                    return word.to_owned();
                }
                match substitution.apply(word) {
                    Some(replaced) => {
                        done = true;
                        replaced
                    }
                    None => word.to_owned(),
                }
            };
            Ok(by_words(value, flags, replaced))
        })?;
        Ok((value, after))
    }

    /// `:C/expression/to/flags`
    fn substitute_matches<'t>(
        &self,
        value: Value,
        text: &'t str,
        whole: &str,
    ) -> Result<(Value, &'t str), Fault> {
        let (from, to, after) = self.parts(text, whole, false)?;
        let expression =
            Regex::new(&from).map_err(|_| Fault::MalformedExpression(whole.to_owned()))?;
        let (flags, after) = flags(after);
        let limit = usize::from(!flags.contains('g'));
        let mut done = false;
        let value = map(value, |value| {
            let replaced = |word: &str| {
                if !expression.is_match(word) || done && flags.contains('1') {
                    return word.to_owned();
                }
                done = true;
                let by = |captures: &regex_lite::Captures<'_>| replacement(&to, captures);
                expression.replacen(word, limit, by).into_owned()
            };
            Ok(by_words(value, flags, replaced))
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
        let chosen = if condition::holds(&self.deeper(condition)?, condition, Default::Defined)? {
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

    /// `:.c=.o` and `:%.c=%.o`
    fn replace_suffix(&self, value: Value, text: &str, whole: &str) -> Result<Value, Fault> {
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
                match stem {
                    Some(_) if stem_dropped => to.clone(),
                    Some(stem) => format!("{new_prefix}{stem}{new_suffix}"),
                    None => word.to_owned(),
                }
            };
            Ok(by_words(value, "", replaced))
        })
    }
}

fn unknown(modifier: &str, whole: &str) -> Fault {
    Fault::UnknownModifier {
        modifier: modifier.to_owned(),
        expression: format!("${{{whole}}}"),
    }
}

/// Applies a modifier to a value; what is undefined stays so.
fn map(value: Value, modifier: impl FnOnce(&str) -> Result<String, Fault>) -> Result<Value, Fault> {
    match value {
        Value::Undefined => Ok(Value::Undefined),
        Value::Defined(text) => modifier(&text).map(Value::Defined),
    }
}

fn join<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut joined = String::new();
    for word in words {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

fn each(value: &str, change: impl Fn(&str) -> Option<&str>) -> String {
    join(scan::words(value).filter_map(change))
}

/// Replaces in each word, or with the flag `W` in the value as one word.
fn by_words(value: &str, flags: &str, mut replaced: impl FnMut(&str) -> String) -> String {
    if flags.contains('W') {
        return replaced(value);
    }
    let words: Vec<_> = scan::words(value).map(&mut replaced).collect();
    join(
        words
            .iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty()),
    )
}

fn flags(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|flag| !matches!(flag, 'g' | '1' | 'W'))
            .unwrap_or(text.len()),
    )
}

fn without_suffix(word: &str) -> &str {
    match word.rfind('.') {
        Some(dot) if !word[dot..].contains('/') => &word[..dot],
        _ => word,
    }
}

fn folder(word: &str) -> &str {
    match word.rfind('/') {
        Some(0) => "/",
        Some(slash) => &word[..slash],
        None => ".",
    }
}

fn last_component(word: &str) -> &str {
    word.rsplit_once('/').map_or(word, |(_, last)| last)
}

fn ordered(value: &str) -> String {
    let mut words: Vec<_> = scan::words(value).collect();
    words.sort_unstable();
    join(words.into_iter())
}

/// Adjacent equal words become one, as with uniq(1).
fn unique(value: &str) -> String {
    let mut words: Vec<_> = scan::words(value).collect();
    words.dedup();
    join(words.into_iter())
}

fn quoted(value: &str) -> String {
    let special: HashSet<char> = " \t\n\"#$&'()*;<>?[\\]`{|}~!^".chars().collect();
    let mut quoted = String::with_capacity(value.len());
    for current in value.chars() {
        if special.contains(&current) {
            quoted.push('\\');
        }
        quoted.push(current);
    }
    quoted
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
