//! Archives that mean harm, and archives that came to harm.

use rumpkernel_build::with_sources;
use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;
use rumpkernel_build::snapshot::{Error, Warnings, import};
use tar::EntryType;

use crate::fixture::{FILES, Fixture, append, archive_of, github_archive, manifest_of, pin};

/// A member's name, type, and content or target.
type Member = (&'static str, EntryType, &'static str);

/// An archive of the tree with these members after it.
fn archive_with(members: &[Member]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in FILES {
        append(&mut archive, path, EntryType::Regular, content);
    }
    for (path, entry_type, content) in members {
        append(&mut archive, path, *entry_type, content);
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn import_bytes(fixture: &Fixture, bytes: &[u8]) -> Result<(), Error> {
    fs::write(fixture.path("a.tar.gz"), bytes).unwrap();
    import(&fixture.request_from("a.tar.gz"), &mut Warnings::default()).map(drop)
}

#[test]
fn members_that_would_leave_the_tree_are_refused() {
    use EntryType::{Link, Regular, Symlink};
    let cases: &[(&[Member], &str)] = &[
        (&[("../evil.h", Regular, "x")], "`..`"),
        (&[("sys/../../evil.h", Regular, "x")], "`..`"),
        (&[("bin/../../evil.h", Regular, "x")], "`..`"),
        (&[("/tmp/rumpkernel-evil.h", Regular, "x")], "absolute"),
        (&[("sys/sys/e\nvil.h", Regular, "x")], "control character"),
        (&[("sys/sys/..\\evil.h", Regular, "x")], "backslash"),
        (&[("sys/sys/evil.h", Symlink, "/etc/passwd")], "absolute"),
        (
            &[("sys/sys/evil.h", Symlink, "../../../evil.h")],
            "leaves the tree",
        ),
        (
            &[("sys/sys/evil.h", Symlink, "x/../../../../evil.h")],
            "`..` after a name",
        ),
        (
            &[("sys/sys/evil.h", Link, "/etc/passwd")],
            "neither a regular file",
        ),
        (
            &[("sys/sys/evil.h", EntryType::Char, "")],
            "neither a regular file",
        ),
        (
            &[("sys/sys/evil.h", EntryType::Fifo, "")],
            "neither a regular file",
        ),
        // Through a link that by itself is harmless.
        (
            &[
                ("sys/link", Symlink, "kern"),
                ("sys/link/evil.c", Regular, "x"),
            ],
            "also a file or link",
        ),
        (
            &[("sys/sys/param.h/evil.h", Regular, "x")],
            "also a file or link",
        ),
        (&[("sys/sys", Regular, "x")], "there twice"),
        (&[("sys/sys/param.h", Regular, "x")], "there twice"),
    ];
    for (members, expected) in cases {
        let fixture = Fixture::new();
        let error = import_bytes(&fixture, &archive_with(members)).unwrap_err();
        assert!(
            matches!(error, Error::Hostile { .. }),
            "{members:?}: {error}"
        );
        assert!(error.to_string().contains(expected), "{members:?}: {error}");
        fixture.assert_nothing_kept();
        assert!(!fixture.path("evil.h").exists());
    }
}

#[test]
fn members_beside_the_top_folder_are_refused() {
    let fixture = Fixture::new();
    let archive = archive_of([("src-1/sys/sys/a.h", "a"), ("src-2/sys/sys/a.h", "b")]);
    let error = import_bytes(&fixture, &archive).unwrap_err();
    assert!(error.to_string().contains("outside the folder"), "{error}");
}

/// An extended header is read into memory before anybody sees it.
#[test]
fn an_endless_header_is_refused() {
    let fixture = Fixture::new();
    let name = String::leak("x".repeat(64 << 20));
    let bomb = archive_with(&[("././@LongLink", EntryType::GNULongName, name)]);
    assert!(bomb.len() < 1 << 20, "the bomb has {} bytes", bomb.len());
    let error = import_bytes(&fixture, &bomb).unwrap_err();
    assert!(
        error.to_string().contains("more than any NetBSD tree"),
        "{error}"
    );
    fixture.assert_nothing_kept();
}

#[test]
fn a_cut_or_altered_archive_is_refused() {
    let whole = github_archive();
    let mut altered = vec![];
    for part in [11, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        altered.push((format!("{part} bytes"), whole[..part].to_vec()));
    }
    let mut checksum = whole.clone();
    let at = whole.len() - 8;
    checksum[at] ^= 1;
    altered.push(("checksum".to_owned(), checksum));
    for (name, bytes) in altered {
        let fixture = Fixture::new();
        let error = import_bytes(&fixture, &bytes).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{name}: {error}");
        fixture.assert_nothing_kept();
    }
    import_bytes(&Fixture::new(), &whole).unwrap();
}

/// An archive may carry the manifest of its files, and then it must be that of the pin.
#[test]
fn a_manifest_that_was_edited_is_refused() {
    let with = |files: [(&'static str, &'static str); 5], manifest: &str| {
        let fixture = Fixture::new();
        let manifest = ("rumpkernel.manifest", manifest);
        let archive = archive_of([manifest].into_iter().chain(files));
        let outcome = import_bytes(&fixture, &archive);
        if outcome.is_err() {
            fixture.assert_nothing_kept();
        }
        outcome
    };
    let whole = manifest_of(&FILES);
    with(FILES, &whole).unwrap();

    let message = with(FILES, &manifest_of(&FILES[1..]))
        .unwrap_err()
        .to_string();
    assert!(message.contains("the manifest of the archive"), "{message}");
    assert!(message.contains(&pin().digest.to_string()), "{message}");

    let error = with(FILES, &whole[..whole.len() - 1]).unwrap_err();
    assert!(matches!(error, Error::Manifest { .. }), "{error}");

    // Which file was changed shows although the cache does not have the snapshot.
    let mut files = FILES;
    files[3].1 = "changed";
    let message = with_sources(&with(files, &whole).unwrap_err());
    assert!(message.contains("changed: sys/sys/param.h"), "{message}");
    // Nor does it help to change both.
    let message = with_sources(&with(files, &manifest_of(&files)).unwrap_err());
    assert!(message.contains("the manifest of the archive"), "{message}");
}
