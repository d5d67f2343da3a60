//! The types and constants as files of `src/bindings`.

use std::fmt::Write as _;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Item;

use crate::facts::{self, Layout};
use crate::models::{MODELS, Merged};
use crate::{Failure, output::File};

/// All files but the functions.
pub(crate) fn generate(merged: &Merged) -> Result<Vec<File>, Failure> {
    let common = &merged.common;
    let types_of_all = types(common);
    let mut files = vec![
        module()?,
        File::rust(
            "constants.rs",
            "Constants that are the same on all machines.",
            &constants(common),
            "",
        )?,
        File::rust(
            "types.rs",
            "Types; the sizes and offsets given are the same on all machines.",
            &quote!(use core::ffi::*; use super::*; #types_of_all),
            &assertions(common),
        )?,
    ];
    for (model, items) in MODELS.iter().zip(&merged.particular) {
        let (constants, types) = (constants(items), types(items));
        files.push(File::rust(
            &format!("{}.rs", model.name),
            &format!("What is particular to the data model {}.", model.name),
            &quote!(#constants #types),
            &assertions(items),
        )?);
    }
    Ok(files)
}

/// `mod.rs`.
fn module() -> Result<File, Failure> {
    let modules = MODELS.iter().map(|model| {
        let name = format_ident!("{}", model.name);
        let cfg: TokenStream = model.cfg.parse().unwrap_or_default();
        quote! {
            #[cfg(#cfg)] mod #name;
            #[cfg(#cfg)] pub use #name::*;
        }
    });
    File::rust(
        "mod.rs",
        "What a NetBSD source tree declares for users of its kernel.",
        &quote! {
            pub mod calls;
            mod constants;
            mod functions;
            mod types;
            #(#modules)*
            pub use constants::*;
            pub use functions::*;
            pub use types::*;
        },
        "",
    )
}

/// The constants among `items`.
fn constants(items: &[Item]) -> TokenStream {
    let constants = items.iter().filter(|item| facts::constant(item).is_some());
    quote!(use core::ffi::*; use super::*; #(#constants)*)
}

/// The types among `items`.
fn types(items: &[Item]) -> TokenStream {
    let types = items.iter().filter(|item| match item {
        Item::Const(_) | Item::ForeignMod(_) => false,
        item => facts::zeroed(item).is_none(),
    });
    quote!(#(#types)*)
}

/// The layouts, and the types whose default is all zeros, for the macros of `assertions.rs`.
fn assertions(items: &[Item]) -> String {
    let mut text = String::new();
    let zeroed: Vec<String> = items.iter().filter_map(facts::zeroed).collect();
    if !zeroed.is_empty() {
        let _ = write!(text, "\nzeroed! {{\n    {}\n}}\n", zeroed.join("\n    "));
    }
    let layouts: Vec<Layout> = items.iter().filter_map(Layout::of_item).collect();
    if !layouts.is_empty() {
        let _ = write!(text, "\nlayout! {{\n");
        for Layout {
            name,
            size,
            align,
            members,
        } in layouts
        {
            let members: Vec<String> = members
                .iter()
                .map(|(member, offset)| format!("{member} {offset}"))
                .collect();
            let _ = writeln!(
                text,
                "    {name} {size} {align} {{ {} }}",
                members.join(", ")
            );
        }
        text.push_str("}\n");
    }
    text
}
