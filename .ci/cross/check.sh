# shellcheck shell=bash disable=SC2154 # sourced by run
# The crates that run on a host, compiled as far as that takes neither C library nor linker of the host: their C is left out,
# and of Rust's standard library, too, only what the compiler has to know is made, and no code.

check() {
    local host hosts=()
    for host; do hosts+=(--target "$host"); done
    setup # the compiler
    export DOCS_RS=1 RUSTC_BOOTSTRAP=1 RUSTC=$cross/bin/rustc
    export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }-D warnings -Z no-codegen"
    export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$checkout/target}/cross/check
    # The features bring all of rumpuser-posix's.
    exec cargo check --manifest-path "$checkout/Cargo.toml" "${hosts[@]}" --keep-going \
        -Z build-std=std -Z build-std-features= \
        -p rumpkernel -p rumpkernel-sys -p rumpuser-posix \
        --no-default-features --features full,instances,pci,sockin
}
