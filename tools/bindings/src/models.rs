//! The data models, and the declarations that are the same in all of them or differ.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use crate::{Failure, output::File};

/// A data model: what sizes and alignments of C's types a machine has.
pub(crate) struct Model {
    /// The name of the module with what is particular to it.
    pub(crate) name: &'static str,
    /// A machine that has it.
    pub(crate) triple: &'static str,
    /// When Rust code is compiled for it.
    pub(crate) cfg: &'static str,
    /// When C code is compiled for it.
    pub(crate) preprocessor: &'static str,
}

/// All data models of the machines that NetBSD and Rust share.
pub(crate) const MODELS: &[Model] = &[
    Model {
        name: "lp64",
        triple: "x86_64-unknown-linux-gnu",
        cfg: "target_pointer_width = \"64\"",
        preprocessor: "defined(__LP64__)",
    },
    Model {
        name: "ilp32",
        triple: "armv7-unknown-linux-gnueabihf",
        cfg: "all(target_pointer_width = \"32\", not(target_arch = \"x86\"))",
        preprocessor: "!defined(__LP64__) && !defined(__i386__)",
    },
    Model {
        name: "i386",
        triple: "i686-unknown-linux-gnu",
        cfg: "target_arch = \"x86\"",
        preprocessor: "defined(__i386__)",
    },
];

/// Declarations of all models.
pub(crate) struct Merged {
    /// What is the same everywhere, in the order of the C headers.
    pub(crate) common: Vec<Item>,
    /// What is not: one list for each of [`MODELS`].
    pub(crate) particular: Vec<Vec<Item>>,
}

/// Tells common items from particular ones.
pub(crate) fn merge(per_model: Vec<Vec<Item>>) -> Result<Merged, Failure> {
    let keyed: Vec<Vec<(String, Item)>> = per_model
        .into_iter()
        .map(|items| {
            items
                .into_iter()
                .flat_map(separate)
                .map(|item| (key(&item), item))
                .collect()
        })
        .collect();
    let texts: Vec<BTreeMap<String, String>> = keyed
        .iter()
        .map(|items| {
            items
                .iter()
                .map(|(key, item)| (key.clone(), item.to_token_stream().to_string()))
                .collect()
        })
        .collect();
    for (model, text) in MODELS.iter().zip(&texts) {
        let odd: Vec<_> = [(text, &texts[0]), (&texts[0], text)]
            .into_iter()
            .flat_map(|(one, other)| one.keys().filter(|key| !other.contains_key(*key)))
            .collect();
        if !odd.is_empty() {
            return Err(format!("{} and {} differ in {odd:?}", model.name, MODELS[0].name).into());
        }
    }
    let is_common = |key: &String| texts.iter().all(|text| text.get(key) == texts[0].get(key));
    let mut common = Vec::new();
    let mut particular = Vec::new();
    for (index, items) in keyed.into_iter().enumerate() {
        let mut own = Vec::new();
        for (key, item) in items {
            if !is_common(&key) {
                own.push(item);
            } else if index == 0 {
                common.push(item);
            }
        }
        particular.push(own);
    }
    Ok(Merged { common, particular })
}

/// One block of foreign functions becomes one block for each function.
fn separate(item: Item) -> Vec<Item> {
    match item {
        Item::ForeignMod(block) => block
            .items
            .iter()
            .map(|function| {
                Item::ForeignMod(syn::ItemForeignMod {
                    items: vec![function.clone()],
                    ..block.clone()
                })
            })
            .collect(),
        other => vec![other],
    }
}

/// What an item declares.
fn key(item: &Item) -> String {
    match item {
        Item::Const(item) if item.ident == "_" => {
            // A layout assertion: the first type named in it.
            let text = item.to_token_stream().to_string();
            let start = text.find("size_of :: < ").map_or(0, |at| at + 13);
            format!(
                "layout of {}",
                text[start..].split(' ').next().unwrap_or_default()
            )
        }
        Item::Const(item) => format!("constant {}", item.ident),
        Item::Struct(item) => format!("type {}", item.ident),
        Item::Union(item) => format!("type {}", item.ident),
        Item::Type(item) => format!("type {}", item.ident),
        Item::ForeignMod(item) => {
            let mut text = item.items[0].to_token_stream().to_string();
            text.truncate(text.find('(').unwrap_or(text.len()));
            format!("function {text}")
        }
        Item::Impl(item) => {
            let what = item
                .trait_
                .as_ref()
                .map(|(_, path, _)| path.to_token_stream().to_string());
            format!("impl {what:?} for {}", item.self_ty.to_token_stream())
        }
        other => other.to_token_stream().to_string(),
    }
}

impl Merged {
    /// The files `src/bindings/*.rs`.
    pub(crate) fn to_files(&self) -> Vec<File> {
        let of_kind = |wanted: Kind| {
            self.common
                .iter()
                .filter(move |item| kind(item) == wanted)
                .collect::<Vec<_>>()
        };
        let functions = joined(&of_kind(Kind::Function));
        let constants = of_kind(Kind::Constant);
        let types = of_kind(Kind::Type);
        let mut files = vec![
            File::rust("types.rs", "Structures and types.", &quote!(#(#types)*)),
            File::rust("constants.rs", "Constants.", &quote!(#(#constants)*)),
            File::rust("functions.rs", "The kernel's functions.", &functions),
        ];
        for (model, items) in MODELS.iter().zip(&self.particular) {
            files.push(File::rust(
                &format!("{}.rs", model.name),
                &format!("What is particular to the data model `{}`.", model.name),
                &quote!(#(#items)*),
            ));
        }
        files.push(self.module_file());
        files
    }

    /// `src/bindings/mod.rs`.
    fn module_file(&self) -> File {
        let modules = MODELS.iter().map(|model| {
            let name = quote::format_ident!("{}", model.name);
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
                mod constants;
                mod entry_points;
                mod functions;
                #(#modules)*
                mod types;
                pub use constants::*;
                pub use entry_points::{EntryPoints, LINKED};
                pub use functions::*;
                pub use types::*;
            },
        )
    }
}

/// In which file an item goes.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Type,
    Constant,
    Function,
}

fn kind(item: &Item) -> Kind {
    match item {
        Item::Const(item) if item.ident != "_" => Kind::Constant,
        Item::ForeignMod(_) => Kind::Function,
        _ => Kind::Type,
    }
}

/// All functions in one foreign block again.
fn joined(blocks: &[&Item]) -> TokenStream {
    let functions = blocks.iter().flat_map(|item| match item {
        Item::ForeignMod(block) => block.items.clone(),
        _ => Vec::new(),
    });
    quote!(unsafe extern "C" { #(#functions)* })
}
