//! The crate `rumpuser-posix` as a static library, which Cargo makes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::cli;
use crate::error::Error;

const CRATE: &str = "rumpuser-posix";

/// What rustc prints in front of the libraries that a program with this one needs.
const NEEDS: &str = "native-static-libs: ";

/// All of the program is known when it is compiled: what only Rust programs call goes away.
const PROFILE: [&str; 3] = [
    "profile.release.lto=\"fat\"",
    "profile.release.codegen-units=1",
    "profile.release.debug=false",
];

/// The static library.
pub(super) struct Library {
    /// The file.
    pub(super) file: PathBuf,
    /// The libraries that a program with it needs, as the compiler's arguments.
    pub(super) needs: Vec<String>,
    /// The crate's own folder.
    pub(super) package: PathBuf,
}

/// What Cargo says of something that it has compiled.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    message: String,
    rendered: Option<String>,
}

impl Library {
    /// Compiles the crate for the target.
    pub(super) fn build(options: &cli::InstallHypercalls) -> Result<Self, Error> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(&cargo);
        command.args(["rustc", "--package", CRATE, "--lib", "--release"]);
        command.args(["--crate-type", "staticlib", "--message-format=json"]);
        command.args(["--target", &options.target]);
        for setting in PROFILE {
            command.args(["--config", setting]);
        }
        if let Some(manifest) = &options.manifest_path {
            command.arg("--manifest-path").arg(manifest);
        }
        if !options.features.is_empty() {
            command.args(["--features", &options.features.join(",")]);
        }
        // Else musl would be linked into the shared library, a second one beside the program's.
        command.args(["--", "-C", "target-feature=-crt-static"]);
        command.args(["--print", "native-static-libs"]);
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .map_err(Error::file("run", &cargo))?;
        let messages: Vec<Message> = serde_json::Deserializer::from_slice(&output.stdout)
            .into_iter()
            .map_while(Result::ok)
            .collect();
        if !output.status.success() {
            let diagnostics = messages.into_iter().filter_map(|message| message.message);
            let said = diagnostics.filter_map(|diagnostic| diagnostic.rendered);
            return Err(Error::Tool {
                tool: PathBuf::from(cargo),
                status: output.status,
                said: said.collect(),
            });
        }
        Self::find(messages).ok_or(Error::NoLibrary(CRATE))
    }

    /// Finds the library among what Cargo has made.
    fn find(messages: Vec<Message>) -> Option<Self> {
        let mut library = None;
        let mut needs = None;
        for message in messages {
            if let Some(list) = message
                .message
                .as_ref()
                .and_then(|diagnostic| diagnostic.message.strip_prefix(NEEDS))
            {
                needs = Some(list.split_whitespace().map(str::to_owned).collect());
            }
            let package = message.manifest_path.parent();
            let file = message.filenames.iter().find(|file| is_library(file));
            library = file.cloned().zip(package.map(Path::to_owned)).or(library);
        }
        let (file, package) = library?;
        Some(Self {
            file,
            needs: needs?,
            package,
        })
    }
}

fn is_library(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name == "librumpuser_posix.a")
}
