//! `docs/hypercalls.md` beside the hypercalls that there are, and beside headers: the snapshot's,
//! and those that are installed for C programs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_harness::{Missing, Outcome};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const DOCUMENT: &str = "docs/hypercalls.md";

/// Types that the contract names, not functions.
const TYPES: [&str; 5] = [
    "rumpuser_cv",
    "rumpuser_hyperup",
    "rumpuser_iovec",
    "rumpuser_mtx",
    "rumpuser_rw",
];

/// Where the headers are, in a source tree.
const HEADERS: [&str; 2] = [
    "sys/rump/include/rump/rumpuser.h",
    "lib/librumpuser/rumpuser_component.h",
];

/// Where our own are that are installed for C programs, and their names.
const INCLUDE: &str = "rumpuser-posix/include";
const INSTALLED: [&str; 2] = ["rump/rumpuser.h", "rump/rumpuser_component.h"];

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(CHECKOUT).join(file)).expect("the checkout is whole")
}

/// The words of a text that may be names in C.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric())
}

/// The words that begin with `prefix` and more.
fn names<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    words(text)
        .filter(|word| {
            word.strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty())
        })
        .collect()
}

/// The functions `rumpuser_*` that are declared in C.
fn declared(text: &str) -> BTreeSet<&str> {
    let before_arguments = text.split('(').filter_map(|part| words(part).last());
    before_arguments
        .filter(|word| word.starts_with("rumpuser_"))
        .collect()
}

/// The declarations in the document.
fn declarations(document: &str) -> String {
    let blocks = document.split("```c\n").skip(1);
    blocks
        .filter_map(|block| block.split_once("```"))
        .map(|(block, _)| block)
        .collect()
}

/// The members of the table of upcalls that are declared in C, as pointers to functions.
fn upcalls(text: &str) -> BTreeSet<&str> {
    let pointers = text.split("(*").skip(1);
    pointers
        .filter_map(|pointer| pointer.split(')').next())
        .filter(|name| name.starts_with("hyp_"))
        .collect()
}

/// Constants whose value the document says, as in `` `RUMPUSER_MTX_SPIN` (1) ``.
fn constants(document: &str) -> Vec<(&str, i64)> {
    let parts: Vec<&str> = document.split('`').collect();
    let pairs = parts
        .windows(2)
        .filter(|pair| pair[0].starts_with("RUMPUSER_"));
    pairs
        .filter_map(|pair| {
            let value = pair[1].strip_prefix(" (")?.split(')').next()?;
            Some((pair[0], value.parse().ok()?))
        })
        .collect()
}

/// The default snapshot.
fn tree() -> Result<PathBuf, Missing> {
    let cache = env::var_os("RUMPKERNEL_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| default_cache_dir().ok());
    let tree = cache.and_then(|cache| cached(default_pin(), &cache));
    match tree {
        Some(tree) => Ok(tree.root().to_owned()),
        None => Err(Missing::tool("the default snapshot is not in the cache")),
    }
}

fn every_hypercall_is_in_the_document_and_nothing_else() {
    let document = read(DOCUMENT);
    // What loaded kernels are linked with: one that lacked a name would not load.
    let table = read("rumpuser-posix/src/instance/image/hypercalls.rs");
    let (_, table) = table.split_once("\ntable! {").expect("the table");
    let (table, _) = table.split_once("\n}").expect("its end");
    // Those of this name are between an image of this project and its host.
    let is_internal = |name: &&str| name.starts_with("rumpuser_posix_");
    let linked: BTreeSet<&str> = words(table).filter(|name| !is_internal(name)).collect();
    let of = |prefix| -> BTreeSet<&str> {
        let names = linked.iter().copied();
        names.filter(|name| name.starts_with(prefix)).collect()
    };

    let blocks = declarations(&document);
    assert_eq!(declared(&blocks), of("rumpuser_"), "declared in {DOCUMENT}");
    assert_eq!(
        names(&document, "rumpcomp_"),
        of("rumpcomp_"),
        "named in {DOCUMENT}"
    );
    let mut known = of("rumpuser_");
    known.extend(TYPES);
    let others: Vec<&str> = names(&document, "rumpuser_")
        .difference(&known)
        .copied()
        .collect();
    assert!(
        others.is_empty(),
        "{DOCUMENT} names {others:?}, which do not exist"
    );
}

fn declarations_are_those_of_the_headers() -> Outcome {
    let tree = tree()?;
    let document = read(DOCUMENT);
    let blocks = declarations(&document);
    let headers: String = HEADERS
        .iter()
        .map(|header| fs::read_to_string(tree.join(header)).expect("a header"))
        .collect();
    let missing: Vec<&str> = declared(&headers)
        .difference(&declared(&blocks))
        .copied()
        .collect();
    assert!(
        missing.is_empty(),
        "{DOCUMENT} does not declare {missing:?}"
    );
    assert_eq!(upcalls(&blocks), upcalls(&headers), "upcalls in {DOCUMENT}");

    let mut source = String::from(
        "#include <stddef.h>\n#include <stdint.h>\n#include <sys/types.h>\n\
         #define LIBRUMPUSER\n#define __dead\n#define __printflike(a, b)\n",
    );
    for header in HEADERS {
        source += &format!("#include \"{}\"\n", tree.join(header).display());
    }
    source += &blocks;
    source += &assertions(&document);
    compiles(&source, &[]);
    Ok(())
}

/// What the document says of upcalls and constants, as assertions in C.
fn assertions(document: &str) -> String {
    let mut source = String::new();
    for name in upcalls(&declarations(document)) {
        source += &format!(
            "_Static_assert(__builtin_types_compatible_p(__typeof__({name}), \
             __typeof__(((struct rumpuser_hyperup *)0)->{name})), \"{name}\");\n"
        );
    }
    let constants = constants(document);
    assert!(
        constants.len() > 20,
        "{DOCUMENT} says the values of {constants:?} only"
    );
    for (name, value) in constants {
        source += &format!("_Static_assert({name} == {value}, \"{name}\");\n");
    }
    source
}

/// Compiles declarations of the document that follow those of headers.
#[track_caller]
fn compiles(source: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("declarations.c");
    fs::write(&file, source).expect("a file");
    let output = Command::new("cc")
        .args(["-fsyntax-only", "-Werror"])
        .args(arguments)
        .arg(&file)
        .output()
        .expect("a C compiler");
    assert!(
        output.status.success(),
        "{DOCUMENT} differs from the headers:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn installed_headers_declare_what_the_document_does() {
    let document = read(DOCUMENT);
    let blocks = declarations(&document);
    let mut declared_in_headers = String::new();
    let mut source = String::new();
    for header in INSTALLED {
        declared_in_headers += &read(&format!("{INCLUDE}/{header}"));
        source += &format!("#include <{header}>\n");
    }
    assert_eq!(declared(&blocks), declared(&declared_in_headers));
    assert_eq!(upcalls(&blocks), upcalls(&declared_in_headers));
    source += &blocks;
    source += &assertions(&document);
    let folder = Path::new(CHECKOUT).join(INCLUDE);
    compiles(&source, &["-I", folder.to_str().expect("a path in UTF-8")]);
}

rumpkernel_harness::tests! {
    every_hypercall_is_in_the_document_and_nothing_else,
    declarations_are_those_of_the_headers,
    installed_headers_declare_what_the_document_does,
}
