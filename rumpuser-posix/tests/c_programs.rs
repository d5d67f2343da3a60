//! C programs that use the hypercalls as a kernel does, linked with the crate as a C library.

#[path = "c/compiler.rs"]
mod compiler;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

use compiler::{TARGET, compiler};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c");

/// The crate as a static library.
struct Library {
    file: PathBuf,
    /// What the compiler says that it needs.
    needs: Vec<String>,
}

/// Built once for all programs.
fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| build("without-components", &[]))
}

fn build(name: &str, features: &[&str]) -> Library {
    // Libraries with and without components have their dependencies in common, and one place.
    static PLACE: Mutex<()> = Mutex::new(());
    let _only = PLACE.lock().unwrap();
    // A target folder of its own: the tests' is locked by the cargo that runs them.
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = tests.join("staticlib");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--offline", "--lib", "--crate-type", "staticlib"])
        .args(features)
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target)
        .args(["--", "--print", "native-static-libs"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let needs = said.split_once("native-static-libs: ");
    let needs = needs.and_then(|(_, rest)| rest.lines().next());
    let needs = needs.unwrap_or_else(|| panic!("{said}"));
    let file = tests.join(format!("lib{name}.a"));
    std::fs::copy(target.join(TARGET).join("debug/librumpuser_posix.a"), &file).unwrap();
    Library {
        file,
        needs: needs.split_whitespace().map(str::to_owned).collect(),
    }
}

/// Where Rust's own libraries for the machine are, some of which a program may need.
fn rust_libraries() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--target", TARGET, "--print", "target-libdir"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What kernel images do themselves, linked as in images.
const UNCONTENDED: [&str; 11] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/image/uncontended.c"),
    "-DRUMP_CURLWP=RUMP_CURLWP___THREAD",
    "-Wl,--wrap=rumpuser_mutex_enter",
    "-Wl,--wrap=rumpuser_mutex_enter_nowrap",
    "-Wl,--wrap=rumpuser_mutex_tryenter",
    "-Wl,--wrap=rumpuser_mutex_exit",
    "-Wl,--wrap=rumpuser_rw_enter",
    "-Wl,--wrap=rumpuser_rw_tryenter",
    "-Wl,--wrap=rumpuser_rw_exit",
    "-Wl,--wrap=rumpuser_cv_signal",
    "-Wl,--wrap=rumpuser_cv_broadcast",
];

/// Compiles and links a program in a directory, where it will run.
fn compile(name: &str, with: &[&str], directory: &Path) -> PathBuf {
    let program = directory.join(format!("{name}-test"));
    let output = compiler()
        .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])
        .args(["-pthread", "-o"])
        .arg(&program)
        .arg(format!("{SOURCES}/{name}.c"))
        .arg(format!("{SOURCES}/kernel.c"))
        .args(with)
        .arg(&library().file)
        .arg("-L")
        .arg(rust_libraries())
        .args(&library().needs)
        .args(cfg!(target_feature = "crt-static").then_some("-static"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    program
}

fn run(name: &str, arguments: &[&str]) -> Output {
    run_with(name, &[], arguments)
}

fn run_with(name: &str, with: &[&str], arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    Command::new(compile(name, with, directory.path()))
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .unwrap()
}

#[track_caller]
fn succeeds(name: &str, arguments: &[&str]) {
    check(name, arguments, &run(name, arguments));
}

#[track_caller]
fn check(name: &str, arguments: &[&str], output: &Output) {
    assert!(
        output.status.success(),
        "{name} {arguments:?}: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn mutexes() {
    succeeds("mutex", &[]);
}

#[test]
fn reader_writer_locks() {
    succeeds("rwlock", &[]);
}

#[test]
fn condition_variables() {
    succeeds("condvar", &[]);
}

/// The same programs, in which locks that nobody waits for make no hypercall.
#[test]
fn locks_of_loaded_kernels() {
    for name in ["mutex", "rwlock", "condvar"] {
        check(name, &[], &run_with(name, &UNCONTENDED, &[]));
    }
}

#[test]
fn threads() {
    succeeds("thread", &[]);
}

#[test]
fn host_facts() {
    succeeds("host", &[]);
}

#[test]
fn files_and_block_io() {
    succeeds("file", &[]);
}

#[test]
fn block_io_without_threads() {
    succeeds("file", &["no threads"]);
}

#[test]
fn halting_ends_the_program_with_the_exit_code() {
    let output = run("end", &["3"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "a line\nand the start of anotherhalted\n");
    let debugging = String::from_utf8(output.stderr).unwrap();
    assert!(debugging.ends_with("debugging 42"), "{debugging}");
}

#[test]
fn a_panic_aborts_the_program() {
    let output = run("end", &["panic"]);
    assert_eq!(output.status.signal(), Some(6));
}

#[test]
fn a_daemons_parent_reports_for_it() {
    assert_eq!(run("end", &["daemonize"]).status.code(), Some(5));
}

/// Compiles a component into a shared object, which needs another.
fn component(name: &str, file: &Path, needs: Option<&Path>) {
    let output = compiler()
        .args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(file)
        .arg(format!("-DNAME={name}"))
        .arg(format!("{SOURCES}/object.c"))
        .arg("-Wl,--no-as-needed")
        .args(needs)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_kernel_is_given_what_shared_objects_have_once() {
    let directory = tempfile::tempdir().unwrap();
    let given = |with: &[&str], objects: &[&Path]| {
        let output = Command::new(compile("objects", with, directory.path()))
            .args(objects)
            .output()
            .unwrap();
        check("objects", with, &output);
        String::from_utf8(output.stdout).unwrap()
    };
    if cfg!(target_feature = "crt-static") {
        assert_eq!(given(&["-rdynamic"], &[]), "");
        return;
    }
    let one = directory.path().join("librump_one.so");
    let two = directory.path().join("libtwo.so");
    component("one", &one, None);
    component("two", &two, Some(&one));
    let of_one = "module one of 1\nfirst one\nsecond one\n";
    let of_two = "module two of 1\nfirst two\nsecond two\n";
    // Only the program and libraries of rump kernels, by their names, tell their symbols.
    let symbols = "symbol rump_take_symbols\nsymbol rump_first_one\nsymbols\n";
    // What was loaded last comes first, which is what others need where they bring it along.
    assert_eq!(
        given(&["-rdynamic"], &[&one, &two]),
        [symbols, of_two, of_one].concat()
    );
    assert_eq!(
        given(&["-rdynamic"], &[&two]),
        [symbols, of_one, of_two].concat()
    );
    // A kernel in a program that exports nothing has no symbols to tell. On mips the table through
    // which a program finds its own functions takes them into what is exported.
    if cfg!(not(any(target_arch = "mips", target_arch = "mips64"))) {
        assert_eq!(given(&[], &[&two]), [of_one, of_two].concat());
    }
    assert_eq!(
        given(&["-rdynamic"], &[]),
        "symbol rump_take_symbols\nsymbols\n"
    );
}

/// The one that reads the compiler's objects.
fn nm() -> PathBuf {
    let output = compiler().arg("-print-prog-name=nm").output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())
}

#[test]
fn images_find_every_hypercall() {
    let output = Command::new(nm())
        .args(["--extern-only", "--defined-only", "--format=posix"])
        .arg(build("with-components", &["--all-features"]).file)
        .output()
        .expect("nm, which comes with the C compiler");
    let symbols = String::from_utf8(output.stdout).unwrap();
    let is_hypercall = |name: &&str| {
        (name.starts_with("rumpuser_") || name.starts_with("rumpcomp_"))
            && !name.starts_with("rumpuser_posix_")
    };
    let mut defined: Vec<&str> = symbols
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(is_hypercall)
        .collect();
    defined.sort_unstable();
    let source = include_str!("../src/instance/image/hypercalls.rs");
    let table = source.split("\ntable! {").nth(1).unwrap();
    let table = table.split('}').next().unwrap();
    let listed: Vec<&str> = table.split_whitespace().filter(is_hypercall).collect();
    assert_eq!(listed, defined);
}
