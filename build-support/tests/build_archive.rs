//! Libraries are what ar(1) makes, read by the tools that link them.

use std::fs;
use std::process::Command;

use rumpkernel_build::archive::{self, Member};
use rumpkernel_harness::{Outcome, installed};

fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the `ar` here is GNU's.
fn is_gnu() -> bool {
    let said = Command::new("ar").arg("--version").output();
    said.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with("GNU"))
}

fn a_file_that_is_no_library_has_no_symbols() {
    for bytes in [&b""[..], b"no archive", b"!<arch>\n/ too short"] {
        assert_eq!(archive::symbols(bytes), Vec::<String>::new());
    }
}

fn members_and_symbols_are_those_that_ar_would_write() -> Outcome {
    for name in ["cc", "ar", "nm"] {
        installed(name)?;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    // A name longer than a header's field takes another way into the archive.
    let names = ["one.o", "a_name_that_is_longer_than_sixteen_letters.o"];
    let sources = [
        "int one = 1; static int hidden; int *p = &hidden;",
        "int two(void) { return 2; }",
    ];
    let mut members = Vec::new();
    for (name, source) in names.iter().zip(sources) {
        fs::write(path("source.c"), source).unwrap();
        tool("cc", &["-c", "-o", &path(name), &path("source.c")]);
        // An odd length has to be filled up.
        let mut object = fs::read(path(name)).unwrap();
        object.push(0);
        fs::write(path(name), &object).unwrap();
        members.push(Member {
            name: (*name).to_owned(),
            object,
        });
    }
    let write = || {
        let mut library = Vec::new();
        archive::write(&members, &mut library).unwrap();
        library
    };
    assert_eq!(write(), write());
    fs::write(path("libours.a"), write()).unwrap();
    let theirs = [
        "rcsD",
        &path("libtheirs.a"),
        &path(names[0]),
        &path(names[1]),
    ];
    tool("ar", &theirs);
    if is_gnu() {
        let content = |name: &str| fs::read(path(name)).unwrap();
        assert_eq!(content("libours.a"), content("libtheirs.a"));
    }
    for listing in [["t", ""], ["p", names[1]]] {
        let list = |library: &str| {
            let library = path(library);
            let arguments = [listing[0], &library, listing[1]];
            let count = if listing[1].is_empty() { 2 } else { 3 };
            Command::new("ar")
                .args(&arguments[..count])
                .output()
                .unwrap()
                .stdout
        };
        assert_eq!(list("libours.a"), list("libtheirs.a"), "{listing:?}");
    }
    let symbols = |library: &str| {
        let text = tool("nm", &["-s", &path(library)]);
        let index: Vec<String> = text
            .lines()
            .skip(1)
            .take_while(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        index
    };
    assert_eq!(symbols("libours.a"), symbols("libtheirs.a"));
    assert_eq!(archive::symbols(&write()), ["one", "p", "two"]);
    assert!(
        symbols("libours.a")
            .iter()
            .any(|line| line == "one in one.o")
    );
    Ok(())
}

rumpkernel_harness::tests! {
    a_file_that_is_no_library_has_no_symbols,
    members_and_symbols_are_those_that_ar_would_write,
}
