//! The table of a kernel's entry points: `EntryPoints`.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{ForeignItem, ForeignItemFn, Item, LitCStr};

use crate::selection::{FUNCTIONS, Library};
use crate::{Failure, models::Merged, output::File, prototypes::SystemCall};

/// One member of the table.
struct Entry {
    /// The member's name.
    field: syn::Ident,
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

/// Makes `src/bindings/entry_points.rs`.
pub(crate) fn generate(
    merged: &Merged,
    system_calls: &[SystemCall],
    features: &BTreeSet<String>,
) -> Result<File, Failure> {
    let entries = entries(merged, system_calls)?;
    let members = entries.iter().map(Entry::member);
    let linked = entries.iter().map(|entry| entry.linked(features));
    let loaded = entries.iter().map(Entry::loaded);
    let code = quote! {
        use core::ffi::{CStr, c_void};

        use super::*;

        #[doc = " The functions of one kernel, by which it is reached."]
        #[doc = ""]
        #[doc = " A member `sys_name` is the system call name(2) in the version that this crate's"]
        #[doc = " structures belong to: it returns -1 after setting the error number with the hypercall"]
        #[doc = " `rumpuser_seterrno`. The other members carry their name in `rump/rump.h` without the"]
        #[doc = " prefixes `rump_` and `pub_`; those of components that not each kernel has are options."]
        #[derive(Debug, Clone, Copy)]
        pub struct EntryPoints { #(#members)* }

        #[doc = " The kernel that is linked into this program."]
        pub static LINKED: EntryPoints = EntryPoints { #(#linked)* };

        impl EntryPoints {
            #[doc = " Fills the table with the addresses that `resolve` gives for the names of symbols."]
            #[doc = ""]
            #[doc = " # Errors"]
            #[doc = ""]
            #[doc = " The name of the first symbol that is not optional and for which `resolve` gives null."]
            #[doc = ""]
            #[doc = " # Safety"]
            #[doc = ""]
            #[doc = " `resolve` must give null or the address of the function of that name in a kernel that was"]
            #[doc = " built from the snapshot that this crate was built for, and that stays mapped as long as the"]
            #[doc = " table or a copy of it is used."]
            pub unsafe fn load(
                mut resolve: impl FnMut(&CStr) -> *const c_void,
            ) -> Result<Self, &'static CStr> {
                #[doc = " A function that each kernel has."]
                unsafe fn required<F: Copy>(
                    address: *const c_void,
                    name: &'static CStr,
                ) -> Result<F, &'static CStr> {
                    unsafe { optional(address) }.ok_or(name)
                }

                #[doc = " A function that some kernels have."]
                unsafe fn optional<F: Copy>(address: *const c_void) -> Option<F> {
                    if address.is_null() {
                        return None;
                    }
                    const { assert!(size_of::<F>() == size_of::<*const c_void>()) };
                    Some(unsafe { core::mem::transmute_copy::<*const c_void, F>(&address) })
                }

                Ok(unsafe { Self { #(#loaded)* } })
            }
        }
    };
    Ok(File::rust(
        "entry_points.rs",
        "The functions through which a kernel is reached.",
        &code,
        "",
    ))
}

/// The entries, in the order of the selection and of the header.
fn entries(merged: &Merged, system_calls: &[SystemCall]) -> Result<Vec<Entry>, Failure> {
    let declared = |link_name: &str| {
        merged
            .common
            .iter()
            .filter_map(|item| match item {
                Item::ForeignMod(block) => block.items.first(),
                _ => None,
            })
            .find_map(|item| match item {
                ForeignItem::Fn(function) if function.sig.ident == link_name => {
                    Some(function.clone())
                }
                _ => None,
            })
            .ok_or_else(|| {
                format!("{link_name} is declared differently for each data model, or not at all")
            })
    };
    let mut entries = Vec::new();
    for (name, library) in FUNCTIONS {
        let field = name
            .trim_start_matches("rump_pub_")
            .trim_start_matches("rump_");
        entries.push(Entry {
            field: format_ident!("{field}"),
            function: declared(name)?,
            library: *library,
        });
    }
    for call in system_calls {
        entries.push(Entry {
            field: format_ident!("sys_{}", call.name),
            function: declared(&call.link_name)?,
            library: Library::Base,
        });
    }
    Ok(entries)
}

impl Entry {
    /// `name: unsafe extern "C" fn(…) -> …`, optional where a component brings it.
    fn member(&self) -> TokenStream {
        let field = &self.field;
        let inputs = &self.function.sig.inputs;
        let output = &self.function.sig.output;
        let pointer = quote!(unsafe extern "C" fn(#inputs) #output);
        let doc = match self.library {
            Library::Base => format!(" `{}`.", self.function.sig.ident),
            Library::Component(feature) => {
                format!(
                    " `{}`, of the component `{feature}`.",
                    self.function.sig.ident
                )
            }
        };
        match self.library {
            Library::Base => quote!(#[doc = #doc] pub #field: #pointer,),
            Library::Component(_) => quote!(#[doc = #doc] pub #field: Option<#pointer>,),
        }
    }

    /// The member's value for the linked kernel.
    fn linked(&self, features: &BTreeSet<String>) -> TokenStream {
        let field = &self.field;
        let function = &self.function.sig.ident;
        match self.library {
            Library::Base => quote!(#field: #function,),
            Library::Component(feature) if features.contains(feature) => quote! {
                #[cfg(feature = #feature)] #field: Some(#function),
                #[cfg(not(feature = #feature))] #field: None,
            },
            Library::Component(_) => quote!(#field: None,),
        }
    }

    /// The member's value for an image.
    fn loaded(&self) -> TokenStream {
        let field = &self.field;
        let name = std::ffi::CString::new(self.function.sig.ident.to_string()).unwrap_or_default();
        let name = LitCStr::new(&name, self.function.sig.ident.span());
        match self.library {
            Library::Base => quote!(#field: required(resolve(#name), #name)?,),
            Library::Component(_) => quote!(#field: optional(resolve(#name)),),
        }
    }
}
