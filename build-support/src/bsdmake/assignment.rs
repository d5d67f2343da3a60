//! Telling assignments from other lines.

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
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Assignment<'l> {
    /// The variable; may hold expressions.
    pub(crate) name: &'l str,
    /// What is done with the value.
    pub(crate) operator: Operator,
    /// The value as written.
    pub(crate) value: &'l str,
}

impl<'l> Assignment<'l> {
    /// The assignment that a line is, if it is one.
    ///
    /// The name is one word, apart from what its expressions hold.
    pub(crate) fn parse(line: &'l str) -> Option<Self> {
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

    fn split(line: &'l str, name_end: usize, operator: Operator, equals: usize) -> Self {
        Self {
            name: &line[..name_end],
            operator,
            value: line[equals + 1..].trim_start(),
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
            assert_eq!(
                Assignment::parse(line),
                Some(Assignment {
                    name,
                    operator,
                    value
                }),
                "{line}"
            );
        }
    }

    #[test]
    fn rules_are_not_assignments() {
        for line in ["a: b", "a b: c", "a: b=c", ".PATH: ${X:S/a=/b/}", "a:: b"] {
            assert_eq!(Assignment::parse(line), None, "{line}");
        }
    }
}
