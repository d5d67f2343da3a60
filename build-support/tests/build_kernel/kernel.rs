//! What is built is a whole kernel, and takes further components.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rumpkernel_build::builder::{OwnComponent, OwnFiles};
use rumpkernel_harness::{Outcome, installed};

use crate::scene::{KERNEL, configuration, kept, nm, run};

pub(crate) fn what_a_kernel_lacks_are_hypercalls_only() -> Outcome {
    let configuration = configuration(&kept("kernel"), &KERNEL);
    let built = run(&configuration)?;
    let built = built.unwrap();
    assert_eq!(built.libraries.len(), KERNEL.len());
    let libraries: Vec<PathBuf> = built
        .libraries
        .iter()
        .map(|library| library.path.clone())
        .collect();
    let undefined = nm(&["-g", "-u", "-P"], &libraries)?;
    let defined = nm(&["-g", "--defined-only", "-P"], &libraries)?;
    assert!(defined.contains("rump_init") && defined.contains("rumpns_ffs_mount"));
    let foreign: Vec<&String> = undefined
        .difference(&defined)
        .filter(|name| !name.starts_with("rumpuser_"))
        .collect();
    // Link sets' ends come from the linker, and the object that holds everything from _GLOBAL…
    let known = |name: &str| {
        name.starts_with("__start_link_set_")
            || name.starts_with("__stop_link_set_")
            || name == "_GLOBAL_OFFSET_TABLE_"
    };
    let unknown: Vec<_> = foreign.into_iter().filter(|name| !known(name)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
    Ok(())
}

pub(crate) fn the_version_is_what_newvers_sh_says() -> Outcome {
    let configuration = configuration(&kept("kernel"), &KERNEL);
    let built = run(&configuration)?;
    let built = built.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = built.tree.join("sys/conf/newvers.sh");
    let mut command = Command::new("sh");
    command.arg(script).args(["-i", "RUMP-ROAST", "-n", "-r"]);
    installed("awk")?;
    let done = command
        .current_dir(folder.path())
        .env_remove("BUILDINFO")
        .status();
    assert!(done.unwrap().success());
    let theirs = fs::read_to_string(folder.path().join("vers.c")).unwrap();
    let base = built
        .libraries
        .iter()
        .find(|library| library.name == "rump")
        .unwrap();
    let ours = fs::read(&base.path).unwrap();
    let mut compared = 0;
    for definition in theirs.split("const char ").skip(1) {
        let (name, value) = definition.split_once("[] = ").unwrap();
        let expected = [string(value).as_bytes(), b"\0"].concat();
        let found = ours
            .windows(expected.len())
            .any(|window| window == expected);
        assert!(found, "{name}: {expected:?}");
        compared += 1;
    }
    assert_eq!(compared, 7);
    Ok(())
}

/// The text of a C string literal in several pieces.
fn string(literal: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => inside = !inside,
            ';' if !inside => break,
            '\\' if inside => match characters.next() {
                Some('n') => text.push('\n'),
                other => text.extend(other),
            },
            other if inside => text.push(other),
            _ => {}
        }
    }
    text
}

pub(crate) fn a_component_of_ones_own_sees_the_kernels_headers_and_is_built_once_per_content()
-> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("own.c");
    let write = |size: usize| {
        let text = format!(
            "#include <sys/param.h>\n#include <sys/vnode.h>\n\
             __CTASSERT(sizeof(vnode_t *) == {size});\nint own_answer(void) {{ return HZ; }}\n"
        );
        fs::write(&source, text).unwrap();
    };
    let mut configuration = configuration(&kept("kernel"), &KERNEL);
    configuration.own.push(OwnComponent::Files(OwnFiles {
        name: "own".into(),
        sources: vec![source.clone()],
        flags: vec!["-DHZ=100".into()],
        ..OwnFiles::default()
    }));
    write(size_of::<usize>());
    let built = run(&configuration)?;
    let built = built.unwrap();
    assert!(built.dependencies.contains(&source));
    let names = nm(&["-g", "-P"], &[built.own[0].path.clone()])?;
    assert!(names.contains("rumpns_own_answer"), "{names:?}");
    let again = run(&configuration).unwrap().unwrap();
    assert_eq!(again.statistics.compiled_files, 0);
    write(size_of::<usize>() + 1);
    assert!(run(&configuration).unwrap().is_err());
    Ok(())
}
