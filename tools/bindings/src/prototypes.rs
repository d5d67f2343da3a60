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
}

/// Reads the system calls of `tree`, in the header's order.
pub(crate) fn system_calls(tree: &Path) -> Result<Vec<SystemCall>, Failure> {
    let read = |path: &str| {
        std::fs::read_to_string(tree.join(path))
            .map_err(|e| format!("{path}: {e}; is --source a NetBSD tree?"))
    };
    let header = read("sys/rump/include/rump/rump_syscalls.h")?;
    let code = read("sys/rump/librump/rumpkern/rump_syscalls.c")?;
    let calls: Vec<_> = header
        .lines()
        .filter_map(|line| declaration(line, &header))
        .filter(|call| !selection::NOT_CALLS.contains(&call.name.as_str()))
        .map(|call| with_prototype(call, &code))
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
    })
}

/// Finds the definition: the type on one line, the name and the parameters on the next.
fn with_prototype(call: SystemCall, code: &str) -> Result<SystemCall, Failure> {
    let start = format!("{}(", call.link_name);
    let mut previous = "";
    for line in code.lines() {
        if line.starts_with(&start) {
            let prototype = format!("{previous} {line};");
            return Ok(SystemCall { prototype, ..call });
        }
        previous = line;
    }
    Err(format!("rump_syscalls.c does not define {}", call.link_name).into())
}

/// The headers that declare what is not a system call.
const HEADERS: &[&str] = &[
    "sys/rump/include/rump/rump.h",
    "sys/rump/include/rump/rumpkern_if_pub.h",
    "sys/rump/include/rump/rumpvfs_if_pub.h",
    "sys/rump/include/rump/rumpnet_if_pub.h",
    "sys/rump/net/lib/libvirtif/virtif_user.h",
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
                .replace('\t', " "));
        }
    }
    Err(format!("no header declares {name}").into())
}

#[cfg(test)]
mod tests {
    use super::{declaration, with_prototype};

    const HEADER: &str = "#define RUMP_SYS_RENAME_OPEN rump___sysimpl_open7\n\
        int rump_sys_open(const char *, int, ...) __RENAME(RUMP_SYS_RENAME_OPEN);\n\
        int rump_sys_pipe(int *);\n";
    const CODE: &str = "int rump___sysimpl_open7(const char *, int, mode_t);\nint\n\
        rump___sysimpl_open7(const char * path, int flags, mode_t mode)\n{\n";

    #[test]
    fn version_comes_from_the_header_and_the_type_from_the_code() {
        let line = HEADER.lines().nth(1).unwrap();
        let call = with_prototype(declaration(line, HEADER).unwrap(), CODE).unwrap();
        assert_eq!(
            (call.name.as_str(), call.link_name.as_str()),
            ("open", "rump___sysimpl_open7")
        );
        assert!(call.variadic_in_header);
        assert_eq!(
            call.prototype,
            "int rump___sysimpl_open7(const char * path, int flags, mode_t mode);"
        );
    }

    #[test]
    fn call_without_versions_keeps_its_name() {
        let call = declaration(HEADER.lines().nth(2).unwrap(), HEADER).unwrap();
        assert_eq!(call.link_name, "rump_sys_pipe");
        assert_eq!(call.rename_macro, None);
    }

    #[test]
    fn call_that_is_not_defined_is_named() {
        let call = declaration(HEADER.lines().nth(2).unwrap(), HEADER).unwrap();
        let error = with_prototype(call, CODE).unwrap_err().to_string();
        assert!(error.contains("rump_sys_pipe"), "{error}");
    }
}
