//! What a compiler is asked by having it compile: which objects it writes.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::{Compiler, Error};
use crate::namespace::{self, Rules};
use crate::target::Target;

const WITH_THREAD_LOCAL: &str = "__thread int variable;\nint function(void) { return variable; }\n";
const WITHOUT: &str = "int variable;\nint function(void) { return variable; }\n";

/// What the compiler calls where it makes thread-local variables of memory from the heap.
const EMULATED: &[u8] = b"__emutls_get_address\0";

/// What an object tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Probe {
    /// Whether there are thread-local variables that are the target's, and no function calls.
    pub(super) has_thread_locals: bool,
}

impl Probe {
    /// Compiles two lines in `scratch`, and reads the object as those of the kernel are read.
    pub(super) fn new(compiler: &Compiler, target: &Target, scratch: &Path) -> Result<Self, Error> {
        fs::create_dir_all(scratch).map_err(file_error(scratch))?;
        let mut has_thread_locals = true;
        let mut output = compile(compiler, scratch, WITH_THREAD_LOCAL)?;
        if !output.status.success() {
            has_thread_locals = false;
            output = compile(compiler, scratch, WITHOUT)?;
        }
        let unsuitable = |reason| compiler.unsuitable(target, reason);
        if !output.status.success() {
            let words = [output.stderr, output.stdout].concat();
            return Err(unsuitable(format!(
                "asked to compile two lines, it ended with {} and said: {}",
                output.status,
                String::from_utf8_lossy(&words).trim()
            )));
        }
        let object = scratch.join(OBJECT);
        let mut bytes = fs::read(&object).map_err(file_error(&object))?;
        let rules = Rules {
            target,
            rename: true,
            weak: &[],
        };
        namespace::prepare(&mut bytes, &rules).map_err(|error| unsuitable(error.to_string()))?;
        for path in [object, scratch.join(FILE)] {
            fs::remove_file(&path).map_err(file_error(&path))?;
        }
        let mut names = bytes.windows(EMULATED.len());
        Ok(Self {
            has_thread_locals: has_thread_locals && !names.any(|name| name == EMULATED),
        })
    }
}

const FILE: &str = "probe.c";
const OBJECT: &str = "probe.o";

fn compile(compiler: &Compiler, scratch: &Path, text: &str) -> Result<Output, Error> {
    let source = scratch.join(FILE);
    fs::write(&source, text).map_err(file_error(&source))?;
    let mut command = compiler.command();
    command.current_dir(scratch);
    command.args(["-w", "-fPIC", "-ffreestanding", "-fno-lto"]);
    command.args(["-c", "-o", OBJECT, FILE]);
    let output = command.output();
    output.map_err(file_error(command.get_program().as_ref()))
}

fn file_error(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
