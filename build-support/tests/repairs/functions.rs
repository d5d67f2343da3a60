//! Machines' own functions: each that is replaced is at fault, and what is built in the end is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rumpkernel_build::compile::Error;
use rumpkernel_build::target::repair;
use rumpkernel_harness::{Missing, Outcome, all_but};

use crate::kernel::{Kernel, Object};
use crate::program::{Findings, Program};
use crate::toolchains::{TOOLCHAINS, Toolchain};
use crate::trees::{SourceTree, source_trees};

/// Where functions are declared and defined, which is not where they are called.
const NO_CALLERS: [&str; 3] = [
    "common/lib/libc/arch",
    "common/lib/libc/atomic",
    "sys/sys/atomic.h",
];

/// What assertions call; the program has its own.
const ASSERT: &str = "kern_assert";

/// How often to look for what threads do to each other, but not always.
const TRIES: usize = 100;

/// The functions of one machine.
struct Functions {
    kernel: Kernel,
    sources: BTreeMap<PathBuf, Source>,
    /// What these need besides.
    others: Vec<Object>,
}

/// A source in two ways.
struct Source {
    /// As the tree has it.
    written: Object,
    /// As it is built, if that is another way.
    repaired: Option<Vec<Object>>,
}

impl Functions {
    fn new(kernel: Kernel) -> Result<Self, Error> {
        let compile = |path: &Path| kernel.compile(path, true);
        let mut sources = BTreeMap::new();
        for path in kernel.chosen() {
            let replacement = repair::replacement(path, &kernel.target.machine);
            let repaired: Option<Vec<&Path>> = match replacement {
                Some(by) => Some(by.iter().map(Path::new).collect()),
                None => repair::addition(path).map(|_| vec![path]),
            };
            let repaired = repaired.map(|paths| paths.into_iter().map(compile).collect());
            let source = Source {
                written: kernel.compile(path, false)?,
                repaired: repaired.transpose()?,
            };
            sources.insert(path.to_owned(), source);
        }
        let all = sources.values().flat_map(|source| {
            let repaired = source.repaired.iter().flatten();
            repaired.chain([&source.written])
        });
        let all: Vec<&Object> = all.collect();
        let names = all.iter().flat_map(|object| &object.defined).cloned();
        let mut seen: BTreeSet<String> = names.collect();
        seen.insert(ASSERT.to_owned());
        let names = all.iter().flat_map(|object| &object.undefined).cloned();
        let mut wanted: Vec<String> = names.collect();
        let mut others = Vec::new();
        while let Some(name) = wanted.pop() {
            if let Some(path) = kernel.source(&name).filter(|_| seen.insert(name.clone())) {
                let object = compile(path)?;
                wanted.extend(object.undefined.iter().cloned());
                others.push(object);
            }
        }
        Ok(Self {
            kernel,
            sources,
            others,
        })
    }

    /// What is built, but for one source that is as the tree has it.
    fn built_but(&self, written: Option<&Path>) -> Vec<&Object> {
        let mut objects: Vec<&Object> = self.others.iter().collect();
        for (path, source) in &self.sources {
            match &source.repaired {
                Some(repaired) if written != Some(path) => objects.extend(repaired),
                _ => objects.push(&source.written),
            }
        }
        objects
    }

    /// What is wrong with a source as the tree has it.
    fn faults_without_repair(&self, path: &Path, program: &Program<'_>) -> Faults {
        let names = self.sources[path].written.functions().map(String::as_str);
        let names: Vec<&str> = names.collect();
        let objects = self.built_but(Some(path));
        let mut tries = (0..TRIES).map(|_| faults(program.check(&objects, &names)));
        tries.find(|faults| !faults.is_empty()).unwrap_or_default()
    }

    /// What is wrong with the machine's functions, or with the rules about them, one on each line.
    fn wrong(&self, program: &Program<'_>, tree: &SourceTree) -> String {
        let mut wrong = String::new();
        let on = format!("{}, {}", tree.name, self.kernel.target.triple);
        let repaired = self
            .sources
            .iter()
            .filter(|(_, source)| source.repaired.is_some());
        for (path, _) in repaired {
            let faults = self.faults_without_repair(path, program);
            // An older snapshot may not need what a newer one does, and one thread at a time does
            // nothing to others.
            if faults.is_empty() && tree.default && cpus() > 1 {
                let path = path.display();
                let _ = writeln!(wrong, "{on}: nothing is wrong with {path}: delete its rule");
            }
        }
        let findings = program.check(&self.built_but(None), &[]);
        let all = self.sources.values();
        let all = all.flat_map(|source| source.written.functions());
        let unknown: Vec<&String> = all.filter(|name| !findings.contains_key(*name)).collect();
        let mut faults = faults(findings);
        let unknown = unknown.into_iter().cloned();
        faults.extend(unknown.map(|name| (name, "no check knows it".to_owned())));
        let called = mentioned(&tree.root, faults.keys().map(String::as_str).collect());
        // What nothing calls is left alone.
        for (name, fault) in faults.into_iter().filter(|(name, _)| called.contains(name)) {
            let _ = writeln!(wrong, "{on}: {name}: {fault}");
        }
        wrong
    }
}

/// Functions, and what is wrong with each.
type Faults = BTreeMap<String, String>;

fn faults(findings: Findings) -> Faults {
    let faults = findings.into_iter();
    faults
        .filter_map(|(name, fault)| Some((name, fault?)))
        .collect()
}

/// Those of some names that a C source of the tree mentions.
fn mentioned(root: &Path, names: BTreeSet<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if names.is_empty() {
        return found;
    }
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(root).unwrap();
            let is_c = path
                .extension()
                .is_some_and(|ending| ending == "c" || ending == "h");
            if NO_CALLERS.iter().any(|place| inside.starts_with(place)) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if is_c {
                let text = fs::read(&path).unwrap();
                let words = text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
                let words = words.filter_map(|word| std::str::from_utf8(word).ok());
                found.extend(words.filter(|word| names.contains(word)).map(str::to_owned));
            }
        }
    }
    found
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What is wrong on one machine; or why nothing is known.
fn on(toolchain: &Toolchain, tree: &SourceTree) -> Result<String, String> {
    let kernel = Kernel::new(&tree.root, toolchain.triple, toolchain.compiler);
    let functions = match Functions::new(kernel.map_err(|error| error.to_string())?) {
        Ok(functions) => functions,
        // Some snapshots cannot be built for every machine.
        Err(error) if !tree.default => return Err(format!("{}: {error}", tree.name)),
        Err(error) => return Ok(format!("{}: {error}\n", toolchain.triple)),
    };
    if functions.sources.is_empty() {
        return Err(format!("{} has nothing of the machine's", tree.name));
    }
    let program = Program::new(&functions.kernel, toolchain)?;
    Ok(functions.wrong(&program, tree))
}

pub(crate) fn machines_functions_are_right_and_those_replaced_were_not() -> Outcome {
    let mut missing = Vec::new();
    for tree in source_trees()? {
        let untried = Mutex::new(Vec::new());
        let wrong = Mutex::new(String::new());
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(toolchain) = TOOLCHAINS.get(next.fetch_add(1, Ordering::Relaxed)) {
                match on(toolchain, &tree) {
                    Err(reason) => untried
                        .lock()
                        .unwrap()
                        .push(format!("{}: {reason}", toolchain.triple)),
                    Ok(lines) => wrong.lock().unwrap().push_str(&lines),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..cpus() {
                scope.spawn(work);
            }
        });
        let wrong = wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "\n{wrong}");
        // Other snapshots cannot be built for every machine.
        if tree.default {
            missing.extend(untried.into_inner().unwrap().into_iter().map(Missing::tool));
        }
    }
    all_but(missing)
}
