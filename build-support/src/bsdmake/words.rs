//! What modifiers do to the words of a value.

use std::collections::HashSet;

use super::error::Fault;
use super::expand::Value;
use super::scan;

/// Applies a modifier to a value; what is undefined stays so.
pub(super) fn map(
    value: Value,
    modifier: impl FnOnce(&str) -> Result<String, Fault>,
) -> Result<Value, Fault> {
    match value {
        Value::Undefined => Ok(Value::Undefined),
        Value::Defined(text) => modifier(&text).map(Value::Defined),
    }
}

pub(super) fn join<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut joined = String::new();
    for word in words {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

pub(super) fn each(value: &str, change: impl Fn(&str) -> Option<&str>) -> String {
    join(scan::words(value).filter_map(change))
}

/// Replaces in each word, or with the flag `W` in the value as one word.
pub(super) fn by_words(
    value: &str,
    flags: &str,
    mut replaced: impl FnMut(&str) -> Result<String, Fault>,
) -> Result<String, Fault> {
    if flags.contains('W') {
        return replaced(value);
    }
    let words: Vec<_> = scan::words(value)
        .map(&mut replaced)
        .collect::<Result<_, _>>()?;
    Ok(join(
        words
            .iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty()),
    ))
}

pub(super) fn folder(word: &str) -> &str {
    match word.rfind('/') {
        Some(0) => "/",
        Some(slash) => &word[..slash],
        None => ".",
    }
}

pub(super) fn last_component(word: &str) -> &str {
    word.rsplit_once('/').map_or(word, |(_, last)| last)
}

pub(super) fn ordered(value: &str) -> String {
    let mut words: Vec<_> = scan::words(value).collect();
    words.sort_unstable();
    join(words.into_iter())
}

/// Adjacent equal words become one, as with uniq(1).
pub(super) fn unique(value: &str) -> String {
    let mut words: Vec<_> = scan::words(value).collect();
    words.dedup();
    join(words.into_iter())
}

pub(super) fn quoted(value: &str) -> String {
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

/// `:E`
pub(super) fn suffix(word: &str) -> Option<&str> {
    word.rsplit_once('.').map(|(_, suffix)| suffix)
}

/// `:R`
pub(super) fn stem(word: &str) -> &str {
    word.rsplit_once('.').map_or(word, |(stem, _)| stem)
}
