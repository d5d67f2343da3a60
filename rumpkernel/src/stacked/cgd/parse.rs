//! Reading params files.

use std::fmt;
use std::iter::Peekable;
use std::str::FromStr;
use std::vec::IntoIter;

use super::{Algorithm, Bits, IvMethod, KeyGeneration, Params, Verification};

/// Why a text is no params file of cgdconfig(8), or none that can be used here.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the cgd params: {reason}")]
pub struct ParamsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl fmt::Debug for ParamsError {
    /// As it is displayed, for programs whose `main` returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A word or a sign, with its line.
type Token = (String, usize);

/// Splits at blanks, `;`, `{`, `}`, and leaves out comments; a word may stand in quotes.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '#' => break,
                ';' | '{' | '}' => 1,
                '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
                _ if first.is_whitespace() => {
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
                _ => rest
                    .find(|char: char| char.is_whitespace() || ";{}#\"".contains(char))
                    .unwrap_or(rest.len()),
            };
            let (token, after) = rest.split_at(length);
            tokens.push((token.trim_matches('"').to_owned(), number + 1));
            rest = after;
        }
    }
    tokens
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    /// That of the last token.
    line: usize,
}

/// What a `keygen` says, in any order.
#[derive(Default)]
struct Settings {
    iterations: Option<u32>,
    salt: Option<Bits>,
    key: Option<Bits>,
}

impl Parser {
    fn error<T>(&self, reason: impl Into<String>) -> Result<T, ParamsError> {
        Err(ParamsError {
            line: self.line,
            reason: reason.into(),
        })
    }

    fn word(&mut self, expected: &str) -> Result<String, ParamsError> {
        match self.tokens.next() {
            Some((word, line)) => {
                self.line = line;
                match &*word {
                    ";" | "{" | "}" => self.error(format!("{expected} was expected, not {word}")),
                    _ => Ok(word),
                }
            }
            None => self.error(format!("{expected} was expected, and the file ends")),
        }
    }

    /// Takes the sign if it comes next.
    fn takes(&mut self, sign: &str) -> bool {
        let token = self.tokens.next_if(|(token, _)| token == sign);
        self.line = token.as_ref().map_or(self.line, |(_, line)| *line);
        token.is_some()
    }

    fn end_of_statement(&mut self) -> Result<(), ParamsError> {
        match self.takes(";") {
            true => Ok(()),
            false => self.error("a ; is missing behind this"),
        }
    }

    fn number<N: FromStr>(&mut self) -> Result<N, ParamsError> {
        let word = self.word("a number")?;
        let number = word.parse();
        number.or_else(|_| self.error(format!("a number was expected, not {word}")))
    }

    fn bits(&mut self) -> Result<Bits, ParamsError> {
        let word = self.word("base64")?;
        let bits = Bits::decode(&word).map(Ok);
        bits.unwrap_or_else(|| {
            self.error("base64 of a length in bits (four bytes) and of so many bits was expected")
        })
    }

    /// The one of `all` that has the next word for a name; otherwise it is `what` and `known` are.
    fn named<T: Copy>(
        &mut self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
        what: &str,
        known: &str,
    ) -> Result<T, ParamsError> {
        let word = self.word(what)?;
        let found = all.iter().copied().find(|one| name(*one) == word);
        found.map_or_else(
            || self.error(format!("{what} {word} is not known here: {known} are")),
            Ok,
        )
    }

    fn iv_method(&mut self) -> Result<IvMethod, ParamsError> {
        match &*self.word("a method")? {
            "encblkno1" => Ok(IvMethod::EncBlkNo1),
            "encblkno" | "encblkno8" => Ok(IvMethod::EncBlkNo8),
            other => self.error(format!(
                "iv-method {other} is not known: encblkno1, encblkno8 and encblkno are"
            )),
        }
    }

    /// What stands behind `keygen <method>`: settings in braces, or one without.
    fn settings(&mut self) -> Result<Settings, ParamsError> {
        let mut settings = Settings::default();
        if self.takes(";") {
            return Ok(settings);
        }
        let in_braces = self.takes("{");
        while !(in_braces && self.takes("}")) {
            match &*self.word("iterations, salt, key or }")? {
                "iterations" => settings.iterations = Some(self.number()?),
                "salt" => settings.salt = Some(self.bits()?),
                "key" => settings.key = Some(self.bits()?),
                "cmd" => return self.error(REFUSED),
                other => return self.error(format!("{other} is nothing that a keygen has")),
            }
            self.end_of_statement()?;
            if !in_braces {
                return Ok(settings);
            }
        }
        self.end_of_statement()?;
        Ok(settings)
    }

    fn key_generation(
        &mut self,
        method: &str,
        settings: Settings,
    ) -> Result<KeyGeneration, ParamsError> {
        let Settings {
            iterations,
            salt,
            key,
        } = settings;
        match method {
            "pkcs5_pbkdf2/sha1" | "pkcs5_pbkdf2" => match (salt, iterations) {
                (Some(salt), Some(iterations @ 1..)) => Ok(match method {
                    "pkcs5_pbkdf2" => KeyGeneration::OldPbkdf2 { salt, iterations },
                    _ => KeyGeneration::Pbkdf2 { salt, iterations },
                }),
                _ => self.error(format!(
                    "{method} needs a salt and iterations, at least one"
                )),
            },
            "storedkey" => match key {
                Some(key) => Ok(KeyGeneration::Stored(key)),
                None => self.error("storedkey needs a key"),
            },
            "randomkey" | "urandomkey" => Ok(KeyGeneration::Random),
            "shell_cmd" => self.error(REFUSED),
            other => self.error(format!(
                "keygen {other} is not known: pkcs5_pbkdf2/sha1, pkcs5_pbkdf2, storedkey and \
                 randomkey are"
            )),
        }
    }
}

const REFUSED: &str = "commands in params files are not run: run it yourself, and make a Key of what \
                       it prints";

impl FromStr for Params {
    type Err = ParamsError;

    /// Reads a params file: an algorithm and at least one `keygen` have to be there; without more
    /// the key length is the algorithm's usual one, the `iv-method` is `encblkno1`, and nothing is
    /// verified. The words of before 2004 (`keygen_method` and its kin, `xor_key`) are understood.
    fn from_str(text: &str) -> Result<Self, ParamsError> {
        let mut parser = Parser {
            tokens: tokens(text).into_iter().peekable(),
            line: 1,
        };
        let (mut algorithm, mut key_length) = (None, None);
        let (mut iv_method, mut verification) = (IvMethod::EncBlkNo1, Verification::None);
        let mut key_generation = Vec::new();
        // What older files say in statements of their own.
        let (mut old_method, mut old, mut xor) = (None, Settings::default(), None);
        while parser.tokens.peek().is_some() {
            match &*parser.word("a keyword")? {
                "algorithm" => {
                    let known = "aes-cbc, 3des-cbc and blowfish-cbc";
                    let all = &Algorithm::ALL;
                    let found = parser.named(all, |one| one.name(), "algorithm", known)?;
                    algorithm = Some(found);
                }
                "keylength" => key_length = Some(parser.number()?),
                "iv-method" => iv_method = parser.iv_method()?,
                "verify_method" => {
                    let known = "none, disklabel, ffs, re-enter, mbr and gpt";
                    let all = &Verification::ALL;
                    verification = parser.named(all, |one| one.name(), "verify_method", known)?;
                }
                "keygen" => {
                    let method = parser.word("a method")?;
                    let settings = parser.settings()?;
                    key_generation.push(parser.key_generation(&method, settings)?);
                    continue;
                }
                "keygen_method" => old_method = Some(parser.word("a method")?),
                "keygen_iterations" => old.iterations = Some(parser.number()?),
                "keygen_salt" => old.salt = Some(parser.bits()?),
                "xor_key" => xor = Some(KeyGeneration::Stored(parser.bits()?)),
                other => return parser.error(format!("{other} is nothing that params have")),
            }
            parser.end_of_statement()?;
        }
        if let Some(method) = old_method {
            key_generation.push(parser.key_generation(&method, old)?);
        }
        key_generation.extend(xor);
        let Some(algorithm) = algorithm else {
            return parser.error("there is no algorithm");
        };
        let key_length = key_length.unwrap_or_else(|| algorithm.usual_key_length());
        if !algorithm.takes(key_length) {
            let name = algorithm.name();
            return parser.error(format!("{name} has no keys of {key_length} bits"));
        }
        if key_generation.is_empty() {
            return parser.error("there is no keygen");
        }
        let wrong = key_generation.iter().find_map(|method| match method {
            KeyGeneration::Stored(key) if key.bits() != key_length => Some(key.bits()),
            _ => None,
        });
        if let Some(bits) = wrong {
            return parser.error(format!(
                "a stored key has {bits} bits, and keylength is {key_length}"
            ));
        }
        Ok(Self {
            algorithm,
            iv_method,
            key_length,
            verification,
            key_generation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the layout of the example in cgdconfig(8).
    const FILE: &str = "\
        algorithm aes-cbc;   # a comment; with a sign\n\
        iv-method encblkno8;\n\
        keylength 128;\n\
        verify_method \"disklabel\";\n\
        keygen pkcs5_pbkdf2/sha1 {\n\
        \titerations 39361;\n\
        \tsalt AAAAgMoHiYonye6KogdYJAobCHE=;\n\
        };\n\
        keygen storedkey key AAAAgFwYQxSFYJr3r8lJYLSFxYA=;\n\
        keygen randomkey;\n";

    #[test]
    fn what_is_written_is_read_again() {
        let params: Params = FILE.parse().unwrap();
        assert_eq!(params.key_length, 128);
        assert_eq!(params.iv_method, IvMethod::EncBlkNo8);
        assert_eq!(params.verification, Verification::Disklabel);
        assert_eq!(params.key_generation.len(), 3);
        assert_eq!(params.to_string().parse::<Params>().unwrap(), params);
    }

    #[test]
    fn old_files_are_read() {
        let params: Params = "algorithm blowfish-cbc; keylength 128; keygen_method pkcs5_pbkdf2;\
                              keygen_iterations 5; keygen_salt AAAAgMoHiYonye6KogdYJAobCHE=;\
                              xor_key AAAAgFwYQxSFYJr3r8lJYLSFxYA=;"
            .parse()
            .unwrap();
        assert!(matches!(
            params.key_generation[..],
            [
                KeyGeneration::OldPbkdf2 { iterations: 5, .. },
                KeyGeneration::Stored(_)
            ]
        ));
    }

    #[test]
    fn errors_name_the_line() {
        let cases = [
            ("", 1, "no algorithm"),
            ("algorithm aes-cbc;", 1, "no keygen"),
            ("algorithm aes-cbc\nkeylength 128;", 1, "a ; is missing"),
            ("\nalgorithm rot13;", 2, "rot13 is not known"),
            (
                "algorithm aes-cbc; keylength 100; keygen randomkey;",
                1,
                "no keys of 100",
            ),
            (
                "algorithm aes-cbc; keylength many;",
                1,
                "a number was expected, not many",
            ),
            (
                "algorithm aes-cbc;\nkeygen shell_cmd {\ncmd \"rm -rf /\";\n};",
                3,
                "not run",
            ),
            ("algorithm aes-cbc;\nkeygen shell_cmd;", 2, "not run"),
            ("algorithm aes-cbc; keygen storedkey;", 1, "needs a key"),
            ("algorithm aes-cbc; keygen storedkey key AAAA;", 1, "base64"),
            (
                "algorithm aes-cbc; keygen storedkey key AAAACAA=;",
                1,
                "8 bits",
            ),
            (
                "algorithm aes-cbc; keygen pkcs5_pbkdf2 {\niterations 0;\n};",
                3,
                "needs a salt",
            ),
            ("algorithm aes-cbc; keygen argon2id {", 1, "the file ends"),
            ("algorithm aes-cbc; keygen argon2id;", 1, "not known"),
            ("{", 1, "not {"),
            ("algorithm \"", 1, "is not known"),
        ];
        for (text, line, reason) in cases {
            let error = text.parse::<Params>().unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.to_string().contains(reason), "{text:?}: {error}");
        }
    }
}
