//! Compiles the one hypercall that stable Rust cannot define, because its arguments vary.

fn main() {
    println!("cargo::rerun-if-changed=src/dprintf.c");
    cc::Build::new().file("src/dprintf.c").compile("dprintf");
}
