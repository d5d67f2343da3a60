//! Jobs under somebody else's jobserver, as Cargo runs build scripts.

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use jobserver::Client;
use rumpkernel_build::compile::{Error, pool::Tokens};

const INSIDE: &str = "BUILD_POOL_INSIDE";

#[test]
fn no_more_jobs_run_than_the_jobserver_allows_and_its_tokens_come_back() {
    // The test runs itself again under a jobserver of its own.
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let server = Client::new(2).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "no_more_jobs_run_than_the_jobserver_allows_and_its_tokens_come_back",
        ])
        .env(INSIDE, "yes");
    server.configure(&mut command);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(server.available().unwrap(), 2);
}

fn inside() {
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = |job: usize| {
        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(10));
        running.fetch_sub(1, Ordering::SeqCst);
        Ok::<_, Error>(job)
    };
    let tokens = Tokens::new(NonZeroUsize::new(16).unwrap()).unwrap();
    let mut count = 0;
    let mut done = |_| {
        count += 1;
        Ok(())
    };
    tokens.run((0..60).collect(), &work, &mut done).unwrap();
    assert_eq!(count, 60);
    // The process's own token and the two of the server.
    assert!(most.load(Ordering::SeqCst) <= 3);
}
