//! Git repositories, made by git(1).

use rumpkernel_build::with_sources;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use rumpkernel_build::snapshot::{Error, Pin, Request, Warnings, import, obtain};
use rumpkernel_harness::{Missing, Outcome, installed};

use crate::fixture::{Fixture, expected, pin, read_all};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@invalid"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository of the tree, and the pin with its revision.
fn repository() -> Result<(Fixture, Pin), Missing> {
    installed("git")?;
    let fixture = Fixture::new();
    let tree = fixture.tree();
    git(&tree, &["init", "-q"]);
    git(&tree, &["add", "."]);
    git(&tree, &["commit", "-q", "-m", "synthetic"]);
    let revision = git(&tree, &["rev-parse", "HEAD"]);
    let pin = Pin { revision, ..pin() };
    Ok((fixture, pin))
}

fn request(fixture: &Fixture, pin: &Pin, source: &str) -> Request {
    Request {
        pin: pin.clone(),
        ..fixture.request_from(source)
    }
}

pub(crate) fn a_repository_gives_the_tree_without_configuration_or_references() -> Outcome {
    let (fixture, pin) = repository()?;
    git(
        fixture.folder.path(),
        &["clone", "-q", "--bare", "tree", "bare"],
    );
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
    Ok(())
}

pub(crate) fn a_clone_that_borrows_its_objects_will_do() -> Outcome {
    let (fixture, pin) = repository()?;
    let folder = fixture.folder.path();
    git(
        folder,
        &["clone", "-q", "--bare", "--shared", "tree", "shared"],
    );
    let request = request(&fixture, &pin, "shared");
    let tree = import(&request, &mut Warnings::default()).unwrap();
    assert_eq!(read_all(tree.root()), expected());
    Ok(())
}

pub(crate) fn a_repository_without_the_revision_is_told_where_to_find_it() -> Outcome {
    let (fixture, _) = repository()?;
    let request = request(&fixture, &pin(), "tree/.git");
    let error = obtain(&request, &mut Warnings::default()).unwrap_err();
    assert!(matches!(error, Error::Git { .. }), "{error}");
    let message = with_sources(&error);
    assert!(message.contains(&pin().revision), "{message}");
    assert!(message.contains("https://netbsd.invalid/src"), "{message}");
    Ok(())
}

pub(crate) fn a_missing_or_damaged_object_is_an_error() -> Outcome {
    for damage in [
        (|path: &Path| fs::remove_file(path).unwrap()) as fn(&Path),
        |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "x").unwrap();
        },
    ] {
        let (fixture, pin) = repository()?;
        let blob = git(&fixture.tree(), &["rev-parse", "HEAD:sys/sys/queue.h"]);
        let (folder, file) = blob.split_at(2);
        damage(&fixture.tree().join(".git/objects").join(folder).join(file));
        let request = request(&fixture, &pin, "tree/.git");
        let error = obtain(&request, &mut Warnings::default()).unwrap_err();
        assert!(matches!(error, Error::Git { .. }), "{error}");
        assert!(error.to_string().contains("sys/sys/queue.h"), "{error}");
        fixture.assert_nothing_kept();
    }
    Ok(())
}

/// A commit whose `sys` is the tree that `make` gives, made without git(1).
fn commit_of(fixture: &Fixture, make: impl FnOnce(&git2::Odb<'_>) -> git2::Oid) -> Pin {
    let repository = git2::Repository::open(fixture.tree()).unwrap();
    let database = repository.odb().unwrap();
    let sys = make(&database);
    let root = write_tree(&database, &[("40000", "sys", sys)]);
    let commit = format!("tree {root}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nevil\n");
    let revision = database
        .write(git2::ObjectType::Commit, commit.as_bytes())
        .unwrap()
        .to_string();
    Pin { revision, ..pin() }
}

fn write_tree(database: &git2::Odb<'_>, entries: &[(&str, &str, git2::Oid)]) -> git2::Oid {
    let content: Vec<u8> = entries
        .iter()
        .flat_map(|(mode, name, id)| {
            [format!("{mode} {name}\0").as_bytes(), id.as_bytes()].concat()
        })
        .collect();
    database.write(git2::ObjectType::Tree, &content).unwrap()
}

/// Trees are bytes that anybody may write; git(1) would not check these out.
pub(crate) fn hostile_names_are_refused() -> Outcome {
    let (fixture, _) = repository()?;
    for name in ["..", "../evil.h", "e\nvil.h"] {
        let pin = commit_of(&fixture, |database| {
            let blob = database.write(git2::ObjectType::Blob, b"evil").unwrap();
            write_tree(database, &[("100644", name, blob)])
        });
        let request = request(&fixture, &pin, "tree/.git");
        let error = obtain(&request, &mut Warnings::default()).unwrap_err();
        assert!(
            matches!(error, Error::Hostile { .. } | Error::Git { .. }),
            "{name}: {error}"
        );
        assert!(!fixture.path("evil.h").exists());
        fixture.assert_nothing_kept();
    }
    Ok(())
}

/// A few objects can stand for more folders than anybody can walk through, or deeper ones than a
/// stack holds.
pub(crate) fn folders_without_end_are_refused() -> Outcome {
    let (fixture, _) = repository()?;
    for (names, depth) in [(&["a", "b", "c", "d"][..], 40), (&["a"], 10_000)] {
        let pin = commit_of(&fixture, |database| {
            let mut tree = write_tree(database, &[]);
            for _ in 0..depth {
                let entries: Vec<_> = names.iter().map(|&name| ("40000", name, tree)).collect();
                tree = write_tree(database, &entries);
            }
            tree
        });
        let request = request(&fixture, &pin, "tree/.git");
        let error = obtain(&request, &mut Warnings::default()).unwrap_err();
        assert!(error.to_string().contains("more folders"), "{error}");
        fixture.assert_nothing_kept();
    }
    Ok(())
}

/// An object is a compressed header and content, in a file named after the SHA-1 of both.
pub(crate) fn an_object_with_other_content_or_without_end_is_refused() -> Outcome {
    for (object, expected) in [
        (&b"blob 5\0evil!"[..], "sys/sys/queue.h"),
        (b"blob 99999999999\0evil!", "sys/sys/queue.h"),
        (b"tree 0\0", "sys/sys/queue.h"),
    ] {
        let (fixture, pin) = repository()?;
        let blob = git(&fixture.tree(), &["rev-parse", "HEAD:sys/sys/queue.h"]);
        let (folder, file) = blob.split_at(2);
        let path = fixture.tree().join(".git/objects").join(folder).join(file);
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(object).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, encoder.finish().unwrap()).unwrap();
        let request = request(&fixture, &pin, "tree/.git");
        let error = obtain(&request, &mut Warnings::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        fixture.assert_nothing_kept();
    }
    Ok(())
}
