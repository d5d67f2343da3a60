//! Our tables and those of the tree's own config(1), for every ioconf file of the tree.
//!
//! flex, byacc and a C compiler are needed.

#[path = "trees/mod.rs"]
mod trees;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::config::{Files, Generated};
use rumpkernel_harness::{Missing, Outcome};
use trees::{SourceTree, source_trees};

const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config_oracle");

/// The ioconf files of components.
fn components_have_the_tables_of_config_1() -> Outcome {
    for source in source_trees()? {
        let sys = source.root.join("sys");
        let Compared { equal, refused } = compare_all(&source, &sys, "rump")?;
        assert!(equal.len() > 10, "{}: only {equal:?}", source.name);
        assert!(refused.is_empty(), "{}: refused {refused:?}", source.name);
    }
    Ok(())
}

/// The ioconf files of kernel modules, which use more of the language. Some include files of ports
/// that not every tree has.
fn modules_have_the_tables_of_config_1() -> Outcome {
    let trees = source_trees()?;
    for source in trees.iter().filter(|source| source.default) {
        let sys = source.root.join("sys");
        let Compared { equal, .. } = compare_all(source, &sys, "modules")?;
        assert!(equal.len() > 10, "{}: only {equal:?}", source.name);
    }
    Ok(())
}

/// What no tree does but the language allows, and what it does not allow.
fn made_up_devices_have_the_tables_of_config_1() -> Outcome {
    for source in source_trees()? {
        let grammar = fs::read_to_string(source.root.join("usr.bin/config/gram.y"));
        if grammar.is_ok_and(|g| !g.contains("BUILDPREFIX")) {
            // The cases are in the language of 2015, which older trees do not know.
            continue;
        }
        let sys = Path::new(HARNESS).join("cases");
        let Compared { equal, refused } = compare_all(&source, &sys, "")?;
        {
            assert!(
                refused.iter().all(|n| n.starts_with("bad_")),
                "refused {refused:?}"
            );
            assert!(
                !equal.iter().any(|n| n.starts_with("bad_")),
                "accepted {equal:?}"
            );
            assert!(equal.len() > 10 && refused.len() > 10);
        }
    }
    Ok(())
}

/// The ioconf files with equal tables, and those that both config(1) and we refuse.
#[derive(Default)]
struct Compared {
    equal: Vec<String>,
    refused: Vec<String>,
}

/// Compares the tables of each ioconf in `part` of the folder that stands for `sys`.
fn compare_all(source: &SourceTree, sys: &Path, part: &str) -> Result<Compared, Missing> {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = &source.name;
    let oracle = Oracle::build(&source.root, sys, folder.path())
        .map_err(|reason| Missing::tool(format!("{snapshot}: {reason}")))?;
    let files = Files::new(&oracle.sys);
    let mut ioconfs = Vec::new();
    find_ioconfs(&oracle.sys.join(part), &mut ioconfs);
    let (mut outcome, mut wrong) = (Compared::default(), Vec::new());
    for ioconf in &ioconfs {
        let name = ioconf.file_name().unwrap().to_str().unwrap().to_owned();
        match (oracle.generate(ioconf), files.generate(ioconf)) {
            (Ok(theirs), Ok(ours)) => match compare(&oracle, &ours, &theirs) {
                Ok(()) => outcome.equal.push(name),
                Err(difference) => wrong.push(format!("{name}: {difference}")),
            },
            (Err(_), Err(_)) => outcome.refused.push(name),
            (Ok(_), Err(ours)) => wrong.push(format!("{name} is refused: {ours}")),
            (Err(theirs), Ok(_)) => wrong.push(format!("{name} is accepted despite: {theirs}")),
        }
    }
    assert!(wrong.is_empty(), "{snapshot}: {}", wrong.join("\n"));
    Ok(outcome)
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
    sys: PathBuf,
    folder: PathBuf,
}

impl Oracle {
    fn build(tree: &Path, sys: &Path, folder: &Path) -> Result<Oracle, String> {
        let sources = tree.join("usr.bin/config");
        if !sources.join("gram.y").is_file() {
            return Err("it has no usr.bin/config".to_owned());
        }
        let sources = sources.to_str().unwrap();
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
        let include = [
            "-I.".to_owned(),
            format!("-I{HARNESS}/include"),
            format!("-I{sources}"),
        ];
        let mut arguments = vec!["-w", "-fcommon", "-o", "nbconfig", "-include"];
        let compat = format!("{HARNESS}/compat.h");
        arguments.push(&compat);
        arguments.extend(include.iter().chain(&units).map(String::as_str));
        run("cc", &arguments)?;
        Ok(Oracle {
            sys: sys.to_owned(),
            folder: folder.to_owned(),
        })
    }

    /// The three files, or what config(1) complained about.
    fn generate(&self, ioconf: &Path) -> Result<Generated, String> {
        let output = Command::new(self.folder.join("nbconfig"))
            .args(["-b", ".", "-s"])
            .arg(&self.sys)
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
        let (_, name) = generated.ioconf_c.split_once("cfdata_ioconf_").unwrap();
        let (name, _) = name.split_once("[]").unwrap();
        let output = Command::new("cc")
            .args(["-w", "-I.", "-o", "dump"])
            .arg(format!("-DNAME={name}"))
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
    let (_, text) = message.split_once(": ").unwrap_or_default();
    let openings = [
        "attaching undefined device",
        "undefined attribute",
        "redefinition of",
        "duplicate file",
        "here is the original definition",
        "undefined pseudo-device opencrypto",
        "interface attribute on non-device pseudo",
        "warning: ",
    ];
    openings.iter().any(|o| text.starts_with(o))
        || text.starts_with("attribute") && text.ends_with("already defined")
}

fn compare(oracle: &Oracle, ours: &Generated, theirs: &Generated) -> Result<(), String> {
    let (ours_defined, theirs_defined) = (lines(&ours.locators_h), lines(&theirs.locators_h));
    differ("locators.h", &ours_defined, &theirs_defined)?;
    let mut ours_declared = lines(&ours.ioconf_h);
    if !theirs.ioconf_h.contains("pseudo-devices") {
        // Before 2015 pseudo-devices were declared where they are called.
        ours_declared.retain(|l| !l.ends_with("attach(int);"));
    }
    differ("ioconf.h", &ours_declared, &lines(&theirs.ioconf_h))?;
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

rumpkernel_harness::tests! {
    components_have_the_tables_of_config_1,
    made_up_devices_have_the_tables_of_config_1,
    ; campaigns: modules_have_the_tables_of_config_1,
}
