//! The renaming is what NetBSD's own `nm | awk | objcopy --redefine-syms` does to the same object.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rumpkernel_build::namespace::{self, Error, Rules};
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Missing, Outcome, all_but};

/// Every kind of symbol that a kernel object has.
const SAMPLE: &str = r#"
extern int external;
extern __thread int external_tls;
int defined = 1;
static int local = 2;
int common;
int rump_kept;
int __kept = 3;
__thread int tls;
const void *const entry __attribute__((section("link_set_modules"), used)) = &defined;
extern const void *const __start_link_set_modules[];
__attribute__((weak)) int weak(void) { return external + local; }
int calls(const char *s) { return weak() + common + tls + external_tls + s[0] + (__start_link_set_modules[0] != 0); }
int fifo_vnodeop_entries = 4;
"#;

/// The sections of code that compilers make of it.
const CODE: [&str; 3] = [
    ".text",
    ".text.__x86.get_pc_thunk.ax",
    ".text.__x86.get_pc_thunk.bx",
];

/// The tools that answer for one target.
struct Oracle {
    triple: &'static str,
    compiler: &'static [&'static str],
    nm: &'static str,
    objcopy: &'static str,
}

const fn clang(triple: &'static str, compiler: &'static [&'static str]) -> Oracle {
    Oracle {
        triple,
        compiler,
        nm: "llvm-nm",
        objcopy: "llvm-objcopy",
    }
}

const ORACLES: &[Oracle] = &[
    Oracle {
        triple: "x86_64-unknown-linux-gnu",
        compiler: &["gcc", "-fcommon"],
        nm: "nm",
        objcopy: "objcopy",
    },
    Oracle {
        triple: "i686-unknown-linux-gnu",
        compiler: &["gcc", "-fcommon", "-m32"],
        nm: "nm",
        objcopy: "objcopy",
    },
    clang("x86_64-unknown-linux-gnu", &["clang", "-fcommon"]),
    clang(
        "aarch64-unknown-linux-gnu",
        &["clang", "--target=aarch64-linux-gnu"],
    ),
    clang(
        "armv7-unknown-linux-gnueabihf",
        &["clang", "--target=armv7-linux-gnueabihf"],
    ),
    clang(
        "riscv64gc-unknown-linux-gnu",
        &["clang", "--target=riscv64-linux-gnu"],
    ),
    clang(
        "powerpc-unknown-linux-gnu",
        &["clang", "--target=powerpc-linux-gnu"],
    ),
    clang(
        "mips-unknown-linux-gnu",
        &["clang", "--target=mips-linux-gnu"],
    ),
    clang(
        "mipsel-unknown-linux-gnu",
        &["clang", "--target=mipsel-linux-gnu"],
    ),
    clang(
        "mips64-unknown-linux-gnuabi64",
        &["clang", "--target=mips64-linux-gnuabi64"],
    ),
];

fn run(command: &mut Command) -> Option<Output> {
    let output = command.output().ok()?;
    output.status.success().then_some(output)
}

/// Compiles the sample, or says why that cannot be done here.
fn compile(oracle: &Oracle, directory: &Path) -> Result<Vec<u8>, Missing> {
    let source = directory.join("sample.c");
    let object = directory.join("sample.o");
    fs::write(&source, SAMPLE).unwrap();
    let done = run(Command::new(oracle.compiler[0])
        .args(&oracle.compiler[1..])
        .args(["-O1", "-w", "-fPIC", "-c", "-o"])
        .args([&object, &source]));
    match done {
        Some(_) => Ok(fs::read(object).unwrap()),
        None => Err(Missing::tool(format!(
            "{} does not compile for {}",
            oracle.compiler[0], oracle.triple
        ))),
    }
}

/// NetBSD's pipeline, in NetBSD's words, and our name for code.
fn rename_by_tools(oracle: &Oracle, object: &Path) -> Option<()> {
    let script = format!(
        "{nm} -go $1 | awk '$NF!~/^(rump|RUMP|__|_GLOBAL_OFFSET_TABLE|_gp_disp)/ \
         {{s=$NF;sub(/^/, \"&rumpns_\", s); print $NF, s}}' | sort | uniq > $1.tab && \
         {objcopy} --redefine-syms $1.tab {sections} $1",
        nm = oracle.nm,
        objcopy = oracle.objcopy,
        sections = CODE
            .map(|name| format!("--rename-section {name}=rumpkernel_text"))
            .join(" "),
    );
    run(Command::new("sh").args(["-c", &script, "sh"]).arg(object)).map(|_| ())
}

/// The symbol table, one line a symbol. The tools sort their files' symbols differently.
fn symbols(oracle: &Oracle, object: &Path) -> Vec<String> {
    let output = run(Command::new(oracle.nm).args(["-a", "-n"]).arg(object)).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn rules<'a>(target: &'a Target, weak: &'a [&'a str]) -> Rules<'a> {
    Rules {
        target,
        rename: true,
        weak,
    }
}

fn same_symbols_as_nm_awk_and_objcopy() -> Outcome {
    let mut missing = Vec::new();
    for oracle in ORACLES {
        let directory = tempfile::tempdir().unwrap();
        let mut ours = match compile(oracle, directory.path()) {
            Ok(ours) => ours,
            Err(reason) => {
                missing.push(reason);
                continue;
            }
        };
        let theirs_path = directory.path().join("theirs.o");
        let ours_path = directory.path().join("ours.o");
        fs::write(&theirs_path, &ours).unwrap();
        if rename_by_tools(oracle, &theirs_path).is_none() {
            missing.push(Missing::tool(format!(
                "{} is not installed",
                oracle.objcopy
            )));
            continue;
        }
        let target = Target::from_triple(oracle.triple).unwrap();
        namespace::prepare(&mut ours, &rules(&target, &[])).unwrap();
        fs::write(&ours_path, &ours).unwrap();

        let ours = symbols(oracle, &ours_path);
        assert_eq!(ours, symbols(oracle, &theirs_path), "{}", oracle.triple);
        assert!(
            ours.iter().any(|line| line.ends_with(" D rumpns_defined")),
            "{ours:?}"
        );
    }
    all_but(missing)
}

fn link_sets_are_retained_and_stubs_become_weak() -> Outcome {
    let oracle = &ORACLES[0];
    let directory = tempfile::tempdir().unwrap();
    let mut object = compile(oracle, directory.path())?;
    let target = Target::from_triple(oracle.triple).unwrap();
    namespace::prepare(&mut object, &rules(&target, &["fifo_vnodeop_entries"])).unwrap();
    let path = directory.path().join("ours.o");
    fs::write(&path, &object).unwrap();

    let names = symbols(oracle, &path);
    assert!(
        names
            .iter()
            .any(|line| line.ends_with(" V rumpns_fifo_vnodeop_entries")),
        "{names:?}"
    );
    let listing = run(Command::new("readelf").args(["-hSW"]).arg(&path))
        .ok_or_else(|| Missing::tool("readelf is not installed"))?;
    let listing = String::from_utf8(listing.stdout).unwrap();
    let section = listing
        .lines()
        .find(|line| line.contains(" link_set_modules"))
        .expect("the section is listed");
    let flags = section.split_whitespace().rev().nth(3).unwrap();
    assert!(flags.contains('R'), "{section}");
    assert!(
        listing.contains("OS/ABI:                            UNIX - GNU"),
        "{listing}"
    );
    Ok(())
}

fn a_linker_that_collects_garbage_keeps_link_sets_and_the_ends_of_the_code() -> Outcome {
    let oracle = &ORACLES[0];
    let directory = tempfile::tempdir().unwrap();
    let _ = compile(oracle, directory.path())?;
    let target = Target::from_triple(oracle.triple).unwrap();
    let source = "extern int in_set; const void *const e __attribute__((section(\"link_set_x\"), used)) = &in_set; int in_set;\n\
         extern const void *const __start_link_set_x[] __attribute__((weak)), *const __stop_link_set_x[] __attribute__((weak));\n\
         long rump_count(void) { return __stop_link_set_x - __start_link_set_x; }\n";
    let main = "long rump_count(void); extern const char __start_rumpkernel_text[], __stop_rumpkernel_text[];\n\
         static int in(const void *code) {\n\
             return (const char *)code >= __start_rumpkernel_text && (const char *)code < __stop_rumpkernel_text; }\n\
         int main(void) { return rump_count() == 1 && in(rump_count) && !in(main) ? 0 : 1; }";
    let path = |name: &str| directory.path().join(name);
    fs::write(path("set.c"), source).unwrap();
    fs::write(path("main.c"), main).unwrap();
    run(Command::new("gcc")
        .args(["-w", "-fPIC", "-c", "-o"])
        .args([path("set.o"), path("set.c")]))
    .expect("compiled a moment ago");
    let mut object = fs::read(path("set.o")).unwrap();
    namespace::prepare(&mut object, &rules(&target, &[])).unwrap();
    fs::write(path("set.o"), object).unwrap();
    let mut missing = Vec::new();
    for linker in ["bfd", "gold", "lld"] {
        let linked = run(Command::new("gcc")
            .args([
                format!("-fuse-ld={linker}").as_str(),
                "-Wl,--gc-sections",
                "-o",
            ])
            .args([path("program"), path("main.c"), path("set.o")]));
        if linked.is_none() {
            missing.push(Missing::tool(format!("gcc does not link with {linker}")));
            continue;
        }
        let status = Command::new(path("program")).status().unwrap();
        assert!(
            status.success(),
            "{linker} dropped the link set or the code"
        );
    }
    all_but(missing)
}

fn a_file_cut_short_anywhere_is_an_error_and_never_a_panic() -> Outcome {
    let oracle = &ORACLES[0];
    let directory = tempfile::tempdir().unwrap();
    let whole = compile(oracle, directory.path())?;
    let target = Target::from_triple(oracle.triple).unwrap();
    for length in 0..whole.len() {
        let mut cut = whole[..length].to_vec();
        // The section headers are the last thing in the file, so something is always missing.
        assert!(
            namespace::prepare(&mut cut, &rules(&target, &[])).is_err(),
            "{length}"
        );
        assert_eq!(cut, whole[..length], "{length}");
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0xff;
        // Some changes are harmless; none may panic.
        let _ = namespace::prepare(&mut changed, &rules(&target, &[]));
    }
    Ok(())
}

fn foreign_objects_are_refused_by_name() -> Outcome {
    let oracle = &ORACLES[0];
    let directory = tempfile::tempdir().unwrap();
    let whole = compile(oracle, directory.path())?;
    let mips = Target::from_triple("mips-unknown-linux-gnu").unwrap();
    let error = namespace::prepare(&mut whole.clone(), &rules(&mips, &[])).unwrap_err();
    assert_eq!(
        error,
        Error::ForeignMachine {
            expected: "ELF32, big-endian, mips".into(),
            found: "ELF64, little-endian, x86_64".into(),
        }
    );
    let native = Target::from_triple(oracle.triple).unwrap();
    let refuse =
        |bytes: &[u8]| namespace::prepare(&mut bytes.to_vec(), &rules(&native, &[])).unwrap_err();
    assert_eq!(refuse(b"BC\xc0\xde bitcode"), Error::LinkTimeOptimised);
    let not_elf = |found: &str| Error::NotElf(found.to_owned());
    assert_eq!(refuse(b"not an object"), not_elf("6e 6f 74 20"));
    assert_eq!(refuse(b""), not_elf("an empty file"));
    Ok(())
}

rumpkernel_harness::tests! {
    same_symbols_as_nm_awk_and_objcopy,
    link_sets_are_retained_and_stubs_become_weak,
    a_linker_that_collects_garbage_keeps_link_sets_and_the_ends_of_the_code,
    a_file_cut_short_anywhere_is_an_error_and_never_a_panic,
    foreign_objects_are_refused_by_name,
}
