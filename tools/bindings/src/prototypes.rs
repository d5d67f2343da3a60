//! The system calls: which there are, their versioned link names, and their true prototypes.
//!
//! `rump/rump_syscalls.h` says which version of a call a program of today gets; some of its
//! prototypes are variadic where the functions are not. `rump_syscalls.c` defines the functions.

use std::path::Path;

use crate::{Failure, selection};

/// One system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemCall {
    /// The name after `rump_sys_` in the header.
    pub(crate) name: String,
    /// The symbol, with the version that the header renames the call to.
    pub(crate) link_name: String,
    /// The macro that holds the link name, if the header renames the call.
    pub(crate) rename_macro: Option<String>,
    /// The prototype of the function in C, with the names of the parameters.
    pub(crate) prototype: String,
    /// True where the header's prototype ends in `...` and the function's does not.
    pub(crate) variadic_in_header: bool,
    /// The name of the macro that holds the call's number, without `SYS_`.
    pub(crate) kernel_name: String,
    /// The call's number.
    pub(crate) number: u32,
    /// The members of the call's argument structure, in order.
    pub(crate) members: Vec<String>,
}

impl SystemCall {
    /// Returns whether it is made by number only, because some snapshot has no such function.
    pub(crate) fn is_by_number(&self) -> bool {
        selection::BY_NUMBER.contains(&self.name.as_str())
    }
}

/// The member that aligns a 64-bit argument.
pub(crate) const PADDING: &str = "PAD";

/// Reads the system calls of `tree`, in the header's order.
pub(crate) fn system_calls(tree: &Path) -> Result<Vec<SystemCall>, Failure> {
    let read = |path: &str| {
        std::fs::read_to_string(tree.join(path))
            .map_err(|e| format!("{path}: {e}; is --source a NetBSD tree?"))
    };
    let header = read("sys/rump/include/rump/rump_syscalls.h")?;
    let code = read("sys/rump/librump/rumpkern/rump_syscalls.c")?;
    let numbers = read("sys/sys/syscall.h")?;
    let calls: Vec<_> = header
        .lines()
        .filter_map(|line| declaration(line, &header))
        .filter(|call| !selection::NOT_CALLS.contains(&call.name.as_str()))
        .map(|call| with_number(with_definition(call, &code)?, &numbers))
        .collect::<Result<_, _>>()?;
    if calls.is_empty() {
        return Err("rump_syscalls.h declares no system call".into());
    }
    Ok(calls)
}

/// Reads `int rump_sys_link(…) __RENAME(RUMP_SYS_RENAME_LINK);`.
fn declaration(line: &str, header: &str) -> Option<SystemCall> {
    let (_, rest) = line.split_once(" rump_sys_")?;
    let (name, rest) = rest.split_once('(')?;
    let rename_macro = rest
        .split_once("__RENAME(")
        .and_then(|(_, tail)| tail.split(')').next())
        .map(str::to_owned);
    let link_name = match &rename_macro {
        Some(rename) => header
            .lines()
            .filter_map(|line| line.strip_prefix("#define "))
            .filter_map(|define| define.split_once(' '))
            .find(|(defined, _)| defined == rename)
            .map(|(_, value)| value.trim().to_owned())?,
        None => format!("rump_sys_{name}"),
    };
    Some(SystemCall {
        name: name.to_owned(),
        link_name,
        rename_macro,
        prototype: String::new(),
        variadic_in_header: rest.contains("..."),
        kernel_name: String::new(),
        number: 0,
        members: Vec::new(),
    })
}

/// Finds the definition: the type on one line, the name and the parameters on the next, then the
/// body, which fills the argument structure and passes it on with the call's number.
fn with_definition(call: SystemCall, code: &str) -> Result<SystemCall, Failure> {
    let start = format!("{}(", call.link_name);
    let mut lines = code.lines();
    let mut previous = "";
    let signature = loop {
        match lines.next() {
            Some(line) if line.starts_with(&start) => break line,
            Some(line) => previous = line,
            None => {
                return Err(format!("rump_syscalls.c does not define {}", call.link_name).into());
            }
        }
    };
    let body: Vec<&str> = lines.take_while(|line| *line != "}").collect();
    let between = |line: &&str, start: &str, end: &str| {
        let (_, rest) = line.split_once(start)?;
        Some(rest.split_once(end)?.0.to_owned())
    };
    let number = body
        .iter()
        .find_map(|line| between(line, "rsys_syscall(SYS_", ","));
    let kernel_name =
        number.ok_or_else(|| format!("rump_syscalls.c: no number of {}", call.link_name))?;
    let members = body
        .iter()
        .filter_map(|line| between(line, "SPARG(&callarg, ", ")"));
    Ok(SystemCall {
        prototype: format!("{previous} {signature};"),
        kernel_name,
        members: members.collect(),
        ..call
    })
}

/// Finds `#define SYS_name number`.
fn with_number(call: SystemCall, numbers: &str) -> Result<SystemCall, Failure> {
    let defined = numbers.lines().find_map(|line| {
        let mut words = line.strip_prefix("#define\tSYS_")?.split_whitespace();
        (words.next() == Some(&call.kernel_name)).then(|| words.next())?
    });
    let number = defined
        .ok_or_else(|| format!("syscall.h does not define SYS_{}", call.kernel_name))?
        .parse()?;
    Ok(SystemCall { number, ..call })
}

/// The headers that declare what is not a system call.
const HEADERS: &[&str] = &[
    "sys/rump/include/rump/rump.h",
    "sys/rump/include/rump/rumpkern_if_pub.h",
    "sys/rump/include/rump/rumpvfs_if_pub.h",
    "sys/rump/include/rump/rumpnet_if_pub.h",
    "sys/rump/net/lib/libvirtif/virtif_user.h",
    "sys/rump/include/rump-sys/kern.h",
];

/// Entry points that a header declares by the name of a macro.
const MACROS: &[(&str, &str)] = &[("rump_virtif_virt_deliverpkt", "VIF_DELIVERPKT")];

/// The prototype of the entry point `name` as its header has it.
pub(crate) fn entry_point(tree: &Path, name: &str) -> Result<String, Failure> {
    let macro_name = MACROS.iter().find(|(function, _)| *function == name);
    let written = macro_name.map_or(name, |(_, written)| written);
    for header in HEADERS {
        let path = tree.join(header);
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let declares = |line: &&str| {
            line.split_once('(').is_some_and(|(before, _)| {
                before.split([' ', '\t', '*']).next_back() == Some(written)
            })
        };
        if let Some(line) = text.lines().find(declares) {
            return Ok(line
                .split_inclusive(';')
                .next()
                .unwrap_or(line)
                .replace('\t', " ")
                .replace(" register_t ", " intptr_t "));
        }
    }
    Err(format!("no header declares {name}").into())
}

#[cfg(test)]
mod tests {
    use super::{PADDING, declaration, with_definition, with_number};

    const HEADER: &str = "#define RUMP_SYS_RENAME_OPEN rump___sysimpl_open7\n\
        int rump_sys_open(const char *, int, ...) __RENAME(RUMP_SYS_RENAME_OPEN);\n\
        int rump_sys_pipe(int *);\n";
    const CODE: &str = "int rump___sysimpl_open7(const char *, int, mode_t);\nint\n\
        rump___sysimpl_open7(const char * path, int flags, mode_t mode)\n{\n\
        \tSPARG(&callarg, path) = path;\n\tSPARG(&callarg, PAD) = 0;\n\
        \terror = rsys_syscall(SYS_open, &callarg, sizeof(callarg), retval);\n}\n\
        \terror = rsys_syscall(SYS_other, &callarg, sizeof(callarg), retval);\n";

    #[test]
    fn version_comes_from_the_header_and_the_type_from_the_code() {
        let line = HEADER.lines().nth(1).unwrap();
        let call = with_definition(declaration(line, HEADER).unwrap(), CODE).unwrap();
        assert_eq!(
            (call.name.as_str(), call.link_name.as_str()),
            ("open", "rump___sysimpl_open7")
        );
        assert!(call.variadic_in_header);
        assert_eq!(
            call.prototype,
            "int rump___sysimpl_open7(const char * path, int flags, mode_t mode);"
        );
        assert_eq!(call.kernel_name, "open");
        assert_eq!(call.members, ["path", PADDING]);
    }

    #[test]
    fn call_without_versions_keeps_its_name() {
        let call = declaration(HEADER.lines().nth(2).unwrap(), HEADER).unwrap();
        assert_eq!(call.link_name, "rump_sys_pipe");
        assert_eq!(call.rename_macro, None);
    }

    #[test]
    fn a_number_is_that_of_the_whole_name() {
        let line = HEADER.lines().nth(1).unwrap();
        let call = with_definition(declaration(line, HEADER).unwrap(), CODE).unwrap();
        let numbers = "#define\tSYS_open_more\t7\n#define\tSYS_open\t5\n";
        assert_eq!(with_number(call.clone(), numbers).unwrap().number, 5);
        assert!(with_number(call, "#define\tSYS_open_more\t7\n").is_err());
    }

    #[test]
    fn call_that_is_not_defined_is_named() {
        let call = declaration(HEADER.lines().nth(2).unwrap(), HEADER).unwrap();
        let error = with_definition(call, CODE).unwrap_err().to_string();
        assert!(error.contains("rump_sys_pipe"), "{error}");
    }
}
