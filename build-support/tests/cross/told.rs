//! What the environment says about compilers, as the crate `cc` has it.

use std::collections::HashMap;
use std::env;
use std::process::Command;

use rumpkernel_build::compile::{Compiler, Search, environment};
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Missing, Outcome, installed};

use crate::HOST;

const TARGET: &str = "RUMPKERNEL_TEST_TARGET";
const AARCH64: &str = "aarch64-unknown-linux-gnu";

/// Prints the compiler that this process's environment chooses for the target that it names.
pub(crate) fn chosen() -> Outcome {
    let triple = env::var(TARGET).map_err(|_| {
        Missing::on_this_machine("it is for processes with an environment of their own")
    })?;
    let folder = tempfile::tempdir().unwrap();
    let compiler = Compiler::find(&Search {
        target: &Target::from_triple(&triple).unwrap(),
        host: HOST,
        scratch: folder.path(),
        program: None,
    });
    match compiler {
        Ok(compiler) => {
            let command = compiler.command();
            println!("program {}", command.get_program().display());
            for argument in command.get_args() {
                println!("argument {}", argument.display());
            }
            println!("mark {}", compiler.value("MARK").unwrap_or_default());
        }
        Err(error) => println!("error {error}"),
    }
    Ok(())
}

/// What [`chosen`] prints with these variables, and with none else that the crate `cc` reads.
fn with(triple: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "told::chosen", "--ignored", "--nocapture"]);
    for name in environment(triple) {
        command.env_remove(name);
    }
    command.env(TARGET, triple);
    command.envs(variables.iter().copied().collect::<HashMap<_, _>>());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn assert_chosen(triple: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let told = with(triple, variables);
    for line in expected {
        assert!(told.iter().any(|told| told == line), "{line}: {told:?}");
    }
}

pub(crate) fn a_cross_compiler_is_found_by_its_name_and_by_every_variable() -> Outcome {
    let gcc = "aarch64-linux-gnu-gcc";
    installed(gcc)?;
    let program = &*format!("program {gcc}");
    assert_chosen(AARCH64, &[], &[program]);
    // The compiler of build scripts is another.
    assert_chosen(AARCH64, &[("HOST_CC", "/nonexistent")], &[program]);
    let prefix = [("CROSS_COMPILE", "aarch64-linux-gnu-")];
    assert_chosen(AARCH64, &prefix, &[program]);
    for name in [
        "CC_aarch64-unknown-linux-gnu",
        "CC_aarch64_unknown_linux_gnu",
        "TARGET_CC",
        "CC",
    ] {
        let path = format!("/usr/bin/env {gcc}");
        let told = with(AARCH64, &[(name, &path)]);
        assert!(
            told.contains(&"program /usr/bin/env".to_owned()),
            "{name}: {told:?}"
        );
    }
    Ok(())
}

pub(crate) fn flags_come_from_every_variable() -> Outcome {
    installed("aarch64-linux-gnu-gcc")?;
    for name in [
        "CFLAGS_aarch64-unknown-linux-gnu",
        "CFLAGS_aarch64_unknown_linux_gnu",
        "TARGET_CFLAGS",
        "CFLAGS",
    ] {
        assert_chosen(AARCH64, &[(name, "-DMARK=17")], &["mark 17"]);
    }
    assert_chosen(AARCH64, &[("HOST_CFLAGS", "-DMARK=17")], &["mark "]);
    Ok(())
}

/// That it is found means that it writes objects for the target.
pub(crate) fn clang_is_told_its_target() -> Outcome {
    installed("clang")?;
    for (triple, argument) in [
        (HOST, "--target=x86_64-unknown-linux-gnu"),
        (AARCH64, "--target=aarch64-unknown-linux-gnu"),
        (
            "riscv64gc-unknown-linux-gnu",
            "--target=riscv64-unknown-linux-gnu",
        ),
        (
            "mipsel-unknown-linux-gnu",
            "--target=mipsel-unknown-linux-gnu",
        ),
        ("x86_64-unknown-openbsd", "--target=x86_64-unknown-openbsd"),
    ] {
        let variable = format!("CC_{}", triple.replace('-', "_"));
        let argument = format!("argument {argument}");
        assert_chosen(
            triple,
            &[(&variable, "clang")],
            &["program clang", &argument],
        );
    }
    Ok(())
}

pub(crate) fn compilers_run_behind_ccache() -> Outcome {
    let gcc = "aarch64-linux-gnu-gcc";
    installed("ccache")?;
    installed(gcc)?;
    let cache = tempfile::tempdir().unwrap();
    let variables = [
        ("CC", &*format!("ccache {gcc}")),
        ("CCACHE_DIR", cache.path().to_str().unwrap()),
    ];
    let argument = format!("argument {gcc}");
    assert_chosen(AARCH64, &variables, &["program ccache", &argument]);
    let missing = [("CC", "ccache no-such-gcc")];
    let told = with(AARCH64, &missing).join("\n");
    assert!(told.contains("no-such-gcc"), "{told}");
    Ok(())
}

pub(crate) fn no_other_program_than_the_compiler_is_looked_for() -> Outcome {
    let gcc = "/usr/bin/aarch64-linux-gnu-gcc";
    installed(gcc)?;
    let empty = tempfile::tempdir().unwrap();
    let variables = [("CC", gcc), ("PATH", empty.path().to_str().unwrap())];
    assert_chosen(AARCH64, &variables, &[&format!("program {gcc}")]);
    Ok(())
}
