//! Looks at what rumpkernel-sys exports to those who compile components of their own.

use std::env;
use std::path::PathBuf;

fn exported(key: &str) -> String {
    env::var(format!("DEP_RUMPKERNEL_{key}"))
        .unwrap_or_else(|_| panic!("rumpkernel-sys exports no {key}"))
}

fn main() {
    let include = exported("INCLUDE");
    let folders: Vec<PathBuf> = env::split_paths(&include).collect();
    for header in [
        "machine/types.h",
        "rump/rump.h",
        "sys/param.h",
        "prop/proplib.h",
    ] {
        assert!(
            folders.iter().any(|folder| folder.join(header).is_file()),
            "no {header} in {folders:?}"
        );
    }
    let source = PathBuf::from(exported("SOURCE"));
    assert!(
        source.join("sys/rump/Makefile.rump").is_file(),
        "{source:?} is no source tree"
    );
    let library = PathBuf::from(exported("LIBDIR")).join("librumpfs_tmpfs.a");
    assert!(library.is_file(), "no {library:?}");
    assert_eq!(exported("TARGET"), env::var("TARGET").unwrap());
    for key in ["MACHINE", "MACHINE_ARCH", "MACHINE_CPU"] {
        assert!(!exported(key).is_empty(), "{key} is empty");
    }
}
