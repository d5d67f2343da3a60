//! `syscalls.master`: preprocessor lines, and a line for each number.

use super::Fault;
use super::call::Call;

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, counted from 1.
    pub(super) number: usize,
    /// What it says.
    pub(super) content: Content,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// For the compiler's preprocessor, before the table of calls.
    Head(String),
    /// For the preprocessor, between calls.
    Condition(String),
    /// A number of the table.
    Entry {
        /// The number as it is written.
        number: String,
        /// What it stands for.
        what: Entry,
    },
}

/// What a number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A call: whether its number gets a name, and whether the structure of its arguments gets members.
    Call {
        /// `NODEF` calls have no name for their number.
        is_named: bool,
        /// `NOARGS` calls' structures are only declared.
        has_members: bool,
        /// How it is declared.
        call: Call,
    },
    /// None: `UNIMPL` and the like.
    Missing,
    /// A call that does nothing: `IGNORED`.
    Ignored,
}

/// Reads a list.
pub(super) fn parse(text: &str) -> Result<Vec<Line>, (usize, Fault)> {
    let mut lines = Vec::new();
    let mut in_table = false;
    // The first line is a title.
    for (number, line) in joined(text).into_iter().skip(1) {
        let line = line.trim();
        let content = if line.is_empty() || line.starts_with(';') {
            continue;
        } else if line == "%%" {
            in_table = true;
            continue;
        } else if let Some(directive) = line.strip_prefix('#') {
            let is_head = !in_table || directive.trim_start().starts_with("include");
            let line = line.to_owned();
            if is_head {
                Content::Head(line)
            } else {
                Content::Condition(line)
            }
        } else {
            entry(line).map_err(|fault| (number, fault))?
        };
        lines.push(Line { number, content });
    }
    Ok(lines)
}

/// Lines, those that end in a backslash with the next, without dollar signs.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut is_continued = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.replace('$', "");
        let (line, continues) = line
            .strip_suffix('\\')
            .map_or((&*line, false), |line| (line, true));
        match lines.last_mut().filter(|_| is_continued) {
            Some((_, begun)) => begun.push_str(line),
            None => lines.push((index + 1, line.to_owned())),
        }
        is_continued = continues;
    }
    lines
}

fn entry(line: &str) -> Result<Content, Fault> {
    let mut spaced = String::with_capacity(line.len() * 2);
    for character in line.chars() {
        if "{}()*,|;".contains(character) {
            spaced.extend([' ', character, ' ']);
        } else {
            spaced.push(character);
        }
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (number, kind, rest) = match &words[..] {
        [number, kind, rest @ ..] => ((*number).to_owned(), *kind, rest),
        _ => {
            return Err(Fault::Unexpected {
                expected: "a number and a kind of system call",
                found: line.to_owned(),
            });
        }
    };
    let call = |is_named, has_members| {
        Ok::<_, Fault>(Entry::Call {
            is_named,
            has_members,
            call: Call::parse(rest, kind == "INDIR")?,
        })
    };
    let what = match kind {
        "STD" | "INDIR" | "NOERR" => call(true, true)?,
        "NODEF" => call(false, true)?,
        "NOARGS" => call(true, false)?,
        "UNIMPL" | "OBSOL" | "EXCL" => Entry::Missing,
        "IGNORED" => Entry::Ignored,
        other => return Err(Fault::UnknownKind(other.to_owned())),
    };
    Ok(Content::Entry { number, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_comments_dropped() {
        let lines = parse(
            "title\n; no\n#include <x.h>\n%%\n0 UNIMPL a b\n1 NOARGS { int|s||f(int a, \\\n int b); }\n#if X\n",
        );
        let lines = lines.unwrap();
        assert_eq!(
            lines.iter().map(|line| line.number).collect::<Vec<_>>(),
            [3, 5, 6, 8]
        );
        assert_eq!(lines[0].content, Content::Head("#include <x.h>".into()));
        let Content::Entry {
            what:
                Entry::Call {
                    call,
                    is_named: true,
                    has_members: false,
                },
            ..
        } = &lines[2].content
        else {
            panic!("{lines:?}");
        };
        assert_eq!(call.arguments.len(), 2);
        assert_eq!(lines[3].content, Content::Condition("#if X".into()));
    }

    #[test]
    fn kinds_that_are_not_known_are_refused_with_their_line() {
        let error = parse("title\n%%\n0 COMPAT_43 { int|s||f(void); }\n").unwrap_err();
        assert_eq!(error, (3, Fault::UnknownKind("COMPAT_43".into())));
    }
}
