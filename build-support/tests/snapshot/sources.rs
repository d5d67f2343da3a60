//! The kinds of sources, and what they must not be.

use std::fs;
use std::process::Command;
use std::time::Duration;

use rumpkernel_build::snapshot::{Error, Progress, Request, Warnings, import, obtain};
use rumpkernel_build::with_sources;

use crate::fixture::{
    FILES, Fixture, archive_of, expected, github_archive, manifest_of, pin, pin_of, read_all, write,
};

/// Counts how often files were read to be verified.
#[derive(Default)]
struct Steps(Vec<String>);

impl Progress for Steps {
    fn begin(&mut self, step: &str, _: Option<u64>) {
        self.0.push(step.to_owned());
    }

    fn warn(&mut self, message: &str) {
        panic!("{message}");
    }
}

#[test]
fn a_tree_is_built_from_where_it_lies() {
    let fixture = Fixture::new();
    let tree = obtain(&fixture.request_from("tree"), &mut Warnings::default()).unwrap();
    assert_eq!(tree.root(), fixture.tree());
    assert_eq!(tree.digest(), Some(pin().digest));
    assert!(tree.is_pinned() && !tree.is_partial());
}

#[test]
fn a_tree_is_read_again_only_after_a_change() {
    let fixture = Fixture::new();
    let request = fixture.request_from("tree");
    // While a file is fresh, a second change within the clock's granularity could hide.
    std::thread::sleep(Duration::from_secs(4));
    let mut steps = Steps::default();
    obtain(&request, &mut steps).unwrap();
    assert_eq!(steps.0, ["verifying"]);
    obtain(&request, &mut steps).unwrap();
    assert_eq!(steps.0, ["verifying"]);
    // Same length, other content.
    let (path, content) = FILES[1];
    write(&fixture.tree().join(path), &content.replace("int", "INT"));
    assert!(matches!(
        obtain(&request, &mut steps),
        Err(Error::Mismatch(_))
    ));
    write(&fixture.tree().join(path), content);
    obtain(&request, &mut steps).unwrap();
    assert_eq!(steps.0, ["verifying", "verifying", "verifying"]);
}

#[test]
fn what_lies_outside_the_subset_does_not_count() {
    let fixture = Fixture::new();
    write(&fixture.tree().join("bin/cat/cat.c"), "changed");
    write(
        &fixture.tree().join("sys/sys/CVS/Entries"),
        "/param.h/1.500///",
    );
    write(&fixture.tree().join("sys/.git/config"), "");
    let tree = obtain(&fixture.request_from("tree"), &mut Warnings::default()).unwrap();
    assert!(tree.exists("sys/sys/param.h") && tree.exists("sys/sys"));
    assert!(!tree.exists("bin/cat/cat.c") && !tree.exists("bin"));
    assert!(!tree.exists("sys/sys/parameter.h"));
}

#[test]
fn a_changed_tree_is_an_error_with_both_digests() {
    let fixture = Fixture::new();
    write(&fixture.tree().join("sys/sys/queue.h"), "#define QUEUE 2\n");
    write(&fixture.tree().join("sys/sys/extra.h"), "");
    let mut files = FILES.to_vec();
    files[4].1 = "#define QUEUE 2\n";
    files.insert(3, ("sys/sys/extra.h", ""));
    let found = pin_of(&files).digest;

    let request = fixture.request_from("tree");
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains(&pin().digest.to_string()), "{message}");
    assert!(message.contains(&found.to_string()), "{message}");
    assert!(message.contains("RUMPKERNEL_UNPINNED=1"), "{message}");

    // With the snapshot itself in the cache, the files that differ can be named.
    fs::write(fixture.path("good.tar.gz"), archive_of(FILES)).unwrap();
    import(
        &fixture.request_from("good.tar.gz"),
        &mut Warnings::default(),
    )
    .unwrap();
    fs::remove_file(fixture.tree().join("sys/kern/kern_synthetic.c")).unwrap();
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("missing: sys/kern/kern_synthetic.c"),
        "{message}"
    );
    assert!(message.contains("not pinned: sys/sys/extra.h"), "{message}");
    assert!(message.contains("changed: sys/sys/queue.h"), "{message}");
    assert!(!message.contains("param.h"), "{message}");
}

#[test]
fn a_changed_tree_is_accepted_when_asked_for_and_says_so() {
    let fixture = Fixture::new();
    write(&fixture.tree().join("sys/sys/queue.h"), "#define QUEUE 2\n");
    let request = Request {
        accept_unpinned: true,
        ..fixture.request_from("tree")
    };
    let mut warnings = Warnings::default();
    let tree = obtain(&request, &mut warnings).unwrap();
    assert!(!tree.is_pinned());
    assert_eq!(tree.root(), fixture.tree());
    assert_eq!(warnings.0.len(), 1);
    assert!(
        warnings.0[0].contains("RUMPKERNEL_UNPINNED"),
        "{}",
        warnings.0[0]
    );
}

#[test]
fn a_changed_archive_is_accepted_when_asked_for_and_kept_apart() {
    let fixture = Fixture::new();
    let mut files = FILES.to_vec();
    files[4].1 = "#define QUEUE 2\n";
    fs::write(fixture.path("changed.tar.gz"), archive_of(files.clone())).unwrap();
    let strict = fixture.request_from("changed.tar.gz");
    assert!(matches!(
        obtain(&strict, &mut Warnings::default()),
        Err(Error::Mismatch(_))
    ));
    fixture.assert_nothing_kept();
    let request = Request {
        accept_unpinned: true,
        ..strict.clone()
    };
    let mut warnings = Warnings::default();
    let tree = obtain(&request, &mut warnings).unwrap();
    assert_eq!(tree.digest(), Some(pin_of(&files).digest));
    assert!(!tree.is_pinned() && warnings.0.len() == 1);
    // It does not become acceptable by being in the cache.
    assert!(matches!(
        obtain(&strict, &mut Warnings::default()),
        Err(Error::Mismatch(_))
    ));
}

#[test]
fn what_is_no_netbsd_tree_is_said_to_be_none() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("empty")).unwrap();
    fs::write(fixture.path("text"), "not compressed").unwrap();
    write(&fixture.path("half/sys/rump/Makefile.rump"), "# rump\n");
    fs::write(
        fixture.path("other.tar.gz"),
        archive_of([("hello/world.c", "int x;")]),
    )
    .unwrap();
    for (source, expected) in [
        (
            "empty",
            "is not a NetBSD source tree: it has no sys/rump/Makefile.rump",
        ),
        (
            "half",
            "is not a NetBSD source tree: it has no sys/sys/param.h",
        ),
        (
            "other.tar.gz",
            "is not a NetBSD source tree: it has no sys/rump/Makefile.rump",
        ),
        ("text", "a file that is not compressed by gzip"),
        ("nowhere", "cannot read"),
    ] {
        for accept_unpinned in [false, true] {
            let request = Request {
                accept_unpinned,
                ..fixture.request_from(source)
            };
            let message = obtain(&request, &mut Warnings::default())
                .unwrap_err()
                .to_string();
            assert!(message.contains(expected), "{source}: {message}");
        }
    }
}

#[test]
fn archives_of_every_make_give_the_same_tree() {
    let fixture = Fixture::new();
    fs::write(fixture.path("github.tar.gz"), github_archive()).unwrap();
    fs::write(fixture.path("plain.tar.gz"), archive_of(FILES)).unwrap();
    let mut names = vec!["github.tar.gz", "plain.tar.gz"];
    // tar(1) itself, with names that begin with `./`, and with a top folder.
    for (name, arguments) in [
        ("dot.tar.gz", ["tree", "."]),
        ("folder.tar.gz", [".", "tree"]),
    ] {
        let status = Command::new("tar")
            .arg("-czf")
            .arg(fixture.path(name))
            .args(["-C", arguments[0], arguments[1]])
            .current_dir(fixture.folder.path())
            .status();
        match status {
            Ok(status) => {
                assert!(status.success());
                names.push(name);
            }
            Err(error) => println!("archives_of_every_make_give_the_same_tree: no tar(1): {error}"),
        }
    }
    for name in names {
        fs::remove_dir_all(fixture.path("cache")).ok();
        let tree = obtain(&fixture.request_from(name), &mut Warnings::default()).unwrap();
        assert_eq!(read_all(tree.root()), expected(), "{name}");
        let manifest = tree.manifest().unwrap().unwrap();
        assert_eq!(manifest.to_text(), manifest_of(&FILES), "{name}");
    }
}

#[test]
fn an_archive_is_unpacked_once() {
    let fixture = Fixture::new();
    fs::write(fixture.path("a.tar.gz"), github_archive()).unwrap();
    std::thread::sleep(Duration::from_secs(4));
    let mut steps = Steps::default();
    let first = obtain(&fixture.request_from("a.tar.gz"), &mut steps).unwrap();
    let second = obtain(&fixture.request_from("a.tar.gz"), &mut steps).unwrap();
    assert_eq!(first.root(), second.root());
    assert_eq!(steps.0, ["unpacking"]);
}

#[test]
fn a_part_of_a_tree_is_verified_against_the_manifest_it_carries() {
    let fixture = Fixture::new();
    for (path, content) in &FILES[1..4] {
        write(&fixture.path("part").join(path), content);
    }
    let manifest = fixture.path("part/rumpkernel.manifest");
    fs::write(&manifest, manifest_of(&FILES)).unwrap();
    let request = Request {
        vendored: Some(fixture.path("part")),
        ..fixture.request()
    };
    let tree = obtain(&request, &mut Warnings::default()).unwrap();
    assert!(tree.is_partial() && tree.is_pinned());
    assert_eq!(tree.root(), fixture.path("part"));
    // exists() answers as the whole tree would.
    assert!(tree.exists("sys/sys/queue.h") && tree.exists("common/lib"));
    assert!(!tree.exists("sys/sys/extra.h"));

    write(&fixture.path("part/sys/sys/extra.h"), "");
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("not pinned: sys/sys/extra.h"), "{message}");
    fs::remove_file(fixture.path("part/sys/sys/extra.h")).unwrap();

    write(&fixture.path("part/sys/sys/param.h"), "changed");
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("changed: sys/sys/param.h"), "{message}");

    // A manifest that was edited to fit is not that of the pin.
    let mut files = FILES.to_vec();
    files[3].1 = "changed";
    fs::write(&manifest, manifest_of(&files)).unwrap();
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("the manifest of"), "{message}");
    assert!(message.contains(&pin().digest.to_string()), "{message}");
    fs::write(&manifest, "rumpkernel manifest 1, subset 1\nf x y\n").unwrap();
    let error = obtain(&request, &mut Warnings::default()).unwrap_err();
    let message = with_sources(&error);
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn a_snapshot_without_sources_says_so() {
    let fixture = Fixture::new();
    let mut request = fixture.request_from("tree");
    request.pin.unbuildable = Some("it was made on a Friday".to_owned());
    let message = obtain(&request, &mut Warnings::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("it was made on a Friday"), "{message}");
    assert!(message.contains("RUMPKERNEL_SNAPSHOT"), "{message}");
}
