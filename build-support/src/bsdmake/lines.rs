//! A Makefile's text as logical lines: continued lines joined, comments gone.

use super::statement::Statement;

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The number of its first physical line, counted from 1.
    pub(crate) number: usize,
    /// Its text, without comment and trailing blanks. A leading tab marks a command.
    pub(crate) text: String,
    /// What it is.
    pub(crate) statement: Statement,
}

impl Line {
    /// The line with this text.
    pub(crate) fn new(number: usize, text: String) -> Self {
        let statement = Statement::parse(&text);
        Self {
            number,
            text,
            statement,
        }
    }
}

/// Splits a Makefile into its logical lines; empty ones are left out.
pub(crate) fn logical_lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut physical = text.lines().enumerate();
    while let Some((index, first)) = physical.next() {
        let command = first.starts_with('\t');
        let mut joined = first.to_owned();
        while continues(&joined) {
            joined.pop();
            let Some((_, next)) = physical.next() else {
                break;
            };
            if command {
                joined.push_str("\\\n");
                joined.push_str(next);
            } else {
                // The backslash, the newline and the blanks after it are one blank.
                joined.push(' ');
                joined.push_str(next.trim_start_matches([' ', '\t']));
            }
        }
        if !command {
            let kept = uncommented(&joined);
            joined = kept;
        }
        joined.truncate(joined.trim_end_matches([' ', '\t', '\r']).len());
        if !joined.is_empty() {
            lines.push(Line::new(index + 1, joined));
        }
    }
    lines
}

/// An odd number of backslashes at the end continues a line.
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// The line up to its comment. `\#` is a plain `#`, and `[#` begins no comment.
fn uncommented(line: &str) -> String {
    if !line.contains('#') {
        return line.to_owned();
    }
    let mut kept = String::with_capacity(line.len());
    let mut previous = '\0';
    for current in line.chars() {
        if current == '#' {
            match previous {
                '\\' => {
                    kept.pop();
                }
                '[' => {}
                _ => break,
            }
        }
        kept.push(current);
        previous = current;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(makefile: &str) -> Vec<(usize, String)> {
        logical_lines(makefile)
            .into_iter()
            .map(|line| (line.number, line.text))
            .collect()
    }

    #[test]
    fn continuation_joins_with_one_blank() {
        assert_eq!(
            texts("A=\tb \\\n\t\tc\\\n  d\nB=x\n"),
            [(1, "A=\tb  c d".to_owned()), (4, "B=x".to_owned())]
        );
    }

    #[test]
    fn comments_end_lines_and_continue_with_them() {
        assert_eq!(
            texts("# one \\\ntwo\nA=b # c\nB=\\#d\nC=${A:[#]}\n"),
            [
                (3, "A=b".to_owned()),
                (4, "B=#d".to_owned()),
                (5, "C=${A:[#]}".to_owned())
            ]
        );
    }

    #[test]
    fn commands_keep_their_hash() {
        assert_eq!(
            texts("a:\n\techo '#'\n"),
            [(1, "a:".to_owned()), (2, "\techo '#'".to_owned())]
        );
    }
}
