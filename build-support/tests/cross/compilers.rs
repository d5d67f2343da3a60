//! Compilers that are no use, and what is said about them.

use std::fs;
use std::path::Path;

use rumpkernel_build::compile::{self, Command, Compiled, Compiler, Search, flags::Flags};
use rumpkernel_build::namespace::Rules;
use rumpkernel_build::target::Target;

use crate::HOST;
use crate::script::{is_here, script};

fn find(triple: &str, folder: &Path, program: &Path) -> Result<Compiler, compile::Error> {
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
    let message = error.to_string();
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
    let error = find(HOST, folder.path(), &program).unwrap_err().to_string();
    assert!(error.contains("probe.o"), "{error}");
}

/// Compiles a function as the kernel's are, with flags where CFLAGS has them and where RUMPKERNEL_CFLAGS has them.
fn compile(program: &str, cflags: &str, last: &str) -> Result<Compiled, compile::Error> {
    let folder = tempfile::tempdir().unwrap();
    let script = script(folder.path(), &format!("exec {program} {cflags} \"$@\""));
    let compiler = find(HOST, folder.path(), &script)?;
    let user: Vec<String> = last.split_whitespace().map(str::to_owned).collect();
    let flags = Flags::new(&compiler, false, &user);
    let source = folder.path().join("source.c");
    fs::write(&source, "int answer(void) { return 42; }\n").unwrap();
    let rules = Rules {
        target: &Target::from_triple(HOST).unwrap(),
        rename: true,
        weak: &[],
    };
    Command {
        source,
        flags: [flags.c, flags.last].concat(),
        folder: folder.path().to_owned(),
        object: "source.o".to_owned(),
    }
    .run(&compiler, &rules)
}

#[test]
fn link_time_optimisation_of_the_program_does_not_reach_the_kernel() {
    let test = "link_time_optimisation_of_the_program";
    for (program, flags) in [
        ("gcc", "-flto"),
        ("gcc", "-flto=auto -ffat-lto-objects"),
        ("clang", "-flto"),
        ("clang", "-flto=thin"),
    ] {
        if !is_here(test, program) {
            continue;
        }
        let usual = compile(program, flags, "").unwrap();
        assert!(usual.object.starts_with(b"\x7fELF"), "{program} {flags}");
        let asked = compile(program, "", flags).unwrap_err().to_string();
        for word in ["-flto", "RUMPKERNEL_CFLAGS", "source.c"] {
            assert!(asked.contains(word), "{program} {flags}: {asked}");
        }
    }
}

#[test]
fn a_compiler_behind_ccache_makes_the_same_objects() {
    if !is_here("a_compiler_behind_ccache", "ccache") {
        return;
    }
    let direct = compile("gcc", "", "").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let wrapped = format!("env CCACHE_DIR={} ccache gcc", cache.path().display());
    for _ in 0..2 {
        assert_eq!(compile(&wrapped, "", "").unwrap().object, direct.object);
    }
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

/// The levels of the architecture that NetBSD's headers tell apart, by the names that they know.
#[test]
fn armv6_is_named_as_netbsd_names_it() {
    let test = "armv6_is_named_as_netbsd_names_it";
    for program in [
        "arm-linux-gnueabihf-gcc",
        "clang --target=arm-linux-gnueabihf",
    ] {
        if !is_here(test, program.split(' ').next().unwrap()) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let last = "-march=armv6kz -mfpu=vfp -marm";
        let script = script(folder.path(), &format!("exec {program} \"$@\" {last}"));
        let triple = "arm-unknown-linux-gnueabihf";
        let compiler = find(triple, folder.path(), &script).unwrap();
        let source = folder.path().join("level.c");
        fs::write(&source, "#ifndef __ARM_ARCH_6ZK__\n#error level\n#endif\n").unwrap();
        let mut command = compiler.command();
        command.args(Flags::new(&compiler, false, &[]).c);
        let status = command.arg("-fsyntax-only").arg(&source).status();
        assert!(status.unwrap().success(), "{program}");
    }
}
