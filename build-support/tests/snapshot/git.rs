//! Git repositories, made by git(1).

use std::fs;
use std::path::Path;
use std::process::Command;

use rumpkernel_build::snapshot::{Error, Pin, Request, Warnings, import, obtain};

use crate::fixture::{Fixture, expected, pin, read_all};

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@invalid"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| println!("tests of git sources: no git(1): {error}"))
        .ok()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// A repository of the tree, and the pin with its revision.
fn repository() -> Option<(Fixture, Pin)> {
    let fixture = Fixture::new();
    let tree = fixture.tree();
    git(&tree, &["init", "-q"])?;
    git(&tree, &["add", "."])?;
    git(&tree, &["commit", "-q", "-m", "synthetic"])?;
    let revision = git(&tree, &["rev-parse", "HEAD"])?;
    let pin = Pin { revision, ..pin() };
    Some((fixture, pin))
}

fn request(fixture: &Fixture, pin: &Pin, source: &str) -> Request {
    Request {
        pin: pin.clone(),
        ..fixture.request_from(source)
    }
}

#[test]
fn a_repository_gives_the_tree_without_configuration_or_references() {
    let Some((fixture, pin)) = repository() else {
        return;
    };
    git(
        fixture.folder.path(),
        &["clone", "-q", "--bare", "tree", "bare"],
    )
    .unwrap();
    let bare = fixture.path("bare");
    for name in ["config", "HEAD", "packed-refs"] {
        fs::remove_file(bare.join(name)).ok();
    }
    fs::remove_dir_all(bare.join("refs")).unwrap();
    for source in ["bare", "tree/.git"] {
        fs::remove_dir_all(fixture.path("cache")).ok();
        let request = request(&fixture, &pin, source);
        let tree = obtain(&request, &mut Warnings::default()).unwrap();
        assert_eq!(read_all(tree.root()), expected(), "{source}");
    }
}

#[test]
fn a_clone_that_borrows_its_objects_will_do() {
    let Some((fixture, pin)) = repository() else {
        return;
    };
    let folder = fixture.folder.path();
    git(
        folder,
        &["clone", "-q", "--bare", "--shared", "tree", "shared"],
    )
    .unwrap();
    let request = request(&fixture, &pin, "shared");
    let tree = import(&request, &mut Warnings::default()).unwrap();
    assert_eq!(read_all(tree.root()), expected());
}

#[test]
fn a_repository_without_the_revision_is_told_where_to_find_it() {
    let Some((fixture, _)) = repository() else {
        return;
    };
    let request = request(&fixture, &pin(), "tree/.git");
    let error = obtain(&request, &mut Warnings::default()).unwrap_err();
    assert!(matches!(error, Error::Git { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(&pin().revision), "{message}");
    assert!(message.contains("https://netbsd.invalid/src"), "{message}");
}

#[test]
fn a_missing_or_damaged_object_is_an_error() {
    for damage in [
        (|path: &Path| fs::remove_file(path).unwrap()) as fn(&Path),
        |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "x").unwrap();
        },
    ] {
        let Some((fixture, pin)) = repository() else {
            return;
        };
        let blob = git(&fixture.tree(), &["rev-parse", "HEAD:sys/sys/queue.h"]).unwrap();
        let (folder, file) = blob.split_at(2);
        damage(&fixture.tree().join(".git/objects").join(folder).join(file));
        let request = request(&fixture, &pin, "tree/.git");
        let error = obtain(&request, &mut Warnings::default()).unwrap_err();
        assert!(matches!(error, Error::Git { .. }), "{error}");
        assert!(error.to_string().contains("sys/sys/queue.h"), "{error}");
        fixture.assert_nothing_kept();
    }
}

/// Trees are bytes that anybody may write; git(1) would not check these out.
#[test]
fn hostile_names_are_refused() {
    let Some((fixture, _)) = repository() else {
        return;
    };
    let repository = git2::Repository::open(fixture.tree()).unwrap();
    let database = repository.odb().unwrap();
    let blob = database.write(git2::ObjectType::Blob, b"evil").unwrap();
    for name in ["..", "../evil.h", "e\nvil.h"] {
        let entry = |mode: &str, name: &str, id: git2::Oid| {
            [format!("{mode} {name}\0").as_bytes(), id.as_bytes()].concat()
        };
        let tree = |content: Vec<u8>| database.write(git2::ObjectType::Tree, &content).unwrap();
        let inner = tree(entry("100644", name, blob));
        let root = tree(entry("40000", "sys", inner));
        let commit =
            format!("tree {root}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nevil\n");
        let revision = database
            .write(git2::ObjectType::Commit, commit.as_bytes())
            .unwrap()
            .to_string();
        let pin = Pin { revision, ..pin() };
        let request = request(&fixture, &pin, "tree/.git");
        let error = obtain(&request, &mut Warnings::default()).unwrap_err();
        assert!(
            matches!(error, Error::Hostile { .. } | Error::Git { .. }),
            "{name}: {error}"
        );
        assert!(!fixture.path("evil.h").exists());
        fixture.assert_nothing_kept();
    }
}
