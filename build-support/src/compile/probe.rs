//! What a compiler is asked by having it compile: which objects it writes.

use std::fs;
use std::path::Path;

use super::{Compiler, Error};
use crate::namespace::{self, Rules};
use crate::target::Target;

const SOURCE: &str = "__thread int variable;\nint function(void) { return variable; }\n";

/// What the compiler calls where it has no thread-local variables.
const EMULATED: &[u8] = b"__emutls_get_address\0";

/// What an object tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Probe {
    /// Whether thread-local variables are calls of a function of the compiler's.
    pub(super) emulates_thread_locals: bool,
}

impl Probe {
    /// Compiles a few lines in `scratch`, and reads the object as those of the kernel are read.
    pub(super) fn new(compiler: &Compiler, target: &Target, scratch: &Path) -> Result<Self, Error> {
        let source = scratch.join("probe.c");
        let object = scratch.join("probe.o");
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        fs::create_dir_all(scratch).map_err(file_error(scratch))?;
        fs::write(&source, SOURCE).map_err(file_error(&source))?;
        let mut command = compiler.command();
        command
            .current_dir(scratch)
            .args(["-w", "-fPIC", "-ffreestanding", "-fno-lto", "-c", "-o"])
            .args([object.as_os_str(), source.as_os_str()]);
        let output = command
            .output()
            .map_err(file_error(command.get_program().as_ref()))?;
        let unsuitable = |reason| compiler.unsuitable(target, reason);
        if !output.status.success() {
            let words = [output.stderr, output.stdout].concat();
            return Err(unsuitable(format!(
                "asked to compile two lines, it ended with {} and said: {}",
                output.status,
                String::from_utf8_lossy(&words).trim()
            )));
        }
        let mut bytes = fs::read(&object).map_err(file_error(&object))?;
        let rules = Rules {
            target,
            rename: true,
            weak: &[],
        };
        namespace::prepare(&mut bytes, &rules).map_err(|error| unsuitable(error.to_string()))?;
        for path in [&source, &object] {
            fs::remove_file(path).map_err(file_error(path))?;
        }
        let mut names = bytes.windows(EMULATED.len());
        Ok(Self {
            emulates_thread_locals: names.any(|name| name == EMULATED),
        })
    }
}
