//! What the Rust side of a build costs: every crate that `rumpkernel` needs with its default features, from an empty
//! target folder, without the kernel (whose cost `rumpkernel-build`'s example `figures` prints).

use std::mem::MaybeUninit;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    for profile in ["dev", "release"] {
        match build(profile) {
            Ok((cpu, wall)) => println!(
                "{profile:8} all Rust crates: {:.1} s CPU, {:.1} s wall",
                cpu.as_secs_f64(),
                wall.as_secs_f64()
            ),
            Err(reason) => {
                eprintln!("build-cost: {reason}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn build(profile: &str) -> Result<(Duration, Duration), String> {
    let target = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (cpu, wall) = (children(), Instant::now());
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "rumpkernel", "--lib"])
        .args(["--features", "tmpfs,ffs", "--profile", profile])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", target.path())
        .env("RUMPKERNEL_SKIP_BUILD", "yes")
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err(format!("cargo: {status}"));
    }
    Ok((children() - cpu, wall.elapsed()))
}

/// The processor time of all child processes that have ended, getrusage(2).
fn children() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is a place for the result, and zeros are a valid one.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let time = |value: libc::timeval| {
        let micros = value.tv_sec as u64 * 1_000_000 + value.tv_usec as u64;
        Duration::from_micros(micros)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}
