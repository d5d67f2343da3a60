//! Every component of a real source tree, compared with what bmake makes of the same tree.

mod oracle;
#[path = "../trees/mod.rs"]
mod trees;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use oracle::{Answer, Oracle, UNMADE, joined};
use rumpkernel_build::bsdmake::Tree;
use rumpkernel_build::component::{
    self, Catalogue, Component, CurLwp, Entry, Kind, Options, Origin,
};
use rumpkernel_build::target::Machine;
use rumpkernel_harness::{Missing, Outcome, installed};
use trees::SourceTree;

/// One of every kind that takes its own way through the Makefiles, with the answer to compiler
/// probes.
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

/// Those that every tree is asked about: a user's own machine, and one of either byte order.
const EVERYWHERE: [&str; 3] = ["x86_64", "aarch64", "powerpc64"];

/// What the builder leaves out of components, because the tree lacks the source.
const LEFT_OUT: [(&str, &str); 1] = [("rumpfs_zfs", "atomic")];

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

/// The trees to ask bmake about, if it is there.
fn source_trees() -> Result<Vec<SourceTree>, Missing> {
    installed("bmake")?;
    trees::source_trees()
}

/// The machines to ask about in a tree: all of them in the default one.
fn machines(source: &SourceTree) -> impl Iterator<Item = &'static (Machine, bool)> {
    let all = source.default;
    MACHINES
        .iter()
        .filter(move |(machine, _)| all || EVERYWHERE.contains(&machine.machine_arch))
}

fn components_are_what_bmake_makes_of_them() -> Outcome {
    for source in source_trees()? {
        let tree = Tree::new(&source.root);
        let mut jobs = Vec::new();
        for (machine, accepts) in machines(&source) {
            let all = catalogue(&tree, machine, *accepts);
            assert!(all.len() > 60, "{} components", all.len());
            jobs.extend(
                all.into_iter()
                    .map(|entry| (machine, *accepts, entry.directory)),
            );
        }
        let compared = compare(
            &source,
            &tree,
            &Oracle::new(&source.root, ""),
            &Options::default(),
            &jobs,
        );
        assert!(compared > jobs.len() * 9 / 10, "too few in {}", source.name);
    }
    Ok(())
}

fn options_are_what_they_are_in_mk_conf() -> Outcome {
    let source = source_trees()?
        .into_iter()
        .find(|source| source.default)
        .ok_or_else(|| Missing::on_this_machine("it is for the default snapshot"))?;
    let tree = Tree::new(&source.root);
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
        let oracle = Oracle::new(&source.root, settings);
        compare(&source, &tree, &oracle, &options, &jobs);
    }
    Ok(())
}

fn the_catalogue_is_what_bmake_would_enter() -> Outcome {
    for source in source_trees()? {
        let tree = Tree::new(&source.root);
        let oracle = Oracle::new(&source.root, "");
        for (machine, accepts) in machines(&source) {
            let all = catalogue(&tree, machine, *accepts);
            for folder in ["librump", "dev/lib", "fs/lib", "net/lib", "kern/lib"] {
                compare_folder(&source, &oracle, machine, &all, folder);
            }
        }
    }
    Ok(())
}

/// Compares what the catalogue has in a folder with what its Makefile lists.
fn compare_folder(
    source: &SourceTree,
    oracle: &Oracle,
    machine: &Machine,
    all: &[Entry],
    folder: &str,
) {
    let folder = Path::new("sys/rump").join(folder);
    let listed = |wanted: fn(&Entry) -> bool| {
        let here = |entry: &&Entry| entry.directory.parent() == Some(&folder) && wanted(entry);
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
                .filter(|path| source.root.join(path).join("Makefile").is_file())
                .map(|path| path.to_string_lossy().into_owned()),
        )
    };
    let place = format!("{} for {machine:?}", source.name);
    assert_eq!(listed(|_| true), expected(&["rumpdescribe"]), "{place}");
    assert_eq!(listed(|entry| entry.default), expected(&[]), "{place}");
}

fn catalogue(tree: &Tree, machine: &Machine, accepts: bool) -> Vec<Entry> {
    Catalogue::read(tree, machine, &Options::default(), &|_| Some(accepts))
        .unwrap()
        .entries
}

/// Compares on as many threads as there are processors, and tells how many components; fails with
/// all differences.
fn compare(
    source: &SourceTree,
    tree: &Tree,
    oracle: &Oracle,
    options: &Options,
    jobs: &[(&Machine, bool, PathBuf)],
) -> usize {
    let compared = AtomicUsize::new(0);
    let next = AtomicUsize::new(0);
    let report = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((machine, accepts, directory)) =
            jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let theirs = oracle.answer(directory, machine, *accepts);
            let probes = |_: &str| Some(*accepts);
            let found = match component::evaluate(tree, directory, machine, options, &probes) {
                Err(component::Error::MissingSource { .. }) if theirs.failure.is_some() => {
                    // bmake finds it no more than we do.
                    continue;
                }
                Err(error) => format!("  {error}\n"),
                Ok(ours) => {
                    compared.fetch_add(1, Ordering::Relaxed);
                    differences(&ours, &theirs)
                }
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
        "{}: {} of {} differ:\n{text}",
        source.name,
        report.len(),
        jobs.len()
    );
    compared.into_inner()
}

/// Whether bmake failed because of this object, and no other.
fn is_only_about(failure: &str, object: &str) -> bool {
    failure.matches(UNMADE).count() == 1 && failure.contains(&format!("{UNMADE}{object}."))
}

/// The differences in a component, one on each line.
fn differences(ours: &Component, theirs: &Answer) -> String {
    let mut report = String::new();
    let left_out = LEFT_OUT.iter().find(|(name, _)| *name == ours.name);
    let left_out = left_out.map(|(_, object)| *object);
    if let Some(failure) = &theirs.failure
        && !left_out.is_some_and(|object| is_only_about(failure, object))
    {
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
        if !of_the_user && !expected.contains(&object) && left_out != Some(&*object) {
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

rumpkernel_harness::tests! {
    options_are_what_they_are_in_mk_conf,
    the_catalogue_is_what_bmake_would_enter,
    ; campaigns: components_are_what_bmake_makes_of_them,
}
