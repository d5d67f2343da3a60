//! The flag of strlen.c.

use rumpkernel_build::with_sources;
use std::path::Path;

use rumpkernel_harness::{Missing, Outcome};

use crate::kernel::Kernel;
use crate::trees::source_trees;

pub(crate) fn clang_refuses_strlen_without_its_flag() -> Outcome {
    let source = Path::new("common/lib/libc/string/strlen.c");
    for tree in source_trees()? {
        let kernel =
            Kernel::new(&tree.root, "x86_64-unknown-linux-gnu", "clang").map_err(Missing::tool)?;
        let error = with_sources(&kernel.compile(source, false).unwrap_err());
        assert!(error.contains("__builtin_strlen"), "{}: {error}", tree.name);
        if let Err(error) = kernel.compile(source, true) {
            panic!("{}: {error}", tree.name);
        }
    }
    Ok(())
}
