//! The checking build: kernel code that reports what it does that C leaves undefined.
//!
//! Compilers instrument it and leave to a runtime what is to happen. Theirs belongs to programs;
//! ours (`runtime.c`) is compiled as a part of the kernel's base, so that loaded kernels have it
//! too, and reports through one hypercall.

use crate::bsdmake::OBJECTS;
use crate::builder::GeneratedFile;
use crate::component::{Component, Origin, Source};

/// The component that the runtime is a part of.
const BASE: &str = "rump";

/// What is checked: what both GCC and clang know, and what depends on no runtime of C++.
///
/// With `-fwrapv` nothing would overflow; what the instrumentation computes wraps around without
/// it. Of shifts only the width is checked: both compilers say what becomes of a sign, and GCC
/// takes no `3 << 30` for a constant, in the label of a case, if it is to check that.
pub(crate) const FLAGS: [&str; 3] = [
    "-fstrict-overflow",
    // Each place is known by where its call returns to.
    "-fno-optimize-sibling-calls",
    "-fsanitize=alignment,bool,bounds,enum,integer-divide-by-zero,nonnull-attribute,null,pointer-overflow,\
     returns-nonnull-attribute,shift-exponent,signed-integer-overflow,unreachable,vla-bound",
];

/// Makes a component's code call the runtime, and adds it to the base.
pub(crate) fn instrument(component: &mut Component, generated: &mut Vec<GeneratedFile>) {
    let mut add = |name: &str, text: &str| {
        generated.push(GeneratedFile {
            name: name.to_owned(),
            text: text.to_owned(),
        });
    };
    add("checked.h", include_str!("checked.h"));
    for source in &mut component.sources {
        let include = ["-include".to_owned(), format!("{OBJECTS}/checked.h")];
        source.flags.extend(include);
    }
    if component.name == BASE {
        add("sanitizer.c", include_str!("runtime.c"));
        component.sources.push(Source {
            origin: Origin::Generated("sanitizer.c".to_owned()),
            flags: vec!["-fno-sanitize=all".to_owned()],
            rename: true,
        });
    }
}
