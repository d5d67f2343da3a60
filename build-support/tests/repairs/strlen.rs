//! The flag of strlen.c.

use rumpkernel_build::with_sources;
use std::path::Path;

use crate::kernel::Kernel;
use crate::trees::source_trees;

#[test]
fn clang_refuses_strlen_without_its_flag() {
    let test = "clang_refuses_strlen_without_its_flag";
    let source = Path::new("common/lib/libc/string/strlen.c");
    for tree in source_trees(test) {
        let kernel = match Kernel::new(&tree.root, "x86_64-unknown-linux-gnu", "clang") {
            Ok(kernel) => kernel,
            Err(error) => return println!("{test} did not run: {error}"),
        };
        let error = with_sources(&kernel.compile(source, false).unwrap_err());
        assert!(error.contains("__builtin_strlen"), "{}: {error}", tree.name);
        if let Err(error) = kernel.compile(source, true) {
            panic!("{}: {error}", tree.name);
        }
    }
}
