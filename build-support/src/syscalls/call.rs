//! One system call as a list declares it: `{ type|prefix|compat|name(arguments); } alias`.

use super::Fault;

/// Types that take two registers where registers have 32 bits.
const WIDE: [&str; 4] = ["quad_t", "off_t", "dev_t", "time_t"];

/// A call that the table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The function that serves it.
    pub(super) function: String,
    /// What its number is called.
    pub(super) alias: String,
    /// The arguments: type and name.
    pub(super) arguments: Vec<(String, String)>,
    /// `sy_flags`, in the order in which the script writes them.
    pub(super) flags: Vec<String>,
}

impl Call {
    /// Reads what stands behind the kind, split at spaces, with punctuation apart.
    pub(super) fn parse(words: &[&str], is_indirect: bool) -> Result<Self, Fault> {
        let mut words = Words { words, next: 0 };
        let alias = match words.peek() {
            Some("{") | None => None,
            Some(_) => words.take(),
        };
        words.expect("{")?;
        let result = words.up_to("|", "a type and `|`")?;
        let prefix = words.name("a prefix")?;
        words.expect("|")?;
        let compat = if words.peek() == Some("|") {
            ""
        } else {
            words.name("a version")?
        };
        words.expect("|")?;
        let base = words.name("a function's name")?;
        let arguments = words.arguments()?;
        words.expect(";")?;
        words.expect("}")?;
        let alias = alias.or_else(|| words.take());
        if let Some(found) = words.take() {
            return Err(unexpected("the end of the line", found));
        }
        let function = match compat {
            "" => format!("{prefix}_{base}"),
            compat => format!("{prefix}___{base}{compat}"),
        };
        Ok(Self {
            alias: alias.map_or_else(|| without_prefix(&function).to_owned(), str::to_owned),
            flags: flags(is_indirect, &result, &arguments),
            function,
            arguments,
        })
    }
}

/// A function's name behind the last `sys_` that begins a part of it.
fn without_prefix(function: &str) -> &str {
    let is_begin = |place: usize| place == 0 || function[..place].ends_with('_');
    function
        .match_indices("sys_")
        .filter(|(place, _)| is_begin(*place) && !function[..*place].contains("__"))
        .last()
        .map_or(function, |(place, found)| &function[place + found.len()..])
}

fn flags(is_indirect: bool, result: &str, arguments: &[(String, String)]) -> Vec<String> {
    let mut flags = Vec::new();
    if is_indirect {
        flags.push("SYCALL_INDIRECT".to_owned());
    }
    if ["quad_t", "off_t"].contains(&result) {
        flags.push("SYCALL_RET_64".to_owned());
    }
    let mut wide = 0;
    let mut has_pointer = false;
    for (index, (kind, _)) in arguments.iter().enumerate() {
        if WIDE.contains(&kind.as_str()) {
            flags.push(format!("SYCALL_ARG{index}_64"));
            wide += 1;
        }
        if kind.contains('*') && !has_pointer {
            flags.push("SYCALL_ARG_PTR".to_owned());
            has_pointer = true;
        }
    }
    if wide > 0 {
        flags.push(format!("SYCALL_NARGS64_VAL({wide})"));
    }
    flags.reverse();
    flags
}

fn unexpected(expected: &'static str, found: &str) -> Fault {
    Fault::Unexpected {
        expected,
        found: found.to_owned(),
    }
}

/// The words of a declaration, from left to right.
struct Words<'a> {
    words: &'a [&'a str],
    next: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.next += 1;
        word
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), Fault> {
        match self.take() {
            Some(word) if word == expected => Ok(()),
            other => Err(unexpected(expected, other.unwrap_or("nothing"))),
        }
    }

    fn name(&mut self, expected: &'static str) -> Result<&'a str, Fault> {
        let is_name = |word: &&str| {
            word.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let word = self.take().unwrap_or("nothing");
        Some(word)
            .filter(is_name)
            .ok_or_else(|| unexpected(expected, word))
    }

    /// The words before `end`, which is taken, too.
    fn up_to(&mut self, end: &str, expected: &'static str) -> Result<String, Fault> {
        let mut taken = Vec::new();
        loop {
            match self.take() {
                Some(word) if word == end && !taken.is_empty() => return Ok(taken.join(" ")),
                Some(word) if !matches!(word, "{" | "}" | "(" | ")" | ";" | "," | "|") => {
                    taken.push(word)
                }
                other => return Err(unexpected(expected, other.unwrap_or("nothing"))),
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<(String, String)>, Fault> {
        const EXPECTED: &str = "arguments, each a type and a name, or void";
        self.expect("(")?;
        let mut arguments = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        loop {
            match self.take() {
                Some(end @ ("," | ")")) => {
                    match words.split_last() {
                        Some((&"void", [])) if arguments.is_empty() && end == ")" => {
                            return Ok(arguments);
                        }
                        Some((name, kind @ [_, ..])) => {
                            arguments.push((kind.join(" "), (*name).to_owned()))
                        }
                        _ => return Err(unexpected(EXPECTED, end)),
                    }
                    if end == ")" {
                        return Ok(arguments);
                    }
                    words.clear();
                }
                // What follows may be left out by callers, and has its place all the same.
                Some("...") if words.is_empty() => {}
                Some(word) if !matches!(word, "{" | "}" | "(" | "|" | ";" | "...") => {
                    words.push(word)
                }
                other => return Err(unexpected(EXPECTED, other.unwrap_or("nothing"))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Result<Call, Fault> {
        Call::parse(&text.split(' ').collect::<Vec<_>>(), false)
    }

    #[test]
    fn a_declaration_is_taken_apart() {
        let lseek =
            call("{ off_t | sys | | lseek ( int fd , int PAD , off_t offset ) ; }").unwrap();
        assert_eq!(
            (lseek.function.as_str(), lseek.alias.as_str()),
            ("sys_lseek", "lseek")
        );
        assert_eq!(
            lseek.arguments[2],
            ("off_t".to_owned(), "offset".to_owned())
        );
        assert_eq!(
            lseek.flags,
            ["SYCALL_NARGS64_VAL(1)", "SYCALL_ARG2_64", "SYCALL_RET_64"]
        );
        let mknod = call("{ int | sys | 50 | mknod ( const char * path ) ; }").unwrap();
        assert_eq!(mknod.function, "sys___mknod50");
        assert_eq!(
            mknod.arguments,
            [("const char *".to_owned(), "path".to_owned())]
        );
        assert_eq!(mknod.flags, ["SYCALL_ARG_PTR"]);
        let getpid = call("{ pid_t | sys | | getpid_with_ppid ( void ) ; } getpid").unwrap();
        assert_eq!(
            (getpid.alias.as_str(), getpid.arguments.len()),
            ("getpid", 0)
        );
    }

    #[test]
    fn arguments_that_may_be_left_out_have_a_place() {
        let open = call("{ int | sys | | open ( int flags , ... mode_t mode ) ; }").unwrap();
        assert_eq!(open.arguments[1], ("mode_t".to_owned(), "mode".to_owned()));
    }

    #[test]
    fn a_number_is_called_as_its_function_without_prefix() {
        for (function, alias) in [
            ("linux_sys_nosys", "nosys"),
            ("compat_50_sys_utimes", "utimes"),
            ("sys___mknod50", "__mknod50"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_prefix(function), alias);
        }
    }

    #[test]
    fn what_is_no_declaration_is_refused() {
        for text in [
            "",
            "{ int sys",
            "{ int | sys | | f ( int ) ; }",
            "{ int | sys | | f ( int a ... ) ; }",
            "{ int | sys | | f ( void ) ; } one two",
            "{ int | sys | | f ( void )",
        ] {
            assert!(
                matches!(call(text), Err(Fault::Unexpected { .. })),
                "{text}"
            );
        }
    }
}
