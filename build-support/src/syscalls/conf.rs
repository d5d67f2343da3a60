//! `syscalls.conf`: assignments in the shell's syntax.

use super::Fault;

/// Choices that say nothing about the files made here.
const WITHOUT_MEANING: [&str; 3] = ["sysnames", "namesname", "libcompatopts"];

/// What a configuration chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choices {
    /// `syssw`: the name of the file with the table.
    pub(super) table: String,
    /// `sysarghdr`: the name of the header of arguments.
    pub(super) arguments: String,
    /// `sysnumhdr`: the name of the header of numbers.
    pub(super) numbers: String,
    /// `switchname`: what the table is called.
    pub(super) switch: String,
    /// `constprefix`: what the constants' names begin with.
    pub(super) prefix: String,
    /// `nsysent`: how many entries the table has.
    pub(super) entries: Option<u32>,
    /// `sys_nosys`: the call in place of those that are not there.
    pub(super) missing: String,
    /// `maxsysargs`: how many registers arguments may take.
    pub(super) most_arguments: u32,
}

/// Reads a configuration.
pub(super) fn parse(text: &str) -> Result<Choices, (usize, Fault)> {
    let [
        mut table,
        mut arguments,
        mut numbers,
        mut switch,
        mut prefix,
    ] = [const { None::<String> }; 5];
    let mut missing = "sys_nosys".to_owned();
    let mut entries = None;
    let mut most_arguments = 8;
    let mut last = 0;
    for (index, line) in text.lines().enumerate() {
        last = index + 1;
        let fault = |fault| (index + 1, fault);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| fault(Fault::NoAssignment(line.to_owned())))?;
        let value = value.trim_matches('"').to_owned();
        let number = |value: String| value.parse().map_err(|_| fault(Fault::NoNumber(value)));
        match name {
            "syssw" => table = Some(value),
            "sysarghdr" => arguments = Some(value),
            "sysnumhdr" => numbers = Some(value),
            "switchname" => switch = Some(value),
            "constprefix" => prefix = Some(value),
            "nsysent" => entries = Some(number(value)?),
            "maxsysargs" => most_arguments = number(value)?,
            "sys_nosys" => missing = value,
            "compatopts" if value.is_empty() => {}
            name if WITHOUT_MEANING.contains(&name) => {}
            other => return Err(fault(Fault::UnknownChoice(other.to_owned()))),
        }
    }
    let needed = |value: Option<String>, name| value.ok_or((last, Fault::Missing(name)));
    Ok(Choices {
        table: needed(table, "syssw")?,
        arguments: needed(arguments, "sysarghdr")?,
        numbers: needed(numbers, "sysnumhdr")?,
        switch: needed(switch, "switchname")?,
        prefix: needed(prefix, "constprefix")?,
        entries,
        missing,
        most_arguments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "# none\n\nsysnames=\"n.c\"\nsysnumhdr=\"n.h\"\nsyssw=\"t.c\"\nsysarghdr=\"a.h\"\n\
        compatopts=\"\"\nswitchname=\"table\"\nconstprefix=\"X_\"\nnsysent=9\n";

    #[test]
    fn assignments_are_read_with_and_without_quotes() {
        let choices = parse(SMALL).unwrap();
        assert_eq!(choices.table, "t.c");
        assert_eq!(choices.entries, Some(9));
        assert_eq!(
            (choices.missing.as_str(), choices.most_arguments),
            ("sys_nosys", 8)
        );
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        let wrong = |line: &str| parse(&format!("{SMALL}{line}\n")).unwrap_err();
        assert_eq!(wrong("nsysent=x"), (11, Fault::NoNumber("x".into())));
        assert_eq!(wrong("echo"), (11, Fault::NoAssignment("echo".into())));
        assert_eq!(
            wrong("compatopts=\"compat_50\""),
            (11, Fault::UnknownChoice("compatopts".into()))
        );
        assert_eq!(parse("nsysent=1\n"), Err((1, Fault::Missing("syssw"))));
    }
}
