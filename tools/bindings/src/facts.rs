//! Facts read off bindgen's items: layouts, values, and which types are all zeros by default.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Item, ItemConst};

/// Size, alignment and offsets of one structure or union.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The type's name in Rust.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size: usize,
    /// Its alignment in bytes.
    pub(crate) align: usize,
    /// The members' names in Rust and their offsets in bytes.
    pub(crate) members: Vec<(String, usize)>,
}

impl Layout {
    /// Reads a layout test as bindgen writes it, `const _: () = { [".."][size_of::<T>() - 8]; … }`.
    pub(crate) fn of_assertion(item: &ItemConst) -> Option<Self> {
        let mut reader = LayoutReader::default();
        reader.visit_item_const(item);
        (!reader.layout.name.is_empty()).then_some(reader.layout)
    }

    /// Reads `item` if it is a layout test.
    pub(crate) fn of_item(item: &Item) -> Option<Self> {
        match item {
            Item::Const(item) if item.ident == "_" => Self::of_assertion(item),
            _ => None,
        }
    }
}

/// Takes each pair of a description and the number after it.
#[derive(Default)]
struct LayoutReader {
    description: String,
    layout: Layout,
}

impl<'ast> Visit<'ast> for LayoutReader {
    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.description = literal.value();
    }

    fn visit_lit_int(&mut self, literal: &'ast syn::LitInt) {
        let Ok(number) = literal.base10_parse() else {
            return;
        };
        if let Some(name) = self.description.strip_prefix("Size of ") {
            self.layout.name = name.to_owned();
            self.layout.size = number;
        } else if self.description.starts_with("Alignment of ") {
            self.layout.align = number;
        } else if let Some((_, member)) = self.description.split_once("::") {
            self.layout.members.push((member.to_owned(), number));
        }
    }
}

/// The name and the value of `item` if it is a constant.
pub(crate) fn constant(item: &Item) -> Option<(String, String)> {
    match item {
        Item::Const(item) if item.ident != "_" => {
            let value = item.expr.to_token_stream().to_string().replace(' ', "");
            Some((item.ident.to_string(), value))
        }
        _ => None,
    }
}

/// The type for which `item` implements `Default`, which bindgen does by zeros where it cannot
/// derive it.
pub(crate) fn zeroed(item: &Item) -> Option<String> {
    match item {
        Item::Impl(item) if item.trait_.as_ref()?.1.is_ident("Default") => {
            Some(item.self_ty.to_token_stream().to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, constant, zeroed};

    #[test]
    fn layout_is_read_from_a_test_of_bindgen() {
        let item = syn::parse_quote! {
            const _: () = {
                ["Size of flock"][::core::mem::size_of::<flock>() - 32usize];
                ["Alignment of flock"][::core::mem::align_of::<flock>() - 8usize];
                ["Offset of field: flock::l_len"][::core::mem::offset_of!(flock, l_len) - 8usize];
            };
        };
        let expected = Layout {
            name: "flock".into(),
            size: 32,
            align: 8,
            members: vec![("l_len".into(), 8)],
        };
        assert_eq!(Layout::of_item(&item), Some(expected));
        assert_eq!(constant(&item), None);
    }

    #[test]
    fn constants_keep_their_sign() {
        let item = syn::parse_quote!(
            pub const AT_FDCWD: c_int = -100;
        );
        assert_eq!(constant(&item), Some(("AT_FDCWD".into(), "-100".into())));
        assert_eq!(Layout::of_item(&item), None);
    }

    #[test]
    fn only_default_is_made_of_zeros() {
        let default = syn::parse_quote!(impl Default for stat {});
        let debug = syn::parse_quote!(impl Debug for stat {});
        assert_eq!(zeroed(&default).as_deref(), Some("stat"));
        assert_eq!(zeroed(&debug), None);
    }
}
