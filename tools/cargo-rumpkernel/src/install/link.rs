//! The C compiler and its tools, which make of a static library what is installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::SONAME;
use super::library::Library;
use crate::cli::HOST;
use crate::error::Error;

/// Hypercalls that only kernel images of this project make.
const INTERNAL: &str = "rumpuser_posix_";

/// A C compiler, and a folder to write to.
pub(super) struct Linker<'a> {
    compiler: cc::Tool,
    folder: &'a Path,
}

impl<'a> Linker<'a> {
    /// Finds the compiler by the conventions of the crate `cc`.
    pub(super) fn new(target: &str, folder: &'a Path) -> Result<Self, Error> {
        let compiler = cc::Build::new()
            .cargo_metadata(false)
            .target(target)
            .host(HOST)
            .opt_level(2)
            .debug(false)
            .try_get_compiler()?;
        Ok(Self { compiler, folder })
    }

    /// Returns the names of the hypercalls that a library defines.
    pub(super) fn hypercalls(&self, library: &Path) -> Result<Vec<String>, Error> {
        let mut command = Command::new(self.tool("nm")?);
        command.args(["--extern-only", "--defined-only", "--format=posix"]);
        let symbols = run(command.arg(library))?;
        let names = symbols.lines().filter_map(|line| line.split(' ').next());
        let mut names: Vec<String> = names
            .filter(|name| name.starts_with("rumpuser_") || name.starts_with("rumpcomp_"))
            .filter(|name| !name.starts_with(INTERNAL))
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Links the shared library.
    pub(super) fn shared(&self, library: &Library, names: &[String]) -> Result<PathBuf, Error> {
        let script = format!("{{ global: {}; local: *; }};\n", names.join("; "));
        let mut versions = OsString::from("-Wl,--version-script=");
        versions.push(self.write("exports", &script)?);
        let shared = self.folder.join(SONAME);
        let mut command = self.link(library, names);
        command.arg("-shared").arg(versions);
        command.arg(format!("-Wl,-soname,{SONAME}"));
        // Threads of a kernel, and handlers at the end of others, need it for as long as they are.
        command.args(["-Wl,-z,nodelete", "-Wl,-z,defs", "-Wl,-z,relro,-z,now"]);
        command.args(["-Wl,-O1", "-Wl,--as-needed", "-Wl,--strip-all"]);
        command.args(&library.needs);
        run(command.arg("-o").arg(&shared))?;
        Ok(shared)
    }

    /// Links an object that defines the hypercalls and nothing else, so that two libraries with
    /// Rust's own in them can be in one program.
    pub(super) fn object(&self, library: &Library, names: &[String]) -> Result<PathBuf, Error> {
        let whole = self.folder.join("whole.o");
        let mut command = self.link(library, names);
        command.args(["-r", "-nostdlib"]);
        run(command.arg("-o").arg(&whole))?;
        let object = self.folder.join("rumpuser.o");
        let mut keep = OsString::from("--keep-global-symbols=");
        keep.push(self.write("names", &format!("{}\n", names.join("\n")))?);
        let mut command = Command::new(self.tool("objcopy")?);
        command.arg("--strip-debug").arg(keep);
        run(command.args([&whole, &object]))?;
        Ok(object)
    }

    /// Makes a library of one object.
    pub(super) fn archive(&self, object: &Path) -> Result<PathBuf, Error> {
        let archive = self.folder.join("librumpuser.a");
        let mut command = Command::new(self.tool("ar")?);
        run(command.arg("crsD").args([&archive, object]))?;
        Ok(archive)
    }

    /// The command that links the hypercalls with what they need of the library.
    fn link(&self, library: &Library, names: &[String]) -> Command {
        let mut command = self.compiler.to_command();
        command.arg("-Wl,--gc-sections");
        command.args(names.iter().map(|name| format!("-Wl,--undefined={name}")));
        command.arg(&library.file);
        command
    }

    /// Returns the program of this name that belongs to the compiler.
    fn tool(&self, name: &str) -> Result<PathBuf, Error> {
        let mut command = self.compiler.to_command();
        let path = run(command.arg(format!("-print-prog-name={name}")))?;
        Ok(PathBuf::from(path.trim_end()))
    }

    fn write(&self, name: &str, content: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        fs::write(&path, content).map_err(Error::file("write", &path))?;
        Ok(path)
    }
}

/// Runs a tool, and returns what it prints.
fn run(command: &mut Command) -> Result<String, Error> {
    let tool = PathBuf::from(command.get_program());
    let output = command.output().map_err(Error::file("run", &tool))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Tool {
        tool,
        status: output.status,
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
