# shellcheck shell=bash disable=SC2154 # sourced by run
# Rust's standard library for a target, in the compiler's sysroot. It is compiled once; no later build has to.

std_folder() { printf '%s\n' "$cross/rust/usr/lib/rustlib/$1"; }

std() {
    local target=$1 new
    [ ! -d "$(std_folder "$target")" ] || return 0
    target_facts "$target"
    say "compiling Rust's standard library for $target"
    new=$(mktemp -d "$cross/unfinished.XXXXXX")
    mkdir -p "$new/src" "$new/std/lib"
    # A crate that needs it, and is no program, which could not be linked yet.
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$new/Cargo.toml"
    printf '#![no_std]\n' >"$new/src/lib.rs"
    (
        cd "$new" || exit
        env RUSTC_BOOTSTRAP=1 RUSTC="$cross/bin/rustc" CARGO_TARGET_DIR="$new/target" \
            cargo build --quiet --release --target "$target" \
            -Z build-std=std,panic_unwind,proc_macro,test -Z build-std-features=backtrace
    )
    find "$new/target/$target/release" -name 'lib*-*.r*' ! -name 'libempty-*' -exec cp -t "$new/std/lib" {} +
    compgen -G "$new/std/lib/libstd-*.rlib" >/dev/null || fail "cargo built no standard library for $target"
    if [ "$linker" = musl-gcc ]; then musl_unwinder "$new/std/lib"; fi
    mv -T "$new/std" "$(std_folder "$target")"
    rm -r "$new"
}

# What unwinds stacks is the C compiler's elsewhere, and needs glibc; Rust's own builds for musl bring LLVM's. Debian's is
# compiled for glibc, too, and for one function only that musl lacks.
musl_unwinder() {
    local lib=$1 unpacked
    unpacked=$(mktemp -d "$cross/unfinished.XXXXXX")
    unpack "$unpacked" libunwind-14-dev
    cat >"$unpacked/fortified.c" <<'END'
#include <stdarg.h>
#include <stdio.h>
int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    int written = vfprintf(file, format, arguments);
    va_end(arguments);
    return written;
}
END
    musl-gcc -O2 -c -o "$unpacked/fortified.o" "$unpacked/fortified.c"
    cp "$unpacked"/usr/lib/llvm-14/lib/libunwind.a "$lib"
    ar q "$lib/libunwind.a" "$unpacked/fortified.o"
    rm -r "$unpacked"
}
