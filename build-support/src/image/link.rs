//! Links libraries into a shared object.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use object::elf;

use super::{Error, Linker, Undefined, thread};
use crate::archive;
use crate::compile;
use crate::target::Target;

/// Flags that GNU ld, gold and LLD all know.
const FLAGS: [&str; 10] = [
    // The image's own symbols are its own, whatever the program calls its functions.
    "-Bsymbolic",
    "--build-id=none",
    // Nothing is bound when it is first called: the loader fills all in.
    "-z",
    "now",
    "-z",
    "relro",
    "-z",
    "noexecstack",
    // What linkers say about addresses in code names no function; `pack` does.
    "-z",
    "notext",
];

/// What the name of a function begins with that takes another's place, as `--wrap` has it.
const IN_PLACE: &str = "__wrap_";

/// Links `libraries`, whole and in their order, into the shared object `output`.
///
/// A function `__wrap_x` that they define takes the place of the function `x`, which it calls
/// `__real_x`.
///
/// # Errors
///
/// [`Error::Link`] shows the command and the linker's words. That symbols are undefined is found by
/// [`pack`](super::pack()).
pub fn link(
    linker: Linker<'_>,
    target: &Target,
    libraries: &[PathBuf],
    output: &Path,
) -> Result<(), Error> {
    let page_size = format!("max-page-size={}", page_size(target));
    let mut flags: Vec<OsString> = FLAGS.map(OsString::from).into();
    flags.extend(["-z".into(), page_size.into()]);
    if thread::wants_sites(target) {
        flags.push("--emit-relocs".into());
    }
    let replaced = replaced(libraries)?;
    flags.extend(replaced.iter().map(|name| format!("--wrap={name}").into()));
    flags.push("--whole-archive".into());
    flags.extend(libraries.iter().map(OsString::from));
    flags.push("--no-whole-archive".into());
    let mut command = linker.command(&flags);
    command.args(linker.helpers(target));
    command.arg("-o").arg(output);
    let result = command.output().map_err(|source| Error::File {
        path: command.get_program().into(),
        source,
    })?;
    if result.status.success() {
        return Ok(());
    }
    let words = [result.stderr, result.stdout].concat();
    Err(Error::Link {
        command: compile::show(&command),
        status: result.status.to_string(),
        words: String::from_utf8_lossy(&words).trim_end().to_owned(),
    })
}

/// The functions whose places others take.
fn replaced(libraries: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for path in libraries {
        let content = fs::read(path).map_err(|source| Error::File {
            path: path.clone(),
            source,
        })?;
        let symbols = archive::symbols(&content).into_iter();
        names.extend(symbols.filter_map(|symbol| Some(symbol.strip_prefix(IN_PLACE)?.to_owned())));
    }
    Ok(names)
}

/// The largest page that kernels of the target's hosts use.
pub(super) fn page_size(target: &Target) -> u32 {
    match target.elf_machine {
        elf::EM_X86_64 | elf::EM_386 | elf::EM_RISCV => 4 << 10,
        elf::EM_SPARCV9 => 8 << 10,
        _ => 64 << 10,
    }
}

/// Names the libraries that refer to each undefined symbol.
pub(super) fn blame(undefined: Vec<String>, libraries: &[PathBuf]) -> Error {
    let contents: Vec<(String, Vec<u8>)> = libraries
        .iter()
        .map(|path| {
            // A library that has gone names nobody.
            (component(path), fs::read(path).unwrap_or_default())
        })
        .collect();
    let with_components = |name: String| {
        let entry = [b"\0", name.as_bytes(), b"\0"].concat();
        // Nobody defines it, so that whoever has the name in a string table refers to it.
        let refers = |content: &[u8]| content.windows(entry.len()).any(|window| window == entry);
        let components = contents.iter().filter(|(_, content)| refers(content));
        Undefined {
            components: components.map(|(name, _)| name.clone()).collect(),
            name,
        }
    };
    Error::Undefined(undefined.into_iter().map(with_components).collect())
}

/// The component of a library.
fn component(library: &Path) -> String {
    let stem = library.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_prefix("lib").unwrap_or(&stem).to_owned()
}
