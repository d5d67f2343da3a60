//! The C compiler: where it is, what it is, what it predefines.

use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process;

use super::probe::Probe;
use super::{Error, user_flags};
use crate::target::{Convention, Packages, Target};

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
    /// A folder to try things out in.
    pub scratch: &'a Path,
    /// The compiler to use whatever the environment says.
    pub program: Option<&'a Path>,
}

/// A C compiler with the flags that select the target, and those of `CFLAGS` that kernel code can
/// follow.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    macros: HashMap<String, String>,
    identity: String,
    probe: Probe,
}

impl Compiler {
    /// Finds the compiler as the crate `cc` does (`CC_<target>`, `CC`, cross prefixes, `CFLAGS`),
    /// asks it for its predefined macros, and looks at an object that it writes.
    ///
    /// # Errors
    ///
    /// No compiler, one that cannot be run, and one that compiles for another machine or ABI.
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
        if let Some(level) = search.target.level {
            build.flag(format!("-march={level}"));
        }
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
            arguments: command
                .get_args()
                .filter(|argument| !user_flags::needs_run_time(argument))
                .map(OsStr::to_owned)
                .collect(),
            environment: command
                .get_envs()
                .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
                .collect(),
            macros: HashMap::new(),
            identity: String::new(),
            probe: Probe::default(),
        };
        compiler.interrogate(search)?;
        compiler.probe = Probe::new(&compiler, search.target, search.scratch)?;
        let mut conventions = search.target.abi.iter();
        match conventions.find_map(|convention| compiler.departs(convention)) {
            Some(reason) => Err(compiler.unsuitable(search.target, reason)),
            None => Ok(compiler),
        }
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

    /// Whether the compiler makes thread-local variables, and not out of function calls.
    #[must_use]
    pub fn has_thread_locals(&self) -> bool {
        self.probe.has_thread_locals
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

    fn interrogate(&mut self, search: &Search<'_>) -> Result<(), Error> {
        let target = search.target;
        let output = self
            .command()
            .args(["-v", "-dM", "-E", "-x", "c", "/dev/null"])
            .output()
            .map_err(|source| Error::NoCompiler {
                target: target.triple.clone(),
                program: self.shown(),
                remedy: remedy(search),
                source,
            })?;
        let words = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let status = output.status;
            // Compilers have much to say that is no complaint.
            let complaints: Vec<&str> = words.lines().filter(|line| is_error(line)).collect();
            let said = if complaints.is_empty() {
                words.trim().to_owned()
            } else {
                complaints.join("\n")
            };
            let reason = format!("asked for its macros, it ended with {status} and said: {said}");
            return Err(self.unsuitable(target, reason));
        }
        let macros = String::from_utf8_lossy(&output.stdout);
        self.macros = macros.lines().filter_map(definition).collect();
        let version = words.lines().filter(|line| line.contains(" version "));
        self.identity = format!(
            "{}\n{:?}\n{}\n{macros}",
            resolve(&self.program).display(),
            self.arguments,
            version.collect::<Vec<_>>().join("\n"),
        );
        Ok(())
    }

    /// In what way the compiler does not follow a convention.
    fn departs(&self, convention: &Convention) -> Option<String> {
        let Convention {
            name,
            value: expected,
            meaning,
        } = *convention;
        let value = self.value(name);
        let found = value.map(|value| self.value(value).unwrap_or(value));
        let shown = |value: Option<&str>| {
            value.map_or_else(|| "not defined".to_owned(), |value| format!("as {value}"))
        };
        (found != expected).then(|| {
            format!(
                "it compiles for another ABI: expected {name} ({meaning}) {}, found it {}",
                shown(expected),
                shown(found)
            )
        })
    }

    /// The error of a compiler that is no use.
    pub(super) fn unsuitable(&self, target: &Target, reason: String) -> Error {
        Error::Unsuitable {
            target: target.triple.clone(),
            program: self.shown(),
            reason,
        }
    }

    /// The program, with the compiler that a wrapper such as ccache is to run.
    fn shown(&self) -> String {
        let mut words = vec![self.program.to_string_lossy()];
        let first = self.arguments.first().map(|word| word.to_string_lossy());
        words.extend(first.filter(|word| !word.starts_with('-')));
        words.join(" ")
    }
}

/// How a target comes by a compiler.
fn remedy(search: &Search<'_>) -> String {
    if search.target.triple == search.host {
        return "install gcc or clang".to_owned();
    }
    let Some(Packages { compiler, library }) = Packages::of(search.target) else {
        return "install a cross compiler".to_owned();
    };
    let library = library.map(|name| format!(" (and {name} to link)"));
    format!(
        "install Debian's package {compiler}{}",
        library.unwrap_or_default()
    )
}

fn is_error(line: &str) -> bool {
    line.contains(" error: ")
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
