//! The data models, and the declarations that are the same in all of them or differ.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::Item;

use crate::{Failure, facts::Layout};

/// A data model: what sizes and alignments of C's types a machine has.
pub(crate) struct Model {
    /// The name of the module with what is particular to it.
    pub(crate) name: &'static str,
    /// Machines that have it; what they declare has to be the same.
    pub(crate) triples: &'static [&'static str],
    /// When Rust code is compiled for it.
    pub(crate) cfg: &'static str,
    /// When C code is compiled for it.
    pub(crate) preprocessor: &'static str,
}

/// All data models of the machines that NetBSD and Rust share.
pub(crate) const MODELS: &[Model] = &[
    Model {
        name: "lp64",
        triples: &[
            "x86_64-unknown-linux-gnu",
            "aarch64-unknown-linux-gnu",
            "riscv64gc-unknown-linux-gnu",
            "powerpc64-unknown-linux-gnu",
            "mips64-unknown-linux-gnuabi64",
        ],
        cfg: "all(target_pointer_width = \"64\", not(target_arch = \"sparc64\"))",
        preprocessor: "defined(__LP64__) && !defined(__sparc__)",
    },
    // LP64, but a disk label has fewer partitions.
    Model {
        name: "sparc64",
        triples: &["sparc64-unknown-linux-gnu"],
        cfg: "target_arch = \"sparc64\"",
        preprocessor: "defined(__LP64__) && defined(__sparc__)",
    },
    Model {
        name: "ilp32",
        triples: &[
            "armv7-unknown-linux-gnueabihf",
            "powerpc-unknown-linux-gnu",
            "mipsel-unknown-linux-gnu",
            "mips-unknown-linux-gnu",
        ],
        cfg: "all(target_pointer_width = \"32\", not(target_arch = \"x86\"))",
        preprocessor: "!defined(__LP64__) && !defined(__i386__)",
    },
    // ILP32, but what has 64 bits is aligned to 32 in structures.
    Model {
        name: "i386",
        triples: &["i686-unknown-linux-gnu"],
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

/// Tells common items from particular ones. `declared` gives the items for a triple.
pub(crate) fn merge(
    mut declared: impl FnMut(&str) -> Result<Vec<Item>, Failure>,
) -> Result<Merged, Failure> {
    let mut keyed = Vec::new();
    let mut texts: Vec<BTreeMap<String, String>> = Vec::new();
    for model in MODELS {
        let mut of_model: Option<BTreeMap<String, String>> = None;
        for triple in model.triples {
            let items: Vec<(String, Item)> = declared(triple)?
                .into_iter()
                .flat_map(separate)
                .map(|item| (key(&item), item))
                .collect();
            let text: BTreeMap<_, _> = items
                .iter()
                .map(|(key, item)| (key.clone(), item.to_token_stream().to_string()))
                .collect();
            match &of_model {
                None => {
                    keyed.push(items);
                    of_model = Some(text);
                }
                Some(first) => agree(first, &text, model, triple)?,
            }
        }
        texts.extend(of_model);
    }
    for (model, text) in MODELS.iter().zip(&texts) {
        if let Some(odd) = odd_key(&texts[0], text) {
            let first = MODELS[0].name;
            return Err(format!("only one of {first} and {} has the {odd}", model.name).into());
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

/// A key that only one of the two has.
fn odd_key<'a>(
    one: &'a BTreeMap<String, String>,
    other: &'a BTreeMap<String, String>,
) -> Option<&'a String> {
    let in_one = one.keys().find(|key| !other.contains_key(*key));
    in_one.or_else(|| other.keys().find(|key| !one.contains_key(*key)))
}

/// Fails unless `triple` declares what the first machine of its model does.
fn agree(
    first: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
    model: &Model,
    triple: &str,
) -> Result<(), Failure> {
    let differences: Vec<_> = first
        .keys()
        .chain(other.keys())
        .filter(|key| first.get(*key) != other.get(*key))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{triple} is not of the model {}: it declares these otherwise: {differences:?}",
        model.name
    )
    .into())
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
            let name = Layout::of_assertion(item).map(|layout| layout.name);
            format!("layout of {}", name.unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use syn::{Item, parse_quote};

    use super::{MODELS, merge};

    #[test]
    fn what_differs_between_models_is_told_from_what_does_not() {
        let merged = merge(|triple| {
            let size = if triple.contains("64") { 8 } else { 4 };
            Ok(vec![
                parse_quote!(
                    pub const EPERM: c_int = 1;
                ),
                parse_quote!(pub const POINTER: c_int = #size;),
            ])
        })
        .unwrap();
        let eperm: Item = parse_quote!(
            pub const EPERM: c_int = 1;
        );
        assert_eq!(merged.common, [eperm]);
        assert!(merged.particular.iter().all(|items| items.len() == 1));
    }

    #[test]
    fn machine_that_is_not_of_its_model_is_named() {
        let error = merge(|triple| {
            let pages = if triple.starts_with("riscv64") { 2 } else { 1 };
            Ok(vec![parse_quote!(pub const PAGES: c_int = #pages;)])
        })
        .err()
        .unwrap()
        .to_string();
        assert!(error.contains("riscv64gc"), "{error}");
        assert!(error.contains("PAGES"), "{error}");
    }

    #[test]
    fn constant_that_one_machine_lacks_is_an_error() {
        let last = MODELS.last().unwrap().triples[0];
        let error = merge(|triple| {
            let item = parse_quote!(
                pub const EPERM: c_int = 1;
            );
            Ok(if triple == last { vec![] } else { vec![item] })
        })
        .err()
        .unwrap()
        .to_string();
        assert!(error.contains("EPERM"), "{error}");
    }
}
