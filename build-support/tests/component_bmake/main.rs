//! Every component of a real source tree, compared with what bmake makes of the same tree.

mod oracle;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use oracle::{Answer, Oracle, joined};
use rumpkernel_build::bsdmake::Tree;
use rumpkernel_build::component::{
    self, Catalogue, Component, CurLwp, Entry, Kind, Options, Origin,
};
use rumpkernel_build::snapshot::{cached, default_cache_dir, default_pin};
use rumpkernel_build::target::Machine;

/// One of every kind that takes its own way through the Makefiles, with the answer to compiler probes.
const MACHINES: [(Machine, bool); 12] = [
    (machine("amd64", "x86_64", "x86_64"), true),
    (machine("i386", "i386", "i386"), true),
    (machine("evbarm", "aarch64", "aarch64"), true),
    (machine("evbarm", "earmv7hf", "arm"), true),
    (machine("evbarm", "earm", "arm"), false),
    (machine("riscv", "riscv64", "riscv"), true),
    (machine("evbmips", "mipsel", "mips"), true),
    (machine("evbmips", "mips64eb", "mips"), true),
    (machine("evbppc", "powerpc", "powerpc"), true),
    (machine("evbppc", "powerpc64", "powerpc"), true),
    (machine("sparc64", "sparc64", "sparc64"), true),
    (machine("sparc", "sparc", "sparc"), true),
];

const fn machine(
    machine: &'static str,
    machine_arch: &'static str,
    machine_cpu: &'static str,
) -> Machine {
    Machine {
        machine,
        machine_arch,
        machine_cpu,
    }
}

/// The tree that `RUMPKERNEL_SOURCE` names or else the default one of the user's cache, if bmake is there
/// too; or a line that says why the test cannot run.
fn source_tree(test: &str) -> Option<PathBuf> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    let cached = || {
        let caches = folder("RUMPKERNEL_CACHE_DIR").or_else(|| default_cache_dir().ok())?;
        Some(cached(default_pin(), &caches)?.root().to_owned())
    };
    let Some(tree) = folder("RUMPKERNEL_SOURCE")
        .filter(|tree| tree.is_dir())
        .or_else(cached)
    else {
        println!(
            "{test} did not run: RUMPKERNEL_SOURCE does not name a folder with NetBSD's sources, and the \
             cache is empty"
        );
        return None;
    };
    if Command::new("bmake")
        .args(["-V", "MAKE", "-f", "/dev/null"])
        .output()
        .is_err()
    {
        println!("{test} did not run: bmake is not installed");
        return None;
    }
    Some(tree)
}

#[test]
fn components_are_what_bmake_makes_of_them() {
    let Some(root) = source_tree("components_are_what_bmake_makes_of_them") else {
        return;
    };
    let tree = Tree::new(&root);
    let mut jobs = Vec::new();
    for (machine, accepts) in &MACHINES {
        let all = catalogue(&tree, machine, *accepts);
        assert!(all.len() > 60, "{} components", all.len());
        jobs.extend(
            all.into_iter()
                .map(|entry| (machine, *accepts, entry.directory)),
        );
    }
    compare(&tree, &Oracle::new(&root, ""), &Options::default(), &jobs);
}

#[test]
fn options_are_what_they_are_in_mk_conf() {
    let Some(root) = source_tree("options_are_what_they_are_in_mk_conf") else {
        return;
    };
    let tree = Tree::new(&root);
    let (machine, accepts) = &MACHINES[0];
    let jobs: Vec<_> = catalogue(&tree, machine, *accepts)
        .into_iter()
        .filter(|entry| {
            matches!(entry.kind, Kind::Base | Kind::Faction)
                || matches!(&*entry.short, "net" | "tty" | "raidframe")
        })
        .map(|entry| (machine, *accepts, entry.directory))
        .collect();
    let checked = Options {
        debug: true,
        lockdebug: true,
        curlwp: CurLwp::Hypercall,
        ..Options::default()
    };
    let release = Options {
        diagnostic: false,
        ktrace: false,
        locks_up: true,
        nbcompat: "60,70".to_owned(),
        ..Options::default()
    };
    let bare = Options {
        nbcompat: "none".to_owned(),
        ..Options::default()
    };
    for (options, settings) in [
        (
            checked,
            "RUMP_DEBUG=1\nRUMP_LOCKDEBUG=1\nRUMP_CURLWP=hypercall\n",
        ),
        (
            release,
            "RUMP_DIAGNOSTIC=no\nRUMP_KTRACE=no\nRUMP_LOCKS_UP=yes\nRUMP_NBCOMPAT=60,70\n",
        ),
        (bare, "RUMP_NBCOMPAT=none\n"),
    ] {
        compare(&tree, &Oracle::new(&root, settings), &options, &jobs);
    }
}

#[test]
fn the_catalogue_is_what_bmake_would_enter() {
    let Some(root) = source_tree("the_catalogue_is_what_bmake_would_enter") else {
        return;
    };
    let (tree, oracle) = (Tree::new(&root), Oracle::new(&root, ""));
    for (machine, accepts) in &MACHINES {
        let all = catalogue(&tree, machine, *accepts);
        for folder in ["librump", "dev/lib", "fs/lib", "net/lib", "kern/lib"] {
            let folder = Path::new("sys/rump").join(folder);
            let listed = |wanted: fn(&Entry) -> bool| {
                let here =
                    |entry: &&Entry| entry.directory.parent() == Some(&folder) && wanted(entry);
                joined(
                    all.iter()
                        .filter(here)
                        .map(|entry| entry.directory.to_string_lossy()),
                )
            };
            let expected = |goals: &[&str]| {
                let names = oracle.value(&folder, machine, "${SUBDIR}", goals);
                let paths = names.split(' ').map(|name| folder.join(name));
                joined(
                    paths
                        .filter(|path| root.join(path).join("Makefile").is_file())
                        .map(|path| path.to_string_lossy().into_owned()),
                )
            };
            assert_eq!(listed(|_| true), expected(&["rumpdescribe"]), "{machine:?}");
            assert_eq!(listed(|entry| entry.default), expected(&[]), "{machine:?}");
        }
    }
}

fn catalogue(tree: &Tree, machine: &Machine, accepts: bool) -> Vec<Entry> {
    Catalogue::read(tree, machine, &Options::default(), &|_| Some(accepts))
        .unwrap()
        .entries
}

/// Compares on as many threads as there are processors; fails with all differences.
fn compare(tree: &Tree, oracle: &Oracle, options: &Options, jobs: &[(&Machine, bool, PathBuf)]) {
    let next = AtomicUsize::new(0);
    let report = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((machine, accepts, directory)) =
            jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let theirs = oracle.answer(directory, machine, *accepts);
            let probes = |_: &str| Some(*accepts);
            let found = match component::evaluate(tree, directory, machine, options, &probes) {
                Err(error @ component::Error::MissingSource { .. }) if theirs.failure.is_some() => {
                    println!("not compared, as bmake finds it no more than we do: {error}");
                    continue;
                }
                Err(error) => format!("  {error}\n"),
                Ok(ours) => differences(&ours, &theirs),
            };
            if !found.is_empty() {
                let title = format!(
                    "{} for {} {}",
                    directory.display(),
                    machine.machine,
                    machine.machine_arch
                );
                report.lock().unwrap().insert(title, found);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let report = report.into_inner().unwrap();
    let text: String = report
        .iter()
        .map(|(title, found)| format!("{title}\n{found}"))
        .collect();
    assert!(
        report.is_empty(),
        "{} of {} differ:\n{text}",
        report.len(),
        jobs.len()
    );
}

/// The differences in a component, one on each line.
fn differences(ours: &Component, theirs: &Answer) -> String {
    let mut report = String::new();
    if let Some(failure) = &theirs.failure {
        let _ = writeln!(report, "  bmake failed: {failure}");
    }
    let nothing = String::new();
    let variable = |name: &str| theirs.variables.get(name).unwrap_or(&nothing);
    let mut differ = |name: &str, our: &str, their: &str| {
        if our != their {
            let (our, their): (Vec<_>, Vec<_>) =
                (our.split(' ').collect(), their.split(' ').collect());
            let equal = our
                .iter()
                .zip(&their)
                .take_while(|(our, their)| our == their)
                .count();
            let from = |side: &[&str]| joined(side[equal..].iter().take(8));
            let _ = writeln!(
                report,
                "  {name}: ours: {}, bmake: {}",
                from(&our),
                from(&their)
            );
        }
    };
    let tree_path = |path: &PathBuf| format!("@TREE@/{}", path.display());
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let stem = |file: &str| {
        file.rsplit_once('.')
            .map_or(file, |(stem, _)| stem)
            .to_owned()
    };

    differ("LIB", &ours.name, variable("LIB"));
    differ(
        "COMMENT",
        &joined(ours.comment.split_whitespace()),
        variable("COMMENT"),
    );
    differ(
        "IOCONF",
        &ours.ioconf.as_ref().map(tree_path).unwrap_or_default(),
        variable("IOCONF"),
    );
    differ(
        "RUMPCOMP_USER_CPPFLAGS",
        &joined(ours.user_cppflags.iter()),
        variable("USER_CPPFLAGS"),
    );
    let user: Vec<String> = ours.user_sources.iter().map(tree_path).collect();
    let user_names = joined(user.iter().map(|path| file_name(path)));
    let their_names = joined(variable("USER_SRCS").split(' ').map(file_name));
    differ("RUMPCOMP_USER_SRCS", &user_names, &their_names);
    // A Makefile that names them too late for Makefile.rump does not compile them.
    if !theirs.user.is_empty() {
        differ(
            "RUMPCOMP_USER_SRCS, found",
            &joined(user.iter()),
            &joined(theirs.user.iter()),
        );
    }

    let mut expected: Vec<String> = Vec::new();
    for object in variable("OBJECTS")
        .split(' ')
        .map(stem)
        .filter(|object| !object.is_empty())
    {
        let of_the_user = user.iter().any(|source| stem(&file_name(source)) == object);
        if !of_the_user && !expected.contains(&object) {
            expected.push(object);
        }
    }
    let objects: Vec<String> = ours
        .sources
        .iter()
        .map(|source| stem(&source.origin.file_name()))
        .collect();
    differ(
        "the order of objects",
        &joined(objects.iter()),
        &joined(expected.iter()),
    );

    for (source, object) in ours.sources.iter().zip(&objects) {
        let file = match &source.origin {
            Origin::Tree(path) => tree_path(path),
            Origin::Generated(name) => name.clone(),
        };
        let language = if source.origin.is_assembly() {
            &ours.aflags
        } else {
            &ours.cflags
        };
        let flags = joined(language.iter().chain(&ours.cppflags).chain(&source.flags));
        let their = theirs
            .objects
            .get(&format!("{object}.o"))
            .unwrap_or(&nothing);
        differ(object, &format!("{file}: {flags}"), their);
        let kept = variable("NORENAME")
            .split(' ')
            .any(|kept| stem(kept) == *object);
        differ(
            &format!("{object} in RUMPOBJ_NORENAME"),
            &(!source.rename).to_string(),
            &kept.to_string(),
        );
    }
    report
}
