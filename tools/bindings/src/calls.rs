//! The system calls by number: a call of the macro that makes a function for each, which lays out
//! its arguments.

use std::fmt::Write as _;

use syn::{FnArg, Pat};

use crate::entry_points::{declared, text_of};
use crate::prototypes::{PADDING, SystemCall};
use crate::{Failure, models::Merged, output::File};

/// Types of arguments that have 64 bits on every machine.
const WIDE: &[&str] = &["dev_t", "i64", "off_t", "u64"];

/// One argument of a system call, with its name and type in Rust.
struct Argument {
    name: String,
    kind: String,
}

impl Argument {
    /// Returns whether it is this member. Names that are keywords of Rust end in `_` there.
    fn is(&self, member: &str) -> bool {
        self.name.strip_suffix('_').unwrap_or(&self.name) == member
    }

    fn is_pointer(&self) -> bool {
        self.kind.starts_with('*')
    }
}

/// Makes `src/bindings/calls.rs`.
pub(crate) fn generate(merged: &Merged, system_calls: &[SystemCall]) -> Result<File, Failure> {
    let (mut plain, mut pointing) = (String::new(), String::new());
    for call in system_calls {
        let arguments = arguments(merged, call)?;
        let members: Vec<&str> = call
            .members
            .iter()
            .map(|member| {
                let argument = arguments.iter().find(|argument| argument.is(member));
                argument.map_or(PADDING, |argument| &argument.name)
            })
            .collect();
        let text = match arguments.iter().any(Argument::is_pointer) {
            true => &mut pointing,
            false => &mut plain,
        };
        let arguments: Vec<_> = arguments
            .iter()
            .map(|Argument { name, kind }| format!("{name}: {kind}"))
            .collect();
        writeln!(
            text,
            "        {}({}) = {} [{}];",
            call.name,
            arguments.join(", "),
            call.number,
            members.join(" ")
        )?;
    }
    let text = format!(
        "\nsystem_calls! {{\n    plain {{\n{plain}    }}\n    pointing {{\n{pointing}    }}\n}}\n"
    );
    File::rust(
        "calls.rs",
        "The system calls by number, with their arguments as the kernel takes them.",
        &quote::quote! {
            use core::ffi::*;
            use super::*;
        },
        &text,
    )
}

/// Writes the assertions that the call has this number, and that its arguments lie one after the
/// other: the kernel's structure has just room for them.
pub(crate) fn assert_layout(
    text: &mut String,
    call: &SystemCall,
    merged: &Merged,
) -> Result<(), Failure> {
    let name = &call.kernel_name;
    if call.is_by_number() {
        writeln!(text, "#ifdef SYS_{name}")?;
    }
    writeln!(text, "VALUE(SYS_{name}, {});", call.number)?;
    if !call.members.is_empty() {
        let arguments = arguments(merged, call)?;
        let is_wide = |argument: &&Argument| WIDE.contains(&&*argument.kind);
        let wide = arguments.iter().filter(is_wide).count();
        let registers = call.members.len() - wide;
        writeln!(text, "ARGUMENTS({name}, {registers}, {wide});")?;
    }
    if call.is_by_number() {
        writeln!(text, "#endif")?;
    }
    Ok(())
}

/// The parameters of the call that are members of its argument structure.
fn arguments(merged: &Merged, call: &SystemCall) -> Result<Vec<Argument>, Failure> {
    let function = declared(merged, &call.link_name)?;
    let mut arguments = Vec::new();
    for argument in &function.sig.inputs {
        let FnArg::Typed(argument) = argument else {
            continue;
        };
        let Pat::Ident(name) = &*argument.pat else {
            continue;
        };
        let argument = Argument {
            name: name.ident.to_string(),
            kind: text_of(&argument.ty),
        };
        // pipe(2) has a parameter and no argument.
        if call.members.iter().any(|member| argument.is(member)) {
            arguments.push(argument);
        }
    }
    let padding = call.members.iter().filter(|member| *member == PADDING);
    if arguments.len() + padding.count() != call.members.len() {
        return Err(format!(
            "{}: the parameters are not the members of its argument structure, {}",
            call.link_name,
            call.members.join(" ")
        )
        .into());
    }
    Ok(arguments)
}
