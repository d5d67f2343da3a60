//! Text of config(5) to logical lines of tokens.
//!
//! A newline followed by white space continues the statement; `#` starts a comment. Of the possible
//! tokens at a place the longest wins, and a reserved word wins over any other word.

/// The words that config(5) keeps to itself.
const RESERVED: &[&str] = &[
    "and",
    "at",
    "attach",
    "block",
    "build",
    "buildprefix",
    "char",
    "compile-with",
    "config",
    "deffs",
    "defflag",
    "define",
    "defopt",
    "defparam",
    "defpseudo",
    "defpseudodev",
    "devclass",
    "device",
    "device-major",
    "dumps",
    "file",
    "file-system",
    "flags",
    "ident",
    "ioconf",
    "linkzero",
    "machine",
    "major",
    "makeoptions",
    "maxpartitions",
    "maxusers",
    "minor",
    "needs-count",
    "needs-flag",
    "no",
    "object",
    "obsolete",
    "on",
    "options",
    "prefix",
    "pseudo-device",
    "pseudo-root",
    "root",
    "select",
    "single",
    "source",
    "type",
    "vector",
    "version",
    "with",
];

/// Words that are statements of their own when they open a line; these lines are never continued.
const DIRECTIVES: &[&str] = &[
    "include", "cinclude", "package", "ifdef", "ifndef", "elifdef", "elifndef", "else", "endif",
];

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A reserved word.
    Keyword,
    /// A name.
    Word,
    /// A path: letters and the like with a `.` or `/` among them.
    Path,
    /// A string; the text is what stands between the quotes.
    Quoted,
    /// The empty string.
    Empty,
    /// A number and the base it was written in.
    Number(i64, u32),
    /// `+=`, `:=` or a single character.
    Punctuation,
}

/// A token and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    pub(super) line: u32,
}

impl Token<'_> {
    /// Whether the line that this token opens is an include or a conditional.
    pub(super) fn is_directive(&self) -> bool {
        self.kind == Kind::Word && DIRECTIVES.contains(&self.text)
    }
}

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: u32,
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// Cuts a file into logical lines.
pub(super) struct Lexer<'s> {
    text: &'s str,
    position: usize,
    line: u32,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Lexer {
            text,
            position: 0,
            line: 1,
        }
    }

    /// Puts the next logical line that is not empty into `tokens`; false at the end of the file.
    pub(super) fn next_line(&mut self, tokens: &mut Vec<Token<'s>>) -> Result<bool, Malformed> {
        tokens.clear();
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.position) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.position += 1;
                    let indented = matches!(bytes.get(self.position), Some(b' ' | b'\t'));
                    if indented && !tokens.first().is_some_and(Token::is_directive) {
                        continue;
                    }
                    if !tokens.is_empty() {
                        return Ok(true);
                    }
                }
                b' ' | b'\t' => self.position += 1,
                b'#' => self.skip_line(),
                _ => {
                    let token = self.token(byte)?;
                    tokens.push(token);
                }
            }
        }
        Ok(!tokens.is_empty())
    }

    /// Goes on at the end of the physical line.
    fn skip_line(&mut self) {
        let rest = &self.text[self.position..];
        self.position += rest.find('\n').unwrap_or(rest.len());
    }

    fn token(&mut self, first: u8) -> Result<Token<'s>, Malformed> {
        let rest = &self.text[self.position..];
        let (kind, length) = match first {
            b'"' => return self.string(rest),
            b'\0' => return Err(self.malformed("a NUL character", "text")),
            b'+' | b':' if rest.as_bytes().get(1) == Some(&b'=') => (Kind::Punctuation, 2),
            _ if path(rest) > word(rest) => (Kind::Path, path(rest)),
            b'0'..=b'9' => self.number(rest)?,
            _ => match word(rest) {
                0 => (
                    Kind::Punctuation,
                    rest.chars().next().map_or(1, char::len_utf8),
                ),
                n if RESERVED.contains(&&rest[..n]) => (Kind::Keyword, n),
                n => (Kind::Word, n),
            },
        };
        self.position += length;
        Ok(Token {
            kind,
            text: &rest[..length],
            line: self.line,
        })
    }

    fn string(&mut self, rest: &'s str) -> Result<Token<'s>, Malformed> {
        let mut escaped = false;
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let text = &rest[1..at];
                    let kind = if text.is_empty() {
                        Kind::Empty
                    } else {
                        Kind::Quoted
                    };
                    let line = self.line;
                    self.line += text.bytes().filter(|&b| b == b'\n').count() as u32;
                    self.position += at + 1;
                    return Ok(Token { kind, text, line });
                }
                _ => {}
            }
        }
        Err(self.malformed("the end of the file", "a closing quote"))
    }

    fn number(&self, rest: &str) -> Result<(Kind, usize), Malformed> {
        let (base, skip) = match rest.as_bytes() {
            [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (16, 2),
            [b'0', ..] => (8, 0),
            _ => (10, 0),
        };
        let digits = &rest[skip..];
        let length = digits
            .find(|c: char| !c.is_digit(base))
            .unwrap_or(digits.len());
        let value = match base {
            // Hexadecimal numbers are bit patterns.
            16 => u64::from_str_radix(&digits[..length], base).map(u64::cast_signed),
            _ => i64::from_str_radix(&digits[..length], base),
        };
        match value {
            Ok(value) => Ok((Kind::Number(value, base), skip + length)),
            Err(_) => Err(self.malformed(&rest[..skip + length], "a number of at most 64 bits")),
        }
    }

    fn malformed(&self, found: &str, expected: &'static str) -> Malformed {
        Malformed {
            line: self.line,
            found: format!("`{found}`"),
            expected,
        }
    }
}

/// The length of the path that `text` begins with, or 0.
fn path(text: &str) -> usize {
    let stem = run(text, |b| b.is_ascii_alphanumeric() || b == b'_');
    match text.as_bytes().get(stem) {
        Some(b'.' | b'/') => {
            let more = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
            stem + run(&text[stem..], more)
        }
        _ => 0,
    }
}

/// The length of the word that `text` begins with, or 0.
fn word(text: &str) -> usize {
    match text.as_bytes().first() {
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' => run(text, |b| {
            b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
        }),
        _ => 0,
    }
}

fn run(text: &str, member: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|b| !member(b)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Lexer, Token};

    fn lines(text: &str) -> Vec<Vec<(Kind, String)>> {
        let mut lexer = Lexer::new(text);
        let (mut tokens, mut lines) = (Vec::<Token<'_>>::new(), Vec::new());
        while lexer.next_line(&mut tokens).unwrap() {
            lines.push(tokens.iter().map(|t| (t.kind, t.text.to_owned())).collect());
        }
        lines
    }

    #[test]
    fn white_space_continues_a_statement_and_a_comment_does_not_end_it() {
        let found = lines("device a: b, # why\n\tc\n# alone\ndevice d\n\n\n");
        let texts: Vec<Vec<_>> = found
            .iter()
            .map(|l| l.iter().map(|(_, t)| t.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [vec!["device", "a", ":", "b", ",", "c"], vec!["device", "d"]]
        );
    }

    #[test]
    fn the_longest_token_wins() {
        let found = lines("device-major device_x opt_a.h 0x1F 017 12 \"a b\" \"\" x+=1 at");
        let expected = [
            (Kind::Keyword, "device-major"),
            (Kind::Word, "device_x"),
            (Kind::Path, "opt_a.h"),
            (Kind::Number(31, 16), "0x1F"),
            (Kind::Number(15, 8), "017"),
            (Kind::Number(12, 10), "12"),
            (Kind::Quoted, "a b"),
            (Kind::Empty, ""),
            (Kind::Word, "x"),
            (Kind::Punctuation, "+="),
            (Kind::Number(1, 10), "1"),
            (Kind::Keyword, "at"),
        ];
        assert_eq!(found, [expected.map(|(k, t)| (k, t.to_owned())).to_vec()]);
    }

    #[test]
    fn a_string_without_end_is_malformed() {
        let mut lexer = Lexer::new("\nfile \"abc");
        let malformed = lexer.next_line(&mut Vec::new()).unwrap_err();
        assert_eq!((malformed.line, malformed.expected), (2, "a closing quote"));
    }
}
