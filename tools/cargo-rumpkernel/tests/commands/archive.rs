//! `archive`, and what comes of it.

use std::fs;

use rumpkernel_build::snapshot::{cached, default_pin, pins};
use rumpkernel_harness::Outcome;

use crate::program::{filled_cache, run, run_with, stderr, stdout};

pub(crate) fn an_archive_is_the_same_each_time_and_fills_another_cache() -> Outcome {
    let cache = filled_cache()?;
    let folder = tempfile::tempdir().unwrap();
    for name in ["one.tar.gz", "other.tar.gz"] {
        let output = run_with(folder.path(), &cache, &["archive", "--output", name]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let bytes = fs::read(folder.path().join("one.tar.gz")).unwrap();
    assert!(bytes == fs::read(folder.path().join("other.tar.gz")).unwrap());
    // RFC 1952: no name, no time, maximum compression, unknown system.
    assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);

    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let mut names = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mode().unwrap(), 0o644);
        names.push(entry.path_bytes().into_owned());
    }
    assert_eq!(names.len(), default_pin().files + 1);
    // The manifest comes first.
    assert!(names[1..].is_sorted());

    let output = run(folder.path(), &["fetch", "--from", "one.tar.gz"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(cached(default_pin(), &folder.path().join("cache")).is_some());
    let output = run(folder.path(), &["verify"]);
    assert!(output.status.success() && stdout(&output).contains("as pinned"));

    let tree = cached(default_pin(), &folder.path().join("cache")).unwrap();
    let file = tree.root().join("sys/sys/param.h");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "another text").unwrap();
    let output = run(folder.path(), &["verify"]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.contains("sys/sys/param.h"), "{message}");
    assert!(message.contains("cargo rumpkernel clean"), "{message}");

    // Of another snapshot than the one asked for, it is said which it is.
    let other = &pins()[1].name;
    let output = run(
        folder.path(),
        &["fetch", "--from", "one.tar.gz", "--snapshot", other],
    );
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("--snapshot {}", default_pin().name);
    assert!(stderr(&output).contains(&expected), "{}", stderr(&output));
    Ok(())
}
