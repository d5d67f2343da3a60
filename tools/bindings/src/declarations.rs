//! Rust declarations for one data model, made by bindgen.

use std::fmt::Write as _;

use bindgen::callbacks::{ItemInfo, ItemKind, ParseCallbacks};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut};

use crate::{Failure, prototypes::SystemCall, selection, view::View};

/// What a macro's value is called while bindgen looks at it.
const CONSTANT: &str = "rumpkernel_constant_";

/// Runs bindgen on `view`; gives back the items of the file that it makes.
pub(crate) fn generate(
    view: &View,
    system_calls: &[SystemCall],
    constants: &[String],
) -> Result<Vec<syn::Item>, Failure> {
    let mut builder = bindgen::Builder::default()
        .header_contents("wrapper.h", &wrapper(view, system_calls, constants)?)
        .clang_args(&view.arguments)
        .allowlist_var(format!("{CONSTANT}.*"))
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .generate_comments(false)
        .derive_default(true)
        .default_non_copy_union_style(bindgen::NonCopyUnionStyle::ManuallyDrop)
        .use_core()
        .ctypes_prefix("::core::ffi")
        .disable_header_comment()
        .formatter(bindgen::Formatter::None)
        .parse_callbacks(Box::new(ConstantNames));
    for name in selection::TYPES {
        builder = builder.allowlist_type(*name);
    }
    for name in selection::OPAQUE {
        builder = builder
            .blocklist_type(format!("{name}(__.*)?"))
            .raw_line(opaque(name));
    }
    builder = builder.blocklist_type(selection::INSIDE_OPAQUE);
    for (name, blob) in selection::BLOBS {
        builder = builder
            .blocklist_item(format!("{name}(__.*)?"))
            .raw_line(format!("pub type {name} = {blob};"));
    }
    for (name, value) in selection::WIDE_CONSTANTS {
        builder = builder.raw_line(format!("pub const {name}: u64 = {value};"));
    }
    for (name, _) in selection::FUNCTIONS {
        builder = builder.allowlist_function(*name);
    }
    for call in system_calls {
        builder = builder.allowlist_function(&call.link_name);
    }
    let text = builder.generate()?.to_string();
    let tokens = plain_names(text.parse()?);
    let mut file: syn::File = syn::parse2(tokens)?;
    ShortPaths.visit_file_mut(&mut file);
    Ok(file
        .items
        .into_iter()
        .filter(|item| !is_own_name(item))
        .collect())
}

/// Takes the path off names that the files import or the prelude has: `::core::ffi::c_int`.
struct ShortPaths;

impl VisitMut for ShortPaths {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        let text: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if let [first, module, _] = text.as_slice()
            && first == "core"
            && (module == "ffi" || module == "option")
        {
            path.leading_colon = None;
            path.segments = path
                .segments
                .pop()
                .into_iter()
                .map(|last| last.into_value())
                .collect();
        }
    }
}

/// NetBSD's headers define `off_t` as a macro for `__off_t`, `int64_t` as one for `__int64_t`, and
/// so on. Programs write the plain names.
fn plain_names(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) => {
                TokenTree::Ident(Ident::new(&plain_name(&ident.to_string()), ident.span()))
            }
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), plain_names(group.stream())))
            }
            other => other,
        })
        .collect()
}

/// What a program calls the type `name`: Rust's name where there is one.
fn plain_name(name: &str) -> String {
    let plain = match name.strip_prefix("__") {
        Some(rest) if selection::PLAIN_TYPES.contains(&rest) => rest,
        _ => name,
    };
    match plain {
        "int8_t" => "i8",
        "int16_t" => "i16",
        "int32_t" => "i32",
        "int64_t" => "i64",
        "uint8_t" => "u8",
        "uint16_t" => "u16",
        "uint32_t" | "u_int32_t" => "u32",
        "uint64_t" | "uintmax_t" | "u_quad_t" => "u64",
        "intptr_t" => "isize",
        "uintptr_t" => "usize",
        other => other,
    }
    .to_owned()
}

/// `type i64 = …`, which the new names have made of `typedef … __int64_t`.
fn is_own_name(item: &syn::Item) -> bool {
    match item {
        syn::Item::Type(alias) => RUST_TYPES.contains(&alias.ident.to_string().as_str()),
        _ => false,
    }
}

/// The names that [`plain_name`] maps to types of Rust's own.
const RUST_TYPES: &[&str] = &[
    "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "isize", "usize",
];

/// A type of which only pointers are used, as the Rustonomicon declares such types.
fn opaque(name: &str) -> String {
    format!(
        "#[repr(C)] #[derive(Debug)] pub struct {name} {{
            _data: [u8; 0],
            _marker: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
        }}"
    )
}

/// The header that bindgen reads.
fn wrapper(
    view: &View,
    system_calls: &[SystemCall],
    constants: &[String],
) -> Result<String, Failure> {
    let mut text = format!("#include \"{}\"\n", view.headers.display());
    for call in system_calls {
        writeln!(text, "{}", call.prototype)?;
    }
    for name in constants {
        writeln!(
            text,
            "static const __typeof__({name}) {CONSTANT}{name} = ({name});"
        )?;
    }
    Ok(text)
}

/// Gives constants their macros' names back.
#[derive(Debug)]
struct ConstantNames;

impl ParseCallbacks for ConstantNames {
    fn item_name(&self, item: ItemInfo<'_>) -> Option<String> {
        match item.kind {
            ItemKind::Var => item.name.strip_prefix(CONSTANT).map(str::to_owned),
            _ => None,
        }
    }
}
