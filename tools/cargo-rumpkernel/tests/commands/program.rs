//! Runs the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_harness::Missing;

/// Runs the program with an empty cache in `folder`, and nothing of the user's own settings.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    run_with(folder, &folder.join("cache"), arguments)
}

/// Runs the program in `folder`, with the cache in another.
pub(crate) fn run_with(folder: &Path, cache: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-rumpkernel"))
        .args(arguments)
        .current_dir(folder)
        .env("RUMPKERNEL_CACHE_DIR", cache)
        .env_remove("RUMPKERNEL_MIRROR")
        .env_remove("RUMPKERNEL_SNAPSHOT")
        .env_remove("CARGO_NET_OFFLINE")
        .output()
        .unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// This user's cache, if it holds the default snapshot.
pub(crate) fn filled_cache() -> Result<PathBuf, Missing> {
    let cache = default_cache_dir().ok();
    let filled = cache.filter(|cache| cached(default_pin(), cache).is_some());
    filled.ok_or_else(|| Missing::tool("the default snapshot is not in the cache"))
}
