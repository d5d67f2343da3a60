//! Which linker makes an image: the one that came with rustc, else the one that the C compiler
//! runs.
//!
//! What runs under the name of a compiler may be a front end that refuses some of the flags that an
//! image takes, as zig's refuses `--emit-relocs`. The linker that rustup installs beside rustc is
//! LLD, which knows them all. Of the machines it does not know the one whose functions have
//! descriptors, 64-bit powerpc in its first ABI.

use std::ffi::OsString;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use object::elf;

use crate::compile::Compiler;
use crate::target::{Endian, Target};

/// The linker of an image.
#[derive(Debug, Clone, Copy)]
pub struct Linker<'a> {
    compiler: &'a Compiler,
    lld: Option<&'a Path>,
}

impl<'a> Linker<'a> {
    /// Takes `lld` where there is one that links what the compiler makes, else what the compiler
    /// runs.
    #[must_use]
    pub fn new(compiler: &'a Compiler, lld: Option<&'a Path>) -> Self {
        let has_descriptors = compiler.value("_CALL_ELF") == Some("1");
        Self {
            compiler,
            lld: lld.filter(|_| !has_descriptors),
        }
    }

    /// A command that makes a shared object, with flags that GNU ld, gold and LLD all know.
    pub(super) fn command(&self, flags: &[OsString]) -> process::Command {
        if let Some(lld) = self.lld {
            let mut command = lld_command(lld);
            command.args(["-shared", "--no-warnings"]).args(flags);
            return command;
        }
        let mut command = self.compiler.command();
        // CFLAGS has much to say that means nothing to a linker.
        command.args(["-shared", "-nostdlib", "-w"]);
        for flag in flags {
            command.arg("-Xlinker").arg(flag);
        }
        command
    }

    /// The compiler's library of helper functions, such as division on 32-bit machines. Where there
    /// is none, what is missing is an undefined symbol.
    pub(super) fn helpers(&self, target: &Target) -> Option<OsString> {
        let mut command = self.compiler.command();
        let output = command.arg("-print-libgcc-file-name").output().ok()?;
        let path = String::from_utf8(output.stdout).ok()?;
        let path = path.trim();
        // For `-m32` without its libraries, GCC names that of the 64-bit machine.
        is_for(&fs::read(path).ok()?, target).then(|| path.into())
    }

    /// A text that is another for every linker whose images may differ. That of the compiler is
    /// part of the compiler's own.
    #[must_use]
    pub fn identity(&self) -> String {
        let version = |lld| {
            let output = lld_command(lld).arg("--version").output().ok()?;
            String::from_utf8(output.stdout).ok()
        };
        self.lld.and_then(version).unwrap_or_default()
    }
}

/// Finds the LLD that was installed with `rustc`, for the machine that it runs on.
#[must_use]
pub fn rust_lld(rustc: &Path, host: &str) -> Option<PathBuf> {
    let mut command = process::Command::new(rustc);
    command.args(["--print", "sysroot"]).stdin(Stdio::null());
    let output = command.output().ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    let tools = Path::new(sysroot.trim_end()).join("lib/rustlib").join(host);
    let lld = tools.join("bin/rust-lld");
    lld.is_file().then_some(lld)
}

fn lld_command(lld: &Path) -> process::Command {
    let mut command = process::Command::new(lld);
    command.args(["-flavor", "gnu"]).stdin(Stdio::null());
    command
}

/// Whether the first object in a library is the target's.
fn is_for(library: &[u8], target: &Target) -> bool {
    let magic = &elf::ELFMAG[..];
    let mut places = library.windows(magic.len());
    let Some(start) = places.position(|window| window == magic) else {
        return false;
    };
    let class = match target.pointer_width {
        64 => elf::ELFCLASS64,
        _ => elf::ELFCLASS32,
    };
    let [low, high] = target.elf_machine.to_le_bytes();
    let machine = match target.endian {
        Endian::Little => [low, high],
        Endian::Big => [high, low],
    };
    library.get(start + CLASS) == Some(&class)
        && library[start..].get(MACHINE) == Some(&machine[..])
}

/// Where an ELF header has its class and its machine.
const CLASS: usize = 4;
const MACHINE: Range<usize> = 18..20;
