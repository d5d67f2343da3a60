//! What a logical line is, told once for each line of a file.

/// A line, taken apart and unexpanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Statement {
    /// A line of commands, which begins with a tab.
    Command,
    /// A line that begins with a dot and a directive's name.
    Directive {
        /// The name, without the dot.
        name: String,
        /// The rest of the line.
        argument: String,
    },
    /// A line that sets a variable.
    Assignment(Assignment),
    /// Anything else: a dependency line, if it is one.
    Dependency,
}

impl Statement {
    /// Tells what a line is from its beginning.
    pub(crate) fn parse(line: &str) -> Self {
        if line.starts_with('\t') {
            return Self::Command;
        }
        if let Some((name, argument)) = directive(line) {
            return Self::Directive {
                name: name.to_owned(),
                argument: argument.to_owned(),
            };
        }
        Assignment::parse(line.trim_start()).map_or(Self::Dependency, Self::Assignment)
    }
}

/// A directive's name and argument, if the line is one.
fn directive(line: &str) -> Option<(&str, &str)> {
    let text = line.strip_prefix('.')?.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_lowercase() && c != '-')
        .unwrap_or(text.len());
    let (name, argument) = text.split_at(end);
    // `.c.o:` and `.a=b` are rules and assignments.
    let apart = argument.is_empty() || argument.starts_with([' ', '\t', '(', '"', '<', '!', '$']);
    let argument = argument.trim();
    (apart && !name.is_empty() && !argument.starts_with([':', '=']) && !argument.starts_with("+="))
        .then_some((name, argument))
}

/// The kinds of assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`
    Set,
    /// `+=`
    Append,
    /// `?=`
    Default,
    /// `:=`
    Expand,
    /// `!=`
    Query,
}

/// An assignment, unexpanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The variable; may hold expressions.
    pub(crate) name: String,
    /// What is done with the value.
    pub(crate) operator: Operator,
    /// The value as written.
    pub(crate) value: String,
}

impl Assignment {
    /// The assignment that a line is, if it is one.
    ///
    /// The name is one word, apart from what its expressions hold.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let bytes = line.as_bytes();
        let mut depth = 0_usize;
        let mut name_end = None;
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'(' | b'{' => depth += 1,
                b')' | b'}' => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                b' ' | b'\t' => {
                    name_end.get_or_insert(at);
                }
                b'=' => return Some(Self::split(line, name_end.unwrap_or(at), Operator::Set, at)),
                b'+' | b'?' | b':' | b'!' if bytes.get(at + 1) == Some(&b'=') => {
                    let operator = match byte {
                        b'+' => Operator::Append,
                        b'?' => Operator::Default,
                        b':' => Operator::Expand,
                        _ => Operator::Query,
                    };
                    return Some(Self::split(line, name_end.unwrap_or(at), operator, at + 1));
                }
                _ if name_end.is_some() => return None,
                _ => {}
            }
        }
        None
    }

    fn split(line: &str, name_end: usize, operator: Operator, equals: usize) -> Self {
        Self {
            name: line[..name_end].to_owned(),
            operator,
            value: line[equals + 1..].trim_start().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_told_apart() {
        for (line, name, operator, value) in [
            ("A=b", "A", Operator::Set, "b"),
            ("A += b c", "A", Operator::Append, "b c"),
            ("A?=\tb", "A", Operator::Default, "b"),
            ("A.${x:M=}:=b=c", "A.${x:M=}", Operator::Expand, "b=c"),
            ("S!=  cd a;pwd", "S", Operator::Query, "cd a;pwd"),
            ("COPTS.a-b.c+=-O0", "COPTS.a-b.c", Operator::Append, "-O0"),
            ("A=", "A", Operator::Set, ""),
        ] {
            let expected = Assignment {
                name: name.to_owned(),
                operator,
                value: value.to_owned(),
            };
            assert_eq!(
                Statement::parse(line),
                Statement::Assignment(expected),
                "{line}"
            );
        }
    }

    #[test]
    fn rules_are_not_assignments() {
        for line in [
            "a: b",
            "a b: c",
            "a: b=c",
            ".PATH: ${X:S/a=/b/}",
            "a:: b",
            ".c.o:",
            ".depend: x",
        ] {
            assert_eq!(Statement::parse(line), Statement::Dependency, "{line}");
        }
    }

    #[test]
    fn directives_are_told_from_rules_and_variables() {
        for (line, name, argument) in [
            (".if ${A} == b", "if", "${A} == b"),
            (".  endif", "endif", ""),
            (".if(1)", "if", "(1)"),
            (".-include \"x\"", "-include", "\"x\""),
            (".include <bsd.own.mk>", "include", "<bsd.own.mk>"),
        ] {
            let (name, argument) = (name.to_owned(), argument.to_owned());
            let expected = Statement::Directive { name, argument };
            assert_eq!(Statement::parse(line), expected, "{line}");
        }
        assert!(matches!(
            Statement::parse(".x+= y"),
            Statement::Assignment(_)
        ));
    }
}
