//! Flags of the user's beside those that kernel code needs.

use rumpkernel_build::with_sources;
use std::fs;
use std::path::Path;

use rumpkernel_build::compile::{self, Command, Compiled, flags::Flags};
use rumpkernel_build::namespace::Rules;
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Outcome, all_but, installed};

use crate::HOST;
use crate::compilers::find;
use crate::script::script;

/// Compiles a function as the kernel's are, with flags where CFLAGS has them and where
/// RUMPKERNEL_CFLAGS has them.
fn compile(program: &str, cflags: &str, last: &str) -> Result<Compiled, compile::Error> {
    let folder = tempfile::tempdir().unwrap();
    let script = script(folder.path(), &format!("exec {program} {cflags} \"$@\""));
    let compiler = find(HOST, folder.path(), &script)?;
    let user: Vec<String> = last.split_whitespace().map(str::to_owned).collect();
    let flags = Flags::new(&compiler, false, false, &user);
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

pub(crate) fn link_time_optimisation_of_the_program_does_not_reach_the_kernel() -> Outcome {
    let mut missing = Vec::new();
    for (program, flags) in [
        ("gcc", "-flto"),
        ("gcc", "-flto=auto -ffat-lto-objects"),
        ("clang", "-flto"),
        ("clang", "-flto=thin"),
    ] {
        if let Err(absent) = installed(program) {
            missing.push(absent);
            continue;
        }
        let usual = compile(program, flags, "").unwrap();
        assert!(usual.object.starts_with(b"\x7fELF"), "{program} {flags}");
        let asked = with_sources(&compile(program, "", flags).unwrap_err());
        for word in ["-flto", "RUMPKERNEL_CFLAGS", "source.c"] {
            assert!(asked.contains(word), "{program} {flags}: {asked}");
        }
    }
    all_but(missing)
}

pub(crate) fn a_compiler_behind_ccache_makes_the_same_objects() -> Outcome {
    installed("ccache")?;
    let direct = compile("gcc", "", "").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let wrapped = format!("env CCACHE_DIR={} ccache gcc", cache.path().display());
    for _ in 0..2 {
        assert_eq!(compile(&wrapped, "", "").unwrap().object, direct.object);
    }
    Ok(())
}

pub(crate) fn a_flag_for_another_machine_is_refused_where_it_comes_last() -> Outcome {
    installed("gcc")?;
    let message = with_sources(&compile("gcc", "", "-m32").unwrap_err());
    for word in [
        "expected ELF64, little-endian, x86_64",
        "found ELF32, little-endian, i386",
        "RUMPKERNEL_CFLAGS",
        "source.c",
    ] {
        assert!(message.contains(word), "{message}");
    }
    Ok(())
}

/// The levels of the architecture that NetBSD's headers tell apart, by the names that they know.
pub(crate) fn armv6_is_named_as_netbsd_names_it() -> Outcome {
    let mut missing = Vec::new();
    for program in [
        "arm-linux-gnueabihf-gcc",
        "clang --target=arm-linux-gnueabihf",
    ] {
        if let Err(absent) = installed(program.split(' ').next().unwrap()) {
            missing.push(absent);
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
        command.args(Flags::new(&compiler, false, false, &[]).c);
        let status = command.arg("-fsyntax-only").arg(&source).status();
        assert!(status.unwrap().success(), "{program}");
    }
    all_but(missing)
}

/// `arm` in Rust's triples is ARMv6, and other levels to compilers that are not told.
pub(crate) fn arm_without_a_number_is_armv6() -> Outcome {
    let mut missing = Vec::new();
    for (program, triple) in [
        ("clang", "arm-unknown-linux-gnueabihf"),
        ("clang", "arm-unknown-linux-gnueabi"),
        ("arm-linux-gnueabihf-gcc", "arm-unknown-linux-gnueabihf"),
    ] {
        if let Err(absent) = installed(program) {
            missing.push(absent);
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let compiler = find(triple, folder.path(), Path::new(program)).unwrap();
        let level = compiler.value("__ARM_ARCH");
        assert_eq!(level, Some("6"), "{program} for {triple}");
    }
    all_but(missing)
}
