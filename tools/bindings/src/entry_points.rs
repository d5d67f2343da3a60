//! The table of a kernel's entry points: a call of the macro that makes `EntryPoints`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use quote::ToTokens;
use syn::{FnArg, ForeignItem, ForeignItemFn, Item, ReturnType};

use crate::selection::{FUNCTIONS, Library};
use crate::{Failure, models::Merged, output::File, prototypes::SystemCall};

/// One member of the table.
struct Entry {
    /// The member's name.
    field: String,
    /// The function's declaration.
    function: ForeignItemFn,
    /// Where the function is.
    library: Library,
}

/// The features that `rumpkernel-sys` has.
pub(crate) fn features_of(crate_folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let manifest = std::fs::read_to_string(crate_folder.join("Cargo.toml"))?;
    Ok(manifest
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().to_owned())
        .collect())
}

/// Makes `src/bindings/functions.rs`.
pub(crate) fn generate(
    merged: &Merged,
    system_calls: &[SystemCall],
    features: &BTreeSet<String>,
) -> Result<File, Failure> {
    let mut every = String::new();
    let mut optional = String::new();
    let mut absent = String::new();
    for entry in entries(merged, system_calls)? {
        let line = entry.line()?;
        match entry.library {
            Library::Base => writeln!(every, "        {line}")?,
            Library::Component(feature) if features.contains(feature) => {
                writeln!(optional, "        {feature:?} {line}")?;
            }
            Library::Component(feature) => writeln!(absent, "        {feature:?} {line}")?,
        }
    }
    let text = format!(
        "\nentry_points! {{\n    every {{\n{every}    }}\n    component {{\n{optional}    }}\n    \
         absent {{\n{absent}    }}\n}}\n"
    );
    File::rust(
        "functions.rs",
        "The functions through which a kernel is reached.",
        &quote::quote! {
            use core::ffi::*;
            use super::*;
        },
        &text,
    )
}

/// The entries, in the order of the selection and of the header.
fn entries(merged: &Merged, system_calls: &[SystemCall]) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for (name, library) in FUNCTIONS {
        let short = name.trim_start_matches("rump_");
        entries.push(Entry {
            field: short.trim_start_matches("pub_").to_owned(),
            function: declared(merged, name)?,
            library: *library,
        });
    }
    for call in system_calls.iter().filter(|call| !call.is_by_number()) {
        entries.push(Entry {
            field: format!("sys_{}", call.name),
            function: declared(merged, &call.link_name)?,
            library: Library::Base,
        });
    }
    Ok(entries)
}

/// The declaration of the function `link_name`.
pub(crate) fn declared(merged: &Merged, link_name: &str) -> Result<ForeignItemFn, Failure> {
    let functions = merged.common.iter().filter_map(|item| match item {
        Item::ForeignMod(block) => block.items.first(),
        _ => None,
    });
    for item in functions {
        if let ForeignItem::Fn(function) = item
            && function.sig.ident == link_name
        {
            return Ok(function.clone());
        }
    }
    Err(format!("{link_name} is not declared, or not with the same type in each data model").into())
}

impl Entry {
    /// `field = link_name(argument: type, …) -> type;`
    fn line(&self) -> Result<String, Failure> {
        let signature = &self.function.sig;
        let mut arguments = Vec::new();
        for argument in &signature.inputs {
            let FnArg::Typed(argument) = argument else {
                return Err(format!("{} takes self", signature.ident).into());
            };
            let (name, kind) = (&argument.pat, &argument.ty);
            arguments.push(format!("{}: {}", name.to_token_stream(), text_of(kind)));
        }
        let result = match &signature.output {
            ReturnType::Default => String::new(),
            ReturnType::Type(_, kind) => format!(" -> {}", text_of(kind)),
        };
        Ok(format!(
            "{} = {}({}){result};",
            self.field,
            signature.ident,
            arguments.join(", ")
        ))
    }
}

/// A type as one writes it.
pub(crate) fn text_of(kind: &syn::Type) -> String {
    kind.to_token_stream().to_string().replace("* ", "*")
}
