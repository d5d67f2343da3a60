//! What a configuration may say, and what is said about one that is wrong.

use rumpkernel_build::with_sources;
use std::fs;
use std::path::Path;

use rumpkernel_build::config::{Error, Files, Generated};
use tempfile::TempDir;

const DEFINITIONS: &str = "\
version 20151112
devclass disk
define scsi { [channel = -1] }
device scsibus { [target = -1], [lun = -1] }
attach scsibus at scsi
device sd: disk
attach sd at scsibus
defpseudo md: disk
device alone
";

/// A folder that stands for a tree's `sys`.
struct Sys(TempDir);

impl Sys {
    fn new(files: &[(&str, &str)]) -> Self {
        let sys = Sys(tempfile::tempdir().unwrap());
        sys.write("conf/files", DEFINITIONS);
        for (name, text) in files {
            sys.write(name, text);
        }
        sys
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Generates from an ioconf that includes the definitions and goes on with `text`.
    fn generate(&self, text: &str) -> Result<Generated, Error> {
        self.write(
            "X.ioconf",
            &format!("ioconf x\ninclude \"conf/files\"\n{text}\n"),
        );
        Files::new(self.0.path()).generate(&self.0.path().join("X.ioconf"))
    }

    /// What is said about it, with paths relative to `sys`.
    fn complaint(&self, text: &str) -> String {
        let error = with_sources(&self.generate(text).expect_err(text));
        error.replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn contains_all(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "no `{line}` in:\n{text}");
    }
}

#[test]
fn tables_name_drivers_places_and_locators() {
    let sys = Sys::new(&[]);
    let text = "pseudo-root scsi*\nscsibus* at scsi?\nsd* at scsibus? target 3 lun ? flags 5";
    let generated = sys.generate(text).unwrap();
    contains_all(
        &generated.ioconf_c,
        &[
            "#define IOCONF x\n",
            "CFDRIVER_DECL(sd, DV_DISK, NULL);",
            "extern struct cfattach sd_ca;",
            "{ \"sd\", \"sd\", 0, FSTATE_STAR, ioconf_locators + 0, 0x5, ",
            "{ \"scsibus\", \"scsibus\", DVUNIT_ANY }",
        ],
    );
    contains_all(&generated.ioconf_h, &["extern struct cfdriver scsibus_cd;"]);
    contains_all(
        &generated.locators_h,
        &["#define SCSIBUSCF_TARGET 0", "#define SCSIBUSCF_NLOCS 2"],
    );
    let read: Vec<_> = generated
        .read
        .iter()
        .map(|p| p.strip_prefix(sys.0.path()).unwrap())
        .collect();
    assert_eq!(read, [Path::new("X.ioconf"), Path::new("conf/files")]);
    assert_eq!(generated.complaints, []);
}

#[test]
fn the_result_does_not_depend_on_where_the_tree_lies() {
    let text = "pseudo-root scsi*\nscsibus* at scsi?\npseudo-device md";
    let (here, there) = (Sys::new(&[]), Sys::new(&[]));
    let (here, there) = (here.generate(text).unwrap(), there.generate(text).unwrap());
    assert_eq!(
        (here.ioconf_c, here.ioconf_h, here.locators_h),
        (there.ioconf_c, there.ioconf_h, there.locators_h)
    );
}

#[test]
fn errors_name_place_construct_and_what_was_expected() {
    let sys = Sys::new(&[]);
    for (text, expected) in [
        (
            "scsibsu* at scsi?",
            "X.ioconf:3: `scsibsu` is not a known device; did you mean `scsibus`?",
        ),
        (
            "sd* at nowhere?",
            "X.ioconf:3: `nowhere` is not a known device or attribute; is an",
        ),
        (
            "sd* at scsi?",
            "X.ioconf:3: `sd` cannot attach to the attribute `scsi`",
        ),
        (
            "\n\nsd* at",
            "X.ioconf:5: in `sd`: found the end of the line, expected what to attach to",
        ),
        (
            "device a: b c",
            "X.ioconf:3: in `device`: found `c`, expected the end of the statement",
        ),
        (
            "pseudo-device mdd",
            "X.ioconf:3: `mdd` is not a known pseudo-device; did you mean `md`?",
        ),
        (
            "pseudo-root alone*",
            "X.ioconf:3: `alone` has no `attach` statement",
        ),
        ("sd* at scsibus?", "X.ioconf:3: nothing provides `scsibus?`"),
        ("frob 1", "X.ioconf:3: in `frob`: found `1`, expected `at`"),
        (
            "machine amd64",
            "X.ioconf:3: in `machine`: found `machine`, expected a statement that an",
        ),
        (
            "file \"x",
            "X.ioconf:3: in `file`: found `the end of the file`, expected a closing quote",
        ),
        (
            "define a { b[2000000000] }",
            "X.ioconf:3: in `define`: found 0 defaults for 2000000000 elements of `b`",
        ),
        ("ioconf y", "X.ioconf:3: a second `ioconf`"),
        (
            "include \"no/such\"",
            "X.ioconf:3: cannot read the included file no/such",
        ),
        (
            "no sd* at scsibus?",
            "X.ioconf:3: there is no `sd* at scsibus?` to take back",
        ),
    ] {
        let complaint = sys.complaint(text);
        assert!(complaint.starts_with(expected), "{complaint}");
    }
}

#[test]
fn an_include_cycle_is_an_error_that_shows_the_way_round() {
    let sys = Sys::new(&[
        ("a", "include \"b/files\"\n"),
        ("b/files", "\ninclude \"./back\"\n"),
    ]);
    sys.write("b/back", "include \"a\"\n");
    assert_eq!(
        sys.complaint("include \"a\""),
        "b/back:1: `a` includes itself: X.ioconf → a → b/files → b/back"
    );
    let sys = Sys::new(&[(
        "c/files",
        "include \"./../c/files\"
",
    )]);
    assert!(
        sys.complaint("include \"c/files\"")
            .contains("includes itself")
    );
}

#[test]
fn files_that_include_others_twice_are_an_error() {
    let sys = Sys::new(&[("conf/30", "device end\n")]);
    for n in 0..30 {
        let twice = format!("include \"conf/{}\"\n", n + 1).repeat(2);
        sys.write(&format!("conf/{n}"), &twice);
    }
    let complaint = sys.complaint("include \"conf/0\"");
    assert!(complaint.contains("again and again"), "{complaint}");
}

#[test]
fn a_file_without_end_is_an_error_that_names_it() {
    let sys = Sys::new(&[("conf/large", "")]);
    let path = sys.0.path().join("conf/large");
    let file = fs::File::create(path).unwrap();
    file.set_len(1 << 40).unwrap();
    let complaint = sys.complaint("include \"conf/large\"");
    contains_all(&complaint, &["X.ioconf:3", "conf/large", "bytes"]);
}

#[test]
fn a_missing_ioconf_is_an_error_that_names_it() {
    let sys = Sys::new(&[]);
    let error = Files::new(sys.0.path())
        .generate(Path::new("/no/such.ioconf"))
        .unwrap_err();
    assert!(with_sources(&error).starts_with("cannot read the ioconf file /no/such.ioconf: "));
}

#[test]
fn an_optional_include_that_is_missing_is_a_dependency() {
    let sys = Sys::new(&[]);
    let text = "cinclude \"conf/more\"\nifdef more\npseudo-device md\nendif";
    let without = sys.generate(text).unwrap();
    assert!(without.read.contains(&sys.0.path().join("conf/more")));
    assert!(!without.ioconf_h.contains("mdattach"));
    sys.write("conf/more", "define more\n");
    let with = sys.generate(text).unwrap();
    assert!(with.read.contains(&sys.0.path().join("conf/more")));
    assert!(with.ioconf_h.contains("void mdattach(int);"));
}

#[test]
fn what_does_not_hold_is_not_even_looked_at() {
    let sys = Sys::new(&[]);
    let text = "ifdef absent\nfrob frob frob\nelifdef scsi\npseudo-device md\nelse\nfrob\nendif";
    assert!(sys.generate(text).unwrap().ioconf_h.contains("mdattach"));
    let complaint = sys.complaint("ifdef scsi\nfrob frob\nendif");
    assert!(
        complaint.starts_with("X.ioconf:4: in `frob`"),
        "{complaint}"
    );
}

#[test]
fn definitions_that_cannot_stand_are_left_out_with_a_complaint() {
    let sys = Sys::new(&[]);
    let text = "attach absent at scsibus\nattach alone at nowhere\nend at root";
    let complaint = sys.complaint(text);
    assert!(
        complaint.starts_with("X.ioconf:5: `end` names no unit"),
        "{complaint}"
    );
    let text = "attach absent at scsibus\ndefine scsi\npseudo-device scsi";
    let complaints = sys.generate(text).unwrap().complaints;
    let lines: Vec<_> = complaints.iter().map(|c| c.at.line).collect();
    assert_eq!(lines, [3, 4, 5], "{complaints:?}");
    contains_all(&complaints[0].to_string(), &["X.ioconf:3: ", "`absent`"]);
}

#[test]
fn files_are_parsed_once_for_all_components() {
    let sys = Sys::new(&[(
        "A.ioconf",
        "ioconf a\ninclude \"conf/files\"\npseudo-device md\n",
    )]);
    let files = Files::new(sys.0.path());
    let first = files.generate(&sys.0.path().join("A.ioconf")).unwrap();
    fs::remove_file(sys.0.path().join("conf/files")).unwrap();
    sys.write("B.ioconf", "ioconf b\ninclude \"conf/files\"\n");
    let second = files.generate(&sys.0.path().join("B.ioconf")).unwrap();
    assert!(first.ioconf_h.contains("mdattach"));
    assert_eq!(first.locators_h, second.locators_h);
}
