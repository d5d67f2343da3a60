//! `checks/layout.c`: what each build asserts of the tree and the target at hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use syn::Item;

use crate::facts::{self, Layout};
use crate::models::{MODELS, Merged};
use crate::prototypes::{self, SystemCall};
use crate::{Failure, calls, output::File, selection};

/// How the file begins.
const MACROS: &str = r#"#include "headers.h"

#define TYPE(type, size, align)                                                                    \
    _Static_assert(sizeof(type) == (size) && __alignof__(type) == (align),                         \
        #type " has another size in this NetBSD source tree than in rumpkernel-sys")
#define MEMBER(type, member, offset)                                                               \
    _Static_assert(__builtin_offsetof(type, member) == (offset),                                   \
        #type "." #member " lies elsewhere in this NetBSD source tree than in rumpkernel-sys")
#define VALUE(name, value)                                                                         \
    _Static_assert((name) == (value),                                                              \
        #name " has another value in this NetBSD source tree than in rumpkernel-sys")
#define DECLARED(function) extern __typeof__(function) function
#define STRING(text) #text
#define LINK_NAME(name, link_name)                                                                 \
    _Static_assert(__builtin_strcmp(STRING(name), link_name) == 0,                                 \
        #name " is not " link_name ": this NetBSD source tree has another version of the call")
#define ROUND_UP(size, align) (((size) + (align) - 1) / (align) * (align))
#define ARGUMENTS(call, registers, wide)                                                           \
    _Static_assert(sizeof(struct sys_##call##_args) ==                                             \
        ROUND_UP((registers) * sizeof(register_t) + (wide) * sizeof(int64_t),                      \
            __alignof__(struct sys_##call##_args)),                                                \
        #call " takes its arguments otherwise in this NetBSD source tree than in rumpkernel-sys")
"#;

/// Makes the file.
pub(crate) fn generate(
    tree: &Path,
    merged: &Merged,
    system_calls: &[SystemCall],
) -> Result<File, Failure> {
    let unions: BTreeSet<String> = merged
        .common
        .iter()
        .chain(merged.particular.iter().flatten())
        .filter_map(|item| match item {
            Item::Union(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    let mut text = MACROS.to_owned();
    write_assertions(&mut text, &merged.common, &unions)?;
    for (model, items) in MODELS.iter().zip(&merged.particular) {
        writeln!(text, "\n#if {} /* {} */", model.preprocessor, model.name)?;
        write_assertions(&mut text, items, &unions)?;
        writeln!(text, "#endif")?;
    }
    writeln!(
        text,
        "\n/* A function that is not declared, or with another type, does not compile. */"
    )?;
    for (name, _) in selection::FUNCTIONS {
        writeln!(text, "DECLARED({name});")?;
        writeln!(text, "{}", prototypes::entry_point(tree, name)?)?;
    }
    for call in system_calls.iter().filter(|call| !call.is_by_number()) {
        writeln!(text, "DECLARED(rump_sys_{});", call.name)?;
        if !call.variadic_in_header {
            let name = format!("rump_sys_{}(", call.name);
            let link_name = format!("{}(", call.link_name);
            writeln!(text, "{}", call.prototype.replacen(&link_name, &name, 1))?;
        }
        if let Some(rename) = &call.rename_macro {
            writeln!(text, "LINK_NAME({rename}, \"{}\");", call.link_name)?;
        }
    }
    writeln!(
        text,
        "\n/* Arguments lie one after the other, in registers or 64 bits. */"
    )?;
    writeln!(text, "TYPE(register_t, sizeof(void *), sizeof(void *));")?;
    for call in system_calls {
        calls::assert_layout(&mut text, call, merged)?;
    }
    Ok(File::c(
        "layout.c",
        "What rumpkernel-sys declares, asserted of a NetBSD source tree and a target.",
        &text,
    ))
}

/// Types, members and constants of `items`.
fn write_assertions(
    text: &mut String,
    items: &[Item],
    unions: &BTreeSet<String>,
) -> Result<(), Failure> {
    for layout in items.iter().filter_map(Layout::of_item) {
        // Types without a name of their own are members of those that have one.
        let Some(name) = c_name(&layout.name, unions) else {
            continue;
        };
        writeln!(text, "TYPE({name}, {}, {});", layout.size, layout.align)?;
        if selection::SIZE_ONLY.contains(&layout.name.as_str()) {
            continue;
        }
        for (member, offset) in &layout.members {
            if !member.starts_with("__bindgen") {
                let member = member.strip_suffix('_').unwrap_or(member);
                writeln!(text, "MEMBER({name}, {member}, {offset});")?;
            }
        }
    }
    for (name, value) in items.iter().filter_map(facts::constant) {
        let value = match value.as_str() {
            "u64::MAX" => "18446744073709551615ULL",
            value => value,
        };
        writeln!(text, "#ifdef {name}\nVALUE({name}, {value});\n#endif")?;
    }
    Ok(())
}

/// What C calls the type `name`, if it has a name there.
fn c_name(name: &str, unions: &BTreeSet<String>) -> Option<String> {
    if name.contains("__bindgen") || selection::UNNAMED.contains(&name) {
        None
    } else if name.ends_with("_t") {
        Some(name.to_owned())
    } else if unions.contains(name) {
        Some(format!("union {name}"))
    } else {
        Some(format!("struct {name}"))
    }
}
