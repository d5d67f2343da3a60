//! Programs of kernels in shared libraries, linked with NetBSD's hypercalls and run with either.

use std::path::Path;
use std::process::Command;

use rumpkernel_harness::{Missing, Outcome};
use tempfile::TempDir;

use crate::components::{self, Registration};
use crate::tools::{compiler, run};
use crate::{c_library, installed};

/// A program, and the shared libraries of a kernel.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new(registration: Registration) -> Result<Self, Missing> {
        if cfg!(not(all(target_os = "linux", target_env = "gnu"))) {
            let reason = "NetBSD's librumpuser is configured for glibc here";
            return Err(Missing::on_this_machine(reason));
        }
        let built = components::compile(&["rumpfs_tmpfs", "rumpfs_kernfs"], registration)?;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let lib = c_library::build(&built.tree, path);
        components::link(&built, registration, &lib, path);
        run(compiler()
            .args(["-Wall", "-Wextra", "-Werror", "-pthread", "-o"])
            .arg(path.join("program"))
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/drop_in/c/program.c"
            ))
            .arg("-L")
            .arg(path)
            .args(["-Wl,--no-as-needed", "-lrumpvfs", "-lrump", "-ldl"])
            .arg("-L")
            .arg(lib)
            .arg("-lrumpuser"));
        Ok(Self { folder })
    }

    /// Runs the program with the hypercalls in a folder.
    fn run(&self, hypercalls: &Path, arguments: &[&str]) -> String {
        let path = self.folder.path();
        let libraries = [hypercalls, path];
        let printed = run(Command::new(path.join("program"))
            .args(arguments)
            .current_dir(path)
            .env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap()));
        let lines = printed.split_inclusive('\n');
        lines.filter(|line| !is_chance(line)).collect()
    }

    /// Runs the program with ours, and checks that NetBSD's makes it print the same.
    #[track_caller]
    fn both(&self, arguments: &[&str]) -> String {
        let ours = self.run(&installed::prefix().join("lib"), arguments);
        assert_eq!(ours, self.run(&self.folder.path().join("c"), arguments));
        ours
    }
}

/// Returns whether a kernel prints this line once in hundreds of boots: it tests its random numbers,
/// and some look like none.
fn is_chance(line: &str) -> bool {
    line.starts_with("Kernel RNG ") || line.starts_with("rnd: WARNING, ENTROPY POOL FAILED")
}

#[track_caller]
fn has(text: &str, lines: &[&str]) {
    for line in lines {
        let count = text.lines().filter(|one| one == line).count();
        assert_eq!(count, 1, "`{line}` in\n{text}");
    }
}

/// What the program prints once a tmpfs is mounted and used.
const USED: [&str; 4] = ["mount tmpfs: 0", "write /t/x: 0", "read /t/x: 0", "text"];

pub(crate) fn components_with_constructors_run_as_with_the_c_library() -> Outcome {
    let scene = Scene::new(Registration::Constructors)?;
    let use_it = ["mount=tmpfs:/t", "write=/t/x", "read=/t/x", "list"];
    let before = [&["load=librumpfs_tmpfs.so", "boot"][..], &use_it, &SYMBOLS].concat();
    let text = scene.both(&before);
    has(&text, &["boot: 0", "module tmpfs 0"]);
    has(&text, &USED);
    has(&text, &FOUND);
    assert!(!text.contains("kernfs"), "{text}");

    // Constructors do nothing in a kernel that runs.
    let after = ["boot", "add=librumpfs_tmpfs.so", "mount=tmpfs:/t", "halt"];
    let text = scene.both(&after);
    has(
        &text,
        &["boot: 0", "no modules", "mount tmpfs: 19", "halted"],
    );
    Ok(())
}

/// Asks for a function of the kernel, one of a component that was loaded before the kernel booted,
/// and one that is nowhere.
const SYMBOLS: [&str; 4] = [
    "find=rump_init",
    "find=rumpns_tmpfs_init",
    "find=rump_nonsense",
    "halt",
];
const FOUND: [&str; 4] = [
    "symbol rump_init: 0, as dlsym has it",
    "symbol rumpns_tmpfs_init: 0, as dlsym has it",
    "symbol rump_nonsense: 2",
    "halted",
];

pub(crate) fn components_in_link_sets_run_as_with_the_c_library() -> Outcome {
    let scene = Scene::new(Registration::LinkSets)?;
    let before = [
        &[
            "load=librumpfs_tmpfs.so",
            "boot",
            "mount=tmpfs:/t",
            "write=/t/x",
            "read=/t/x",
        ][..],
        &SYMBOLS,
    ];
    let text = scene.both(&before.concat());
    has(&text, &["boot: 0"]);
    has(&text, &USED);
    has(&text, &FOUND);

    let one_after = [
        "load=librumpfs_kernfs.so",
        "boot",
        "mount=kernfs:/k",
        "read=/k/hz",
        "mount=tmpfs:/t",
        "add=librumpfs_tmpfs.so",
        "mount=tmpfs:/t",
        "write=/t/x",
        "read=/t/x",
        "list",
        "halt",
    ];
    let text = scene.both(&one_after);
    has(
        &text,
        &["mount kernfs: 0", "100", "mount tmpfs: 19", "1 modules: 0"],
    );
    has(&text, &USED);
    has(&text, &["module kernfs 0", "module tmpfs 0", "halted"]);
    Ok(())
}
