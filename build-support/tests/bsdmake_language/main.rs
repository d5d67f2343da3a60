//! The language, case by case: what the evaluator answers, and what bmake answers where it is
//! installed.

mod cases;
mod growth;

use std::fs;
use std::path::Path;
use std::process::Command;

use cases::{CASES, WRONG};
use rumpkernel_build::bsdmake::{Error, Evaluator, Fault, Settings, Tree};
use rumpkernel_harness::{Outcome, installed};

/// A tree with the Makefile in its folder `sys/here`, beside two files to include.
fn tree(makefile: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let here = root.path().join("sys/here");
    fs::create_dir_all(here.join("folder")).unwrap();
    fs::write(here.join("Makefile"), format!("{makefile}\n")).unwrap();
    fs::write(here.join("other.mk"), ".include \"folder/name.mk\"\n").unwrap();
    fs::write(here.join("folder/name.mk"), "OTHER:=${.PARSEDIR:T}\n").unwrap();
    let nested = "NESTED=${.PARSEDIR:T}/${.PARSEFILE}\nNESTED:=${NESTED}\n";
    fs::write(here.join("folder/nested.mk"), nested).unwrap();
    root
}

fn evaluated(root: &Path) -> Result<Option<String>, Error> {
    let tree = Tree::new(root);
    let mut make = Evaluator::new(&tree, "sys/here", Settings::default(), &|_| None);
    make.run()?;
    make.value("X")
}

/// Fails with all cases whose value is not the expected one.
fn check(value: impl Fn(&Path) -> Result<String, String>) {
    let mut report = String::new();
    for (makefile, expected) in CASES {
        let root = tree(makefile);
        let found = value(root.path());
        if found.as_deref() != Ok(*expected) {
            report += &format!("{makefile}\n  expected {expected:?}, found {found:?}\n\n");
        }
    }
    assert!(report.is_empty(), "{report}");
}

fn values_are_what_make_would_say() -> Outcome {
    check(|root| {
        let value = evaluated(root).map_err(|error| error.to_string())?;
        Ok(value.unwrap_or_default())
    });
    Ok(())
}

fn bmake_says_the_same() -> Outcome {
    installed("bmake")?;
    check(|root| {
        let output = Command::new("bmake")
            .current_dir(root.join("sys/here"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .args(["-r", "-V", "${X}"])
            .output()
            .unwrap();
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes)
                .trim_end_matches('\n')
                .to_owned()
        };
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(text(&output.stderr)),
        }
    });
    Ok(())
}

fn what_is_wrong_is_told_with_its_place() {
    for (makefile, line, expected) in WRONG {
        let root = tree(makefile);
        let error = evaluated(root.path()).expect_err(makefile);
        assert!(
            error.to_string().contains(expected),
            "{error} of\n{makefile}"
        );
        assert_eq!(
            (error.file.to_str(), error.line),
            (Some("sys/here/Makefile"), *line),
            "{error}"
        );
    }
}

fn a_fault_in_an_included_file_names_that_file() {
    let root = tree("X=1\n.include \"bad.mk\"");
    fs::write(
        root.path().join("sys/here/bad.mk"),
        "Y=1\n.for i in a\n.frob\n.endfor\n",
    )
    .unwrap();
    let error = evaluated(root.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sys/here/bad.mk:3: unknown directive `.frob`"
    );
}

fn files_that_include_each_other_are_told() {
    let root = tree(".include \"a.mk\"");
    fs::write(root.path().join("sys/here/a.mk"), ".include \"b.mk\"\n").unwrap();
    fs::write(
        root.path().join("sys/here/b.mk"),
        "X=1\n.include \"a.mk\"\n",
    )
    .unwrap();
    let error = evaluated(root.path()).unwrap_err();
    assert_eq!(
        error.fault,
        Fault::CyclicInclude("sys/here/a.mk".to_owned())
    );
    assert_eq!(
        (error.file.to_str(), error.line),
        (Some("sys/here/b.mk"), 2)
    );
}

fn a_missing_makefile_is_told() {
    let root = tempfile::tempdir().unwrap();
    let error = evaluated(root.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("sys/here/Makefile:1: cannot read it"),
        "{error}"
    );
}

fn probes_are_asked_by_name() {
    let makefile = "CFLAGS=-DOTHER\nX!=if ${COMPILE.c} -fsyntax-only -DLDREX_TEST f.c >/dev/null \
                    2>/dev/null; then echo yes; else echo no; fi";
    let root = tree(makefile);
    let tree = Tree::new(root.path());
    for (answer, text) in [(true, "yes"), (false, "no")] {
        let probes = move |name: &str| (name == "LDREX_TEST").then_some(answer);
        let mut make = Evaluator::new(&tree, "sys/here", Settings::default(), &probes);
        make.run().unwrap();
        assert_eq!(make.value("X").unwrap().as_deref(), Some(text));
    }
}

fn nesting_without_end_is_told() {
    let deep = |open: &str, inside: &str, close: &str| {
        format!("{}{inside}{}", open.repeat(10_000), close.repeat(10_000))
    };
    for makefile in [
        format!("X:={}", deep("${", "A", "}")),
        format!("A=a\nX:={}", deep("${A:U", "a", "}")),
        format!("A=a\nX:={}", deep("${A:M", "a", "}")),
        format!(".if {}\n.endif", deep("(", "1", ")")),
        format!(".if {}\n.endif", deep("!", "1", "")),
    ] {
        let root = tree(&makefile);
        let expected = evaluated(root.path());
        let beginning = &makefile[..20];
        // What is not needed is not looked into: `:U` of a defined variable.
        let skipped = makefile.contains(":U") && expected == Ok(Some("a".to_owned()));
        assert!(expected.is_err() || skipped, "{beginning}");
    }
}

rumpkernel_harness::tests! {
    values_are_what_make_would_say,
    bmake_says_the_same,
    what_is_wrong_is_told_with_its_place,
    a_fault_in_an_included_file_names_that_file,
    files_that_include_each_other_are_told,
    a_missing_makefile_is_told,
    probes_are_asked_by_name,
    nesting_without_end_is_told,
    growth::what_grows_beyond_bounds_is_told,
    growth::files_that_include_others_twice_are_told,
    growth::loops_within_loops_are_told,
    growth::conditions_within_expressions_within_conditions_are_told,
    growth::a_makefile_that_is_no_makefile_is_told,
}
