//! The dependency files that `-MD` writes: one rule in make's syntax.

use std::path::PathBuf;

/// The files that the object depends on, in the compiler's order, the source first.
///
/// Text that is no rule has no dependencies.
#[must_use]
pub fn parse(text: &str) -> Vec<PathBuf> {
    let Some((_, dependencies)) = text.split_once(": ") else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    let mut word = String::new();
    let mut characters = dependencies.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            // A line goes on, a space or a hash belongs to the name, a dollar is doubled.
            ('\\', Some('\n')) => {
                characters.next();
                finish(&mut word, &mut paths);
            }
            ('\\', Some(&next @ (' ' | '#'))) => {
                characters.next();
                word.push(next);
            }
            ('$', Some('$')) => {
                characters.next();
                word.push('$');
            }
            (' ' | '\t', _) => finish(&mut word, &mut paths),
            ('\n', _) => break,
            (other, _) => word.push(other),
        }
    }
    finish(&mut word, &mut paths);
    paths
}

fn finish(word: &mut String, paths: &mut Vec<PathBuf>) {
    if !word.is_empty() {
        paths.push(PathBuf::from(std::mem::take(word)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unquoted_and_lines_joined() {
        let text =
            "a.o: /src/a.c /src/with\\ space.h \\\n  /src/cost$$.h \\\n /src/\\#1.h\nother: x\n";
        let expected = ["/src/a.c", "/src/with space.h", "/src/cost$.h", "/src/#1.h"];
        assert_eq!(parse(text), expected.map(PathBuf::from));
    }

    #[test]
    fn a_file_without_a_rule_has_no_dependencies() {
        assert!(parse("").is_empty());
        assert!(parse("garbage").is_empty());
        assert!(parse("a.o: \\\n").is_empty());
    }
}
