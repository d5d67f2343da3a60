//! The cache: filled once, whole or not at all, by one process or many.

use rumpkernel_build::with_sources;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use rumpkernel_build::snapshot::{Error, Request, Warnings, cached, import, obtain, verify_cached};

use crate::fixture::{FILES, Fixture, archive_of, expected, github_archive, pin, read_all, write};

fn filled() -> Fixture {
    let fixture = Fixture::new();
    import(&fixture.request_from("tree"), &mut Warnings::default()).unwrap();
    fixture
}

#[test]
fn a_filled_cache_needs_nothing_else() {
    let fixture = filled();
    fs::remove_dir_all(fixture.tree()).unwrap();
    let tree = obtain(&fixture.request(), &mut Warnings::default()).unwrap();
    assert!(tree.is_pinned());
    assert_eq!(read_all(tree.root()), expected());
    assert_eq!(
        cached(&pin(), &fixture.path("cache")).unwrap().root(),
        tree.root()
    );
    let status = fs::metadata(tree.root().join("sys/sys/param.h")).unwrap();
    assert!(status.permissions().readonly());
}

#[test]
fn without_cache_and_network_the_error_says_what_was_tried_and_what_helps() {
    let fixture = Fixture::new();
    let error = obtain(&fixture.request(), &mut Warnings::default()).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }));
    let message = with_sources(&error);
    for expected in [
        "tried: RUMPKERNEL_SOURCE: not set",
        &format!("tried: cache {}", fixture.entries().display()),
        "cargo rumpkernel fetch --snapshot synthetic",
        "0123456789abcdef0123456789abcdef01234567",
    ] {
        assert!(
            message.contains(expected),
            "{expected} is not in: {message}"
        );
    }
    assert!(!fixture.path("cache").exists());
}

/// What a crash may do to an entry.
type Crash = fn(&Path);

/// An entry that lost data at a crash counts as absent, and is replaced.
#[test]
fn an_entry_that_was_cut_short_is_replaced() {
    let entry = |fixture: &Fixture| fixture.entries().join(pin().digest.to_string());
    let crashes: [(&str, Crash); 4] = [
        ("no marker", |entry| {
            fs::remove_file(entry.join("complete")).unwrap()
        }),
        ("empty marker", |entry| {
            fs::write(entry.join("complete"), "").unwrap()
        }),
        ("short manifest", |entry| {
            let text = fs::read_to_string(entry.join("manifest")).unwrap();
            fs::write(entry.join("manifest"), &text[..text.len() / 2]).unwrap();
        }),
        ("no tree", |entry| {
            fs::remove_dir_all(entry.join("tree")).unwrap()
        }),
    ];
    for (name, crash) in crashes {
        let fixture = filled();
        crash(&entry(&fixture));
        let outcome = obtain(&fixture.request(), &mut Warnings::default());
        assert!(
            matches!(outcome, Err(Error::NotFound { .. })),
            "{name}: {outcome:?}"
        );
        let tree = import(&fixture.request_from("tree"), &mut Warnings::default()).unwrap();
        assert_eq!(read_all(tree.root()), expected(), "{name}");
        obtain(&fixture.request(), &mut Warnings::default()).unwrap();
    }
}

#[test]
fn what_a_killed_process_left_is_in_nobodys_way() {
    let fixture = Fixture::new();
    let part = fixture.entries().join(format!("{}.part", pin().digest));
    write(&part.join("tree/sys/sys/param.h"), "cut sho");
    write(&part.join("complete"), "7\n");
    let tree = import(&fixture.request_from("tree"), &mut Warnings::default()).unwrap();
    assert_eq!(read_all(tree.root()), expected());
    assert!(!part.exists());
}

#[test]
fn an_altered_entry_is_found_by_verifying() {
    let fixture = filled();
    let cache = fixture.path("cache");
    verify_cached(&pin(), &cache, &mut Warnings::default()).unwrap();
    let tree = cached(&pin(), &cache).unwrap();
    let file = tree.root().join("sys/sys/queue.h");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "#define QUEUE 2\n").unwrap();
    let message = verify_cached(&pin(), &cache, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("changed: sys/sys/queue.h"), "{message}");
}

const CHILD: &str = "RUMPKERNEL_TEST_FILLS";

/// Not a test of its own: what [`processes_may_fill_at_once`] runs several times.
#[test]
#[ignore = "run by processes_may_fill_at_once"]
fn child_that_fills() {
    let Some(folder) = env::var_os(CHILD) else {
        return;
    };
    let folder = Path::new(&folder);
    let request = Request {
        source: Some(folder.join("a.tar.gz")),
        ..Request::new(&pin(), folder.join("cache"))
    };
    let tree = obtain(&request, &mut Warnings::default()).unwrap();
    assert_eq!(read_all(tree.root()), expected());
}

#[test]
fn processes_may_fill_at_once() {
    let fixture = Fixture::new();
    fs::write(fixture.path("a.tar.gz"), github_archive()).unwrap();
    let children: Vec<_> = (0..6)
        .map(|_| {
            Command::new(env::current_exe().unwrap())
                .args(["cache::child_that_fills", "--exact", "--ignored"])
                .env(CHILD, fixture.folder.path())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let tree = obtain(&fixture.request(), &mut Warnings::default()).unwrap();
    assert_eq!(read_all(tree.root()), expected());
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error_that_names_the_variable() {
    let fixture = Fixture::new();
    fs::write(fixture.path("file"), "in the way").unwrap();
    // Not even root may make folders in /proc.
    for cache_dir in [fixture.path("file"), "/proc/rumpkernel".into()] {
        let request = Request {
            cache_dir: cache_dir.clone(),
            ..fixture.request_from("tree")
        };
        let error = import(&request, &mut Warnings::default()).unwrap_err();
        assert!(matches!(error, Error::Cache { .. }), "{error}");
        let message = with_sources(&error);
        assert!(message.contains("RUMPKERNEL_CACHE_DIR"), "{message}");
        assert!(message.contains(cache_dir.to_str().unwrap()), "{message}");
        // A tree that is built from where it lies needs no cache.
        obtain(&request, &mut Warnings::default()).unwrap();
    }
}

#[test]
fn a_full_cache_is_an_error_that_names_the_variable() {
    let fixture = Fixture::new();
    let cache = fixture.path("full");
    fs::create_dir(&cache).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(&cache)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        println!("a_full_cache_is_an_error_that_names_the_variable: cannot mount a small tmpfs");
        return;
    }
    let large = "x".repeat(100_000);
    let files = FILES
        .into_iter()
        .chain([("sys/sys/zlarge.h", large.as_str())]);
    fs::write(fixture.path("large.tar.gz"), archive_of(files)).unwrap();
    let request = Request {
        cache_dir: cache.clone(),
        ..fixture.request_from("large.tar.gz")
    };
    let outcome = import(&request, &mut Warnings::default());
    let unmounted = Command::new("umount").arg(&cache).status();
    let message = with_sources(&outcome.unwrap_err());
    assert!(unmounted.unwrap().success());
    assert!(message.contains("No space left on device"), "{message}");
    assert!(message.contains("RUMPKERNEL_CACHE_DIR"), "{message}");
}
