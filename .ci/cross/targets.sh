# shellcheck shell=bash disable=SC2034 # sourced by run, which uses the variables
# The targets, and what is peculiar to each; and other hosts than Linux.

# Those where all tests pass.
TARGETS=(
    aarch64-unknown-linux-gnu
    armv7-unknown-linux-gnueabihf
    i686-unknown-linux-gnu
    powerpc64-unknown-linux-gnu
    riscv64gc-unknown-linux-gnu
    x86_64-unknown-linux-musl
)

# Those where the example quickstart runs, and some tests fail: mips has no chain of frames for backtraces.
BOOTING=(
    mipsel-unknown-linux-gnu
    powerpc-unknown-linux-gnu
)

HOSTS=(
    aarch64-linux-android
    x86_64-unknown-dragonfly
    x86_64-unknown-freebsd
    x86_64-unknown-netbsd
    x86_64-unknown-openbsd
)

# Sets, for a target:
#   debian        Debian's triple of the C compiler
#   architecture  Debian's name of the machine
#   packages      what apt has to install
#   linker        what links programs
#   qemu          qemu-user's name of the machine, empty where this machine runs the programs itself
#   rustflags     flags for what is compiled for it
target_facts() {
    qemu='' rustflags=''
    case $1 in
    aarch64-unknown-linux-gnu) debian=aarch64-linux-gnu architecture=arm64 qemu=aarch64 ;;
    armv7-unknown-linux-gnueabihf) debian=arm-linux-gnueabihf architecture=armhf qemu=arm ;;
    i686-unknown-linux-gnu) debian=i686-linux-gnu architecture=i386 ;;
    mipsel-unknown-linux-gnu) debian=mipsel-linux-gnu architecture=mipsel qemu=mipsel ;;
    powerpc-unknown-linux-gnu) debian=powerpc-linux-gnu architecture=powerpc qemu=ppc ;;
    powerpc64-unknown-linux-gnu) debian=powerpc64-linux-gnu architecture=ppc64 qemu=ppc64 ;;
    riscv64gc-unknown-linux-gnu) debian=riscv64-linux-gnu architecture=riscv64 qemu=riscv64 ;;
    x86_64-unknown-linux-musl) debian=x86_64-linux-musl architecture=amd64 ;;
    *) fail "unknown target $1; known are: ${TARGETS[*]} ${BOOTING[*]}" ;;
    esac
    if [ "$1" = x86_64-unknown-linux-musl ]; then
        packages=(musl-tools)
        linker=musl-gcc
        # musl-gcc brings the C library's objects, and makes no static programs that can lie anywhere.
        rustflags='-Clink-self-contained=no -Crelocation-model=static'
        return
    fi
    packages=("gcc-$debian" "libc6-dev-$architecture-cross")
    linker=$debian-gcc
    if [ -n "$qemu" ]; then
        packages+=(qemu-user-static)
    else
        # What runs its programs on this machine: the dynamic linker, where programs look for it, and the libraries.
        packages+=(libc6-i386 lib32gcc-s1)
    fi
}
