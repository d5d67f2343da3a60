//! What compilers make of copies: nothing that is wrong where memory overlaps.

use std::fs;
use std::path::Path;

use object::{Object as _, ObjectSymbol as _};
use rumpkernel_build::compile::{Command, flags::Flags};
use rumpkernel_build::namespace::Rules;
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Outcome, all_but, installed};

use crate::compilers::find;
use crate::script::script;

/// Compilers, and the targets that they are asked to compile for.
const COMPILERS: [(&str, &str); 9] = [
    ("gcc", "x86_64-unknown-linux-gnu"),
    ("clang", "x86_64-unknown-linux-gnu"),
    ("i686-linux-gnu-gcc", "i686-unknown-linux-gnu"),
    ("aarch64-linux-gnu-gcc", "aarch64-unknown-linux-gnu"),
    ("arm-linux-gnueabihf-gcc", "armv7-unknown-linux-gnueabihf"),
    (
        "clang --target=armv7-linux-gnueabihf",
        "armv7-unknown-linux-gnueabihf",
    ),
    ("riscv64-linux-gnu-gcc", "riscv64gc-unknown-linux-gnu"),
    ("powerpc64-linux-gnu-gcc", "powerpc64-unknown-linux-gnu"),
    ("mipsel-linux-gnu-gcc", "mipsel-unknown-linux-gnu"),
];

/// libkern's macro, as kernel code has it.
const LIBKERN: &str = "void *memcpy(void *, const void *, __SIZE_TYPE__);\n\
     #define memcpy(d, s, l) __builtin_memcpy(d, s, l)\n";

/// Functions that copy: one that GCC expands in place, because it knows the range of the length; an
/// assignment, for which compilers call memcpy by themselves; and memcpy by its address.
const COPIES: [&str; 3] = [
    "void copy(char *to, char *from, unsigned char length)\n\
     { memcpy(to, from, 8 + ((length + 4u) & ~3u)); }\n",
    "struct large { char bytes[40000]; };\n\
     void copy(struct large *to, struct large *from) { *to = *from; }\n",
    "void *(*copy)(void *, const void *, __SIZE_TYPE__) = memcpy;\n",
];

/// The symbols that the kernel code leaves undefined.
fn undefined(program: &str, triple: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let script = script(folder.path(), &format!("exec {program} \"$@\""));
    let compiler = find(triple, folder.path(), Path::new(&script)).unwrap();
    let flags = Flags::new(&compiler, false, false, &[]);
    let source = folder.path().join("source.c");
    fs::write(&source, [LIBKERN, text].concat()).unwrap();
    let target = Target::from_triple(triple).unwrap();
    let rules = Rules {
        target: &target,
        rename: true,
        weak: &[],
    };
    let command = Command {
        source,
        flags: [flags.c, vec!["-ffreestanding".into()]].concat(),
        folder: folder.path().to_owned(),
        object: "source.o".to_owned(),
    };
    let compiled = command.run(&compiler, &rules).unwrap();
    let object = object::File::parse(compiled.object.as_slice()).unwrap();
    let undefined = object.symbols().filter(|symbol| symbol.is_undefined());
    undefined
        .filter_map(|symbol| Some(symbol.name().ok()?.trim_start_matches('.').to_owned()))
        .collect()
}

pub(crate) fn every_copy_is_a_move() -> Outcome {
    let mut missing = Vec::new();
    for (program, triple) in COMPILERS {
        if let Err(absent) = installed(program.split(' ').next().unwrap()) {
            missing.push(absent);
            continue;
        }
        for text in COPIES {
            let names = undefined(program, triple, text);
            let is_move = |name: &String| name.contains("memmove");
            // An assignment is no call for every compiler.
            let is_call = text.contains("memcpy");
            assert!(
                !is_call || names.iter().any(is_move),
                "{program}: {names:?}\n{text}"
            );
            let is_copy = |name: &String| name.contains("memcpy");
            assert!(!names.iter().any(is_copy), "{program}: {names:?}\n{text}");
        }
    }
    all_but(missing)
}
