//! Shell patterns, as `:M`, `:N` and SysV substitutions use them, and substitution of words.

/// A shell pattern: `*`, `?`, `[a-z]`, `[^a]` and backslash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern<'p> {
    pattern: &'p str,
    literal: bool,
}

impl<'p> Pattern<'p> {
    /// The pattern as it is written.
    pub(crate) fn new(pattern: &'p str) -> Self {
        let special = |byte| matches!(byte, b'*' | b'?' | b'[' | b'\\');
        Self {
            pattern,
            literal: !pattern.bytes().any(special),
        }
    }

    /// True if it matches the whole word.
    pub(crate) fn matches(&self, word: &str) -> bool {
        match self.literal {
            true => word == self.pattern,
            false => matches_bytes(word.as_bytes(), self.pattern.as_bytes()),
        }
    }
}

fn matches_bytes(word: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go on if what follows the last star does not fit here.
    let mut retry: Option<(usize, usize)> = None;
    while at < word.len() || in_pattern < pattern.len() {
        if in_pattern < pattern.len() && pattern[in_pattern] == b'*' {
            retry = Some((at + 1, in_pattern));
            in_pattern += 1;
            continue;
        }
        if at < word.len()
            && let Some(length) = matches_one(word[at], &pattern[in_pattern..])
        {
            at += 1;
            in_pattern += length;
            continue;
        }
        match retry {
            Some((from, star)) if from <= word.len() => {
                retry = Some((from + 1, star));
                at = from;
                in_pattern = star + 1;
            }
            _ => return false,
        }
    }
    true
}

/// How many bytes of the pattern stand for `byte`, if its beginning does.
fn matches_one(byte: u8, pattern: &[u8]) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (byte == *escaped).then_some(2),
        [b'[', rest @ ..] => {
            let (negated, set) = match rest {
                [b'^', set @ ..] => (true, set),
                set => (false, set),
            };
            let end = set
                .iter()
                .position(|&byte| byte == b']')
                .unwrap_or(set.len());
            let consumed = 1 + usize::from(negated) + end + usize::from(end < set.len());
            (in_set(byte, &set[..end]) != negated).then_some(consumed)
        }
        [literal, ..] => (byte == *literal).then_some(1),
    }
}

fn in_set(byte: u8, mut set: &[u8]) -> bool {
    loop {
        set = match set {
            [] => return false,
            [low, b'-', high, rest @ ..] => {
                if (*low.min(high)..=*low.max(high)).contains(&byte) {
                    return true;
                }
                rest
            }
            [single, rest @ ..] => {
                if byte == *single {
                    return true;
                }
                rest
            }
        };
    }
}

/// What a `:S` modifier does to one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Substitution {
    /// What to look for.
    pub(crate) from: String,
    /// What to put there; an unescaped `&` has been marked by [`MATCHED`].
    pub(crate) to: String,
    /// `^`: only at the beginning.
    pub(crate) at_start: bool,
    /// `$`: only at the end.
    pub(crate) at_end: bool,
    /// `g`: every occurrence in a word.
    pub(crate) every: bool,
}

/// Marks an unescaped `&` of a replacement; no Makefile holds this character.
pub(crate) const MATCHED: char = '\u{1}';

impl Substitution {
    /// The most characters that [`apply`](Self::apply) makes of a word.
    pub(crate) fn size(&self, word: &str) -> usize {
        let occurrences = match self.every && !self.from.is_empty() {
            true => word.matches(&*self.from).count(),
            false => 1,
        };
        let marks = self.to.matches(MATCHED).count();
        let replacement = self.to.len() + marks.saturating_mul(self.from.len());
        word.len()
            .saturating_add(occurrences.saturating_mul(replacement))
    }

    /// The word with its occurrences replaced, or `None` if there is none.
    pub(crate) fn apply(&self, word: &str) -> Option<String> {
        let to = self.to.replace(MATCHED, &self.from);
        match (self.at_start, self.at_end) {
            (true, true) => (word == self.from).then_some(to),
            (true, false) => word.strip_prefix(&*self.from).map(|rest| to + rest),
            (false, true) => word
                .strip_suffix(&*self.from)
                .map(|rest| rest.to_owned() + &to),
            (false, false) if self.from.is_empty() || !word.contains(&*self.from) => None,
            (false, false) if self.every => Some(word.replace(&*self.from, &to)),
            (false, false) => Some(word.replacen(&*self.from, &to, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_the_shell() {
        for (word, pattern, expected) in [
            ("memset.S", "*.S", true),
            ("memset.c", "*.S", false),
            ("", "*", true),
            ("abcabc", "*abc", true),
            ("abcab", "*abc", false),
            ("earmv7hf", "earm*hf", true),
            ("a.h", "*.[ch]", true),
            ("a.o", "*.[^ch]", true),
            ("a*b", "a\\*b", true),
            ("axb", "a\\*b", false),
            ("b5", "?[0-9]", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(word),
                expected,
                "{word} against {pattern}"
            );
        }
    }
}
