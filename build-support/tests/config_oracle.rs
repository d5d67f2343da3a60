//! Our tables and those of the tree's own config(1), for every ioconf file of the tree.
//!
//! The tree comes from `RUMPKERNEL_SOURCE`; flex, byacc and a C compiler are needed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::config::{Files, Generated};

const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config_oracle");

#[test]
fn tables_are_those_of_config_1() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = match source_tree().and_then(|tree| Oracle::build(&tree, folder.path())) {
        Ok(oracle) => oracle,
        Err(reason) => {
            println!("skipped tables_are_those_of_config_1: {reason}");
            return;
        }
    };
    let sys = oracle.tree.join("sys");
    let files = Files::new(&sys);
    let mut ioconfs = Vec::new();
    for part in ["rump", "modules"] {
        find_ioconfs(&sys.join(part), &mut ioconfs);
    }
    assert!(
        ioconfs.len() > 10,
        "only {} ioconf files below {}",
        ioconfs.len(),
        sys.display()
    );
    let (mut equal, mut refused, mut wrong) = (0, 0, Vec::new());
    for ioconf in &ioconfs {
        let ours = files.generate(ioconf);
        match (oracle.generate(ioconf), ours) {
            (Ok(theirs), Ok(ours)) => match compare(&oracle, &ours, &theirs) {
                Ok(()) => equal += 1,
                Err(difference) => wrong.push(format!("{}: {difference}", ioconf.display())),
            },
            (Err(_), Err(_)) => refused += 1,
            (Ok(_), Err(ours)) => wrong.push(format!("refused: {ours}")),
            (Err(theirs), Ok(_)) => wrong.push(format!("should have been refused: {theirs}")),
        }
    }
    println!("{equal} ioconf files with equal tables, {refused} refused by both");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(equal > refused);
}

fn source_tree() -> Result<PathBuf, String> {
    let tree = std::env::var_os("RUMPKERNEL_SOURCE").map(PathBuf::from);
    let tree = tree.ok_or("RUMPKERNEL_SOURCE does not name a source tree")?;
    match tree.join("usr.bin/config/gram.y").is_file() {
        true => Ok(tree),
        false => Err(format!("there is no usr.bin/config in {}", tree.display())),
    }
}

fn find_ioconfs(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            find_ioconfs(&path, found);
        } else if path.extension().is_some_and(|e| e == "ioconf") {
            found.push(path);
        }
    }
}

/// The tree's own config(1).
struct Oracle {
    tree: PathBuf,
    folder: PathBuf,
}

impl Oracle {
    fn build(tree: &Path, folder: &Path) -> Result<Oracle, String> {
        let sources = tree.join("usr.bin/config");
        let (sources, checksum) = (sources.to_str().unwrap(), tree.join("usr.bin/cksum"));
        let run = |program: &str, arguments: &[&str]| {
            let output = Command::new(program)
                .args(arguments)
                .current_dir(folder)
                .output()
                .map_err(|e| format!("{program}: {e}"))?;
            assert!(
                output.status.success(),
                "{program} {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            Ok::<_, String>(())
        };
        run(
            "byacc",
            &["-d", "-o", "gram.c", &format!("{sources}/gram.y")],
        )?;
        run("flex", &["-o", "scan.c", &format!("{sources}/scan.l")])?;
        let names = [
            "files",
            "hash",
            "lint",
            "main",
            "mkdevsw",
            "mkheaders",
            "mkioconf",
            "mkmakefile",
            "mkswap",
            "pack",
            "sem",
            "util",
        ];
        let mut units: Vec<String> = names.map(|n| format!("{sources}/{n}.c")).to_vec();
        units.extend([
            "gram.c".into(),
            "scan.c".into(),
            format!("{HARNESS}/compat.c"),
        ]);
        units.push(checksum.join("crc.c").to_str().unwrap().to_owned());
        let include = [
            "-I.".to_owned(),
            format!("-I{HARNESS}/include"),
            format!("-I{sources}"),
            format!("-I{}", checksum.display()),
        ];
        let mut arguments = vec!["-w", "-fcommon", "-o", "nbconfig", "-include"];
        let compat = format!("{HARNESS}/compat.h");
        arguments.push(&compat);
        arguments.extend(include.iter().chain(&units).map(String::as_str));
        run("cc", &arguments)?;
        Ok(Oracle {
            tree: tree.to_owned(),
            folder: folder.to_owned(),
        })
    }

    /// The three files, or what config(1) complained about.
    fn generate(&self, ioconf: &Path) -> Result<Generated, String> {
        let output = Command::new(self.folder.join("nbconfig"))
            .args(["-b", ".", "-s"])
            .arg(self.tree.join("sys"))
            .arg(ioconf)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        let serious: Vec<_> = messages.lines().filter(|m| !is_tolerated(m)).collect();
        if !output.status.success() || !serious.is_empty() {
            return Err(serious.join("\n"));
        }
        let read = |name| fs::read_to_string(self.folder.join(name)).unwrap();
        Ok(Generated {
            ioconf_c: read("ioconf.c"),
            ioconf_h: read("ioconf.h"),
            locators_h: read("locators.h"),
            read: Vec::new(),
            complaints: Vec::new(),
        })
    }

    /// The tables of an `ioconf.c` in words.
    fn dump(&self, generated: &Generated, lengths: &str) -> Result<String, String> {
        let write = |name, text: &str| fs::write(self.folder.join(name), text).unwrap();
        write("ioconf.c", &generated.ioconf_c);
        write("ioconf.h", &generated.ioconf_h);
        write("lengths.h", lengths);
        let declared = generated.ioconf_c.lines().filter_map(|l| {
            l.strip_prefix("extern struct cfattach ")?
                .strip_suffix("_ca;")
        });
        let attachments: String = declared
            .map(|n| format!("struct cfattach {n}_ca = {{ \"{n}\" }};\n"))
            .collect();
        write("attachments.h", &attachments);
        let output = Command::new("cc")
            .args(["-w", "-I.", "-o", "dump"])
            .arg(format!("-I{HARNESS}/kernel"))
            .arg(format!("{HARNESS}/dump.c"))
            .current_dir(&self.folder)
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let output = Command::new(self.folder.join("dump")).output().unwrap();
        Ok(String::from_utf8(output.stdout).unwrap())
    }
}

/// config(1) says so and goes on, and trees rely on it. The one pseudo-device is an attribute.
fn is_tolerated(message: &str) -> bool {
    [
        "attaching undefined device",
        "undefined attribute",
        "already defined",
        "redefinition of",
        "duplicate file",
        "here is the original definition",
        "undefined pseudo-device opencrypto",
    ]
    .iter()
    .any(|m| message.contains(m))
}

fn compare(oracle: &Oracle, ours: &Generated, theirs: &Generated) -> Result<(), String> {
    let (ours_defined, theirs_defined) = (lines(&ours.locators_h), lines(&theirs.locators_h));
    differ("locators.h", &ours_defined, &theirs_defined)?;
    differ("ioconf.h", &lines(&ours.ioconf_h), &lines(&theirs.ioconf_h))?;
    let lengths: String = theirs_defined
        .iter()
        .filter_map(|l| l.strip_prefix("#define ")?.split_once("CF_NLOCS "))
        .map(|(name, count)| format!("{{ \"{}\", {count} }},\n", name.to_lowercase()))
        .collect();
    let ours = oracle.dump(ours, &lengths)?;
    let theirs = oracle.dump(theirs, &lengths)?;
    match ours == theirs {
        true => Ok(()),
        false => Err(format!(
            "tables:\n--- ours\n{ours}\n--- config(1)\n{theirs}"
        )),
    }
}

/// The lines of a header that mean something.
fn lines(header: &str) -> BTreeSet<String> {
    let lines = header
        .lines()
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|l| !l.is_empty() && !l.starts_with("/*"))
        .collect()
}

fn differ(name: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    let more: Vec<_> = ours.difference(theirs).collect();
    let less: Vec<_> = theirs.difference(ours).collect();
    Err(format!(
        "{name}: only ours has {more:?}, only config(1)'s has {less:?}"
    ))
}
