//! The C compiler: where it is, what it is, what it predefines.

use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process;

use super::Error;
use crate::target::{Endian, Target};

/// Variables through which a user's shell would change what `#include` finds.
const MISLEADING: [&str; 4] = [
    "CPATH",
    "C_INCLUDE_PATH",
    "DEPENDENCIES_OUTPUT",
    "SUNPRO_DEPENDENCIES",
];

/// What is needed to find a compiler.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What it compiles for.
    pub target: &'a Target,
    /// The triple of the machine that it runs on.
    pub host: &'a str,
    /// A folder for the crate `cc` to try things out in.
    pub scratch: &'a Path,
    /// The compiler to use whatever the environment says.
    pub program: Option<&'a Path>,
}

/// A C compiler with the flags that select the target, and those of `CFLAGS`.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    macros: HashMap<String, String>,
    identity: String,
}

impl Compiler {
    /// Finds the compiler as the crate `cc` does (`CC_<target>`, `CC`, cross prefixes, `CFLAGS`)
    /// and asks it for its predefined macros.
    ///
    /// # Errors
    ///
    /// No compiler, one that cannot be run, and one that compiles for another machine.
    pub fn find(search: &Search<'_>) -> Result<Self, Error> {
        let mut build = cc::Build::new();
        build
            .target(&search.target.triple)
            .host(search.host)
            .opt_level(2)
            .debug(false)
            .warnings(false)
            .extra_warnings(false)
            .inherit_rustflags(false)
            .inherit_trim_paths(false)
            .cargo_metadata(false)
            .cargo_warnings(false)
            .cargo_output(false)
            .out_dir(search.scratch);
        if let Some(program) = search.program {
            build.compiler(program);
        }
        let tool = build.try_get_compiler().map_err(|error| Error::Search {
            target: search.target.triple.clone(),
            reason: error.to_string(),
        })?;
        let command = tool.to_command();
        let mut compiler = Self {
            program: command.get_program().to_owned(),
            arguments: command.get_args().map(OsStr::to_owned).collect(),
            environment: command
                .get_envs()
                .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
                .collect(),
            macros: HashMap::new(),
            identity: String::new(),
        };
        compiler.interrogate(search.target)?;
        Ok(compiler)
    }

    /// Whether the compiler predefines a macro for the target.
    #[must_use]
    pub fn defines(&self, name: &str) -> bool {
        self.macros.contains_key(name)
    }

    /// The value that the compiler predefines for a macro.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.macros.get(name).map(String::as_str)
    }

    /// A text that is another for every compiler whose objects may differ: its path, its version,
    /// its flags and what it predefines.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// A command that runs the compiler with the flags found for it.
    #[must_use]
    pub fn command(&self) -> process::Command {
        let mut command = process::Command::new(&self.program);
        command.args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        for name in MISLEADING {
            command.env_remove(name);
        }
        command.stdin(process::Stdio::null());
        command
    }

    fn interrogate(&mut self, target: &Target) -> Result<(), Error> {
        let program = self.program.to_string_lossy().into_owned();
        let output = self
            .command()
            .args(["-v", "-dM", "-E", "-x", "c", "/dev/null"])
            .output()
            .map_err(|source| Error::NoCompiler {
                target: target.triple.clone(),
                program: program.clone(),
                source,
            })?;
        let words = String::from_utf8_lossy(&output.stderr);
        let unsuitable = |reason: String| Error::Unsuitable {
            target: target.triple.clone(),
            program: program.clone(),
            reason,
        };
        if !output.status.success() {
            return Err(unsuitable(format!(
                "asked for its macros, it ended with {} and said: {}",
                output.status,
                words.trim()
            )));
        }
        let macros = String::from_utf8_lossy(&output.stdout);
        self.macros = macros.lines().filter_map(definition).collect();
        self.check(target).map_err(unsuitable)?;
        let version = words.lines().filter(|line| line.contains(" version "));
        self.identity = format!(
            "{}\n{:?}\n{}\n{macros}",
            resolve(&self.program).display(),
            self.arguments,
            version.collect::<Vec<_>>().join("\n"),
        );
        Ok(())
    }

    /// Refuses a compiler for another machine before it has compiled a thousand files.
    fn check(&self, target: &Target) -> Result<(), String> {
        if !self.defines("__ELF__") {
            return Err("it does not make ELF objects".to_owned());
        }
        let order = match self.value("__BYTE_ORDER__") {
            Some("__ORDER_BIG_ENDIAN__") => Endian::Big,
            _ => Endian::Little,
        };
        let width = match self.value("__SIZEOF_POINTER__") {
            Some("4") => 32,
            _ => 64,
        };
        if (order, width) == (target.endian, target.pointer_width) {
            Ok(())
        } else {
            Err(format!(
                "it compiles for {width} bits, {order:?} endian, and the target has {} bits, {:?} endian",
                target.pointer_width, target.endian
            ))
        }
    }
}

/// A line of `-dM` output.
fn definition(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("#define ")?;
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((name.to_owned(), value.to_owned()))
}

/// The file that a program's name stands for.
fn resolve(program: &OsStr) -> PathBuf {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return path.to_owned();
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders)
        .map(|folder| folder.join(path))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| path.to_owned())
}

/// The environment variables by which users choose a target's compiler and its flags.
#[must_use]
pub fn environment(triple: &str) -> Vec<String> {
    let underscored = triple.replace('-', "_");
    let mut names = Vec::new();
    for variable in ["CC", "CFLAGS"] {
        names.push(format!("{variable}_{triple}"));
        names.push(format!("{variable}_{underscored}"));
        names.push(format!("HOST_{variable}"));
        names.push(format!("TARGET_{variable}"));
        names.push(variable.to_owned());
    }
    names.push("CROSS_COMPILE".to_owned());
    names.push("CRATE_CC_NO_DEFAULTS".to_owned());
    names
}
