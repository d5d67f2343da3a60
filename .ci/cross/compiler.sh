# shellcheck shell=bash disable=SC2154 # sourced by run
# Debian's newest Rust compiler, unpacked into $cross/rust, with the standard library for this machine and the sources
# of all others. $cross/bin/rustc runs it.
#
# Debian's stable releases have a new compiler for the sake of browsers: rustc-web, whose packages need not be those of the
# release's own rustc.

compiler() {
    [ ! -d "$cross/rust" ] || return 0
    [ "$(dpkg --print-architecture)" = amd64 ] || fail "expected an amd64 machine, found $(dpkg --print-architecture)"
    update_lists
    local rust std driver llvm libraries
    std=$(own_library rustc-web libstd-rust)
    driver=$(own_library "$std" libstd-rust)
    llvm=$(own_library "$driver" libllvm)
    mapfile -t libraries < <(dependencies "$llvm")
    install_packages "${libraries[@]}"
    rust=$(mktemp -d "$cross/unfinished.XXXXXX")
    unpack "$rust" rustc-web rust-web-src "$std" "$driver" "$llvm"
    write_wrapper rustc
    write_wrapper rustdoc
    mv -T "$rust" "$cross/rust"
    "$cross/bin/rustc" --version >/dev/null || fail "Debian's rustc-web does not start on this machine"
}

# That dependency of a package which begins so.
own_library() {
    dependencies "$1" | grep "^$2" || fail "expected $1 to depend on a package $2…: has apt Debian's main and security?"
}

# Debian's compiler looks for its libraries where Debian would have installed them.
write_wrapper() {
    local program=$1 new=$cross/unfinished.wrapper
    mkdir -p "$cross/bin"
    cat >"$new" <<END
#!/bin/sh
LD_LIBRARY_PATH=$(printf %q "$cross/rust/usr/lib/x86_64-linux-gnu")\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec $(printf %q "$cross/rust/usr/bin/$program") "\$@"
END
    chmod +x "$new"
    mv "$new" "$cross/bin/$program"
}
