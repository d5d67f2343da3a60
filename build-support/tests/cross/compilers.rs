//! Compilers that are no use, and what is said about them.

use rumpkernel_build::with_sources;
use std::path::Path;

use rumpkernel_build::compile::{self, Compiler, Search};
use rumpkernel_build::target::Target;

use crate::HOST;
use crate::script::{is_here, script};

pub(crate) fn find(
    triple: &str,
    folder: &Path,
    program: &Path,
) -> Result<Compiler, compile::Error> {
    Compiler::find(&Search {
        target: &Target::from_triple(triple).unwrap(),
        host: HOST,
        scratch: folder,
        program: Some(program),
    })
}

/// Asserts that a compiler is refused in these words, and with the variables that choose another.
fn refused(triple: &str, commands: &str, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), commands);
    let error = find(triple, folder.path(), &program).expect_err(commands);
    let message = with_sources(&error);
    let variable = triple.replace('-', "_");
    let variables = [format!("CC_{variable}"), format!("CFLAGS_{variable}")];
    let program = program.display().to_string();
    let always = variables.iter().chain([&program]).map(String::as_str);
    for word in always.chain(words.iter().copied()) {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn a_missing_compiler_is_named_with_the_packages_that_bring_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("aarch64-linux-gnu-gcc");
    for (triple, words) in [
        (
            "aarch64-unknown-linux-gnu",
            &[
                "gcc-aarch64-linux-gnu",
                "libc6-dev-arm64-cross",
                "CC_aarch64_unknown_linux_gnu",
            ][..],
        ),
        (
            "mips64-unknown-linux-gnuabi64",
            &["gcc-mips64-linux-gnuabi64", "libc6-dev-mips64-cross"],
        ),
        (
            "x86_64-unknown-freebsd",
            &["clang", "CC_x86_64_unknown_freebsd"],
        ),
        (HOST, &["install gcc or clang"]),
    ] {
        let message = find(triple, folder.path(), &missing)
            .unwrap_err()
            .to_string();
        let tried = missing.display().to_string();
        for word in words.iter().copied().chain([&*tried]) {
            assert!(message.contains(word), "{word}: {message}");
        }
    }
}

#[test]
fn a_compiler_for_another_machine_is_refused_with_both_names() {
    let test = "a_compiler_for_another_machine_is_refused";
    for (program, flags, triple, expected, found) in [
        (
            "gcc",
            "",
            "aarch64-unknown-linux-gnu",
            "ELF64, little-endian, aarch64",
            "ELF64, little-endian, x86_64",
        ),
        (
            "gcc",
            "-mx32",
            HOST,
            "ELF64, little-endian, x86_64",
            "ELF32, little-endian, x86_64",
        ),
        (
            "mipsel-linux-gnu-gcc",
            "",
            "mips-unknown-linux-gnu",
            "ELF32, big-endian, mips",
            "ELF32, little-endian, mips",
        ),
        (
            "clang",
            "--target=s390x-linux-gnu",
            "powerpc64-unknown-linux-gnu",
            "ELF64, big-endian, powerpc64",
            "ELF64, big-endian, s390x",
        ),
    ] {
        if is_here(test, program) {
            let commands = format!("exec {program} \"$@\" {flags}");
            let [expected, found] = [format!("expected {expected}"), format!("found {found}")];
            refused(triple, &commands, &[&expected, &found]);
        }
    }
}

#[test]
fn a_compiler_for_another_abi_is_refused_with_both_names() {
    let test = "a_compiler_for_another_abi_is_refused";
    for (program, flags, triple, expected, found) in [
        (
            "arm-linux-gnueabihf-gcc",
            "-mfloat-abi=softfp",
            "armv7-unknown-linux-gnueabihf",
            "__ARM_PCS_VFP (floating-point arguments in registers, or not) as 1",
            "not defined",
        ),
        (
            "clang",
            "--target=armv7-linux-gnueabihf",
            "arm-unknown-linux-gnueabi",
            "__ARM_PCS_VFP (floating-point arguments in registers, or not) not defined",
            "as 1",
        ),
        (
            "riscv64-linux-gnu-gcc",
            "-mabi=lp64",
            "riscv64gc-unknown-linux-gnu",
            "__riscv_float_abi_double",
            "not defined",
        ),
        (
            "powerpc64-linux-gnu-gcc",
            "-mabi=elfv2",
            "powerpc64-unknown-linux-gnu",
            "_CALL_ELF (the ELFv1 ABI) as 1",
            "as 2",
        ),
        (
            "mips64el-linux-gnuabi64-gcc",
            "-mabi=n32",
            "mipsel-unknown-linux-gnu",
            "_MIPS_SIM (the ABI o32) as 1",
            "as 2",
        ),
        (
            "mipsel-linux-gnu-gcc",
            "-msoft-float",
            "mipsel-unknown-linux-gnu",
            "__mips_hard_float (floating-point arguments in their own registers, as with -mhard-float) as 1",
            "not defined",
        ),
        (
            "clang",
            "--target=mipsel-linux-musl",
            "mipsel-unknown-linux-musl",
            "__mips_soft_float (all arguments in integer registers, as with -msoft-float) as 1",
            "not defined",
        ),
    ] {
        if is_here(test, program) {
            let commands = format!("exec {program} \"$@\" {flags}");
            let found = format!("found it {found}");
            refused(triple, &commands, &["another ABI", expected, &found]);
        }
    }
}

#[test]
fn objects_of_other_formats_are_refused_by_name() {
    if !is_here("objects_of_other_formats_are_refused", "clang") {
        return;
    }
    for (flags, found) in [
        ("--target=x86_64-apple-darwin", "Mach-O"),
        ("--target=aarch64-apple-darwin", "Mach-O"),
        ("--target=x86_64-pc-windows-gnu", "COFF"),
        ("--target=i686-pc-windows-gnu", "COFF"),
        ("--target=wasm32-unknown-unknown", "WebAssembly"),
    ] {
        let commands = format!("exec clang \"$@\" {flags}");
        refused(HOST, &commands, &["did not write an ELF object", found]);
    }
    let commands = "exec clang \"$@\" -emit-llvm";
    refused(HOST, commands, &["-flto", "-emit-llvm"]);
}

#[test]
fn a_compiler_that_crashes_shows_how_and_what_it_said() {
    let crash = "echo internal error >&2; kill -SEGV $$";
    refused(HOST, crash, &["signal: 11", "internal error"]);
    let late = format!("case \" $* \" in *\" -c \"*) {crash};; esac; exec cc \"$@\"");
    refused(HOST, &late, &["compile", "signal: 11", "internal error"]);
    let silent = "case \" $* \" in *\" -c \"*) exit 0;; esac; exec cc \"$@\"";
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), silent);
    let error = with_sources(&find(HOST, folder.path(), &program).unwrap_err());
    assert!(error.contains("probe.o"), "{error}");
}

#[test]
fn compilers_are_asked_whether_there_are_thread_local_variables() {
    let test = "compilers_are_asked_whether_there_are_thread_local_variables";
    for (program, flags, triple, expected) in [
        ("gcc", "", HOST, true),
        ("clang", "", HOST, true),
        ("clang", "-femulated-tls", HOST, false),
        (
            "clang",
            "--target=aarch64-linux-android21",
            "aarch64-linux-android",
            false,
        ),
        (
            "clang",
            "--target=x86_64-unknown-freebsd",
            "x86_64-unknown-freebsd",
            true,
        ),
        (
            "clang",
            "--target=x86_64-unknown-openbsd",
            "x86_64-unknown-openbsd",
            false,
        ),
    ] {
        if is_here(test, program) {
            let folder = tempfile::tempdir().unwrap();
            let commands = format!("exec {program} \"$@\" {flags}");
            let script = script(folder.path(), &commands);
            let compiler = find(triple, folder.path(), &script).unwrap();
            assert_eq!(compiler.has_thread_locals(), expected, "{commands}");
        }
    }
}
