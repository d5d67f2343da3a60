//! Compiles the few lines that cannot be written in Rust: the landing (`setjmp`), the variadic
//! `rumpuser_dprintf`, the instruction-cache flush, and a thread-local word at a known place.

const SHIM: [&str; 4] = [
    "shim/landing.c",
    "shim/dprintf.c",
    "shim/icache.c",
    "shim/lwp.c",
];

fn main() {
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    for file in SHIM {
        println!("cargo::rerun-if-changed={file}");
    }
    // docs.rs has no use for objects, and its builds need no C compiler.
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    cc::Build::new()
        .files(SHIM)
        .warnings(true)
        .extra_warnings(true)
        .compile("rumpuser_shim");
}
