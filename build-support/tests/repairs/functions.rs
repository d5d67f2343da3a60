//! Machines' own functions: each that is replaced is at fault, and what is built in the end is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rumpkernel_build::target::repair;

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

/// The functions of one machine.
struct Functions {
    kernel: Kernel,
    /// What takes the place of each source that is replaced.
    replaced: BTreeMap<PathBuf, Vec<Object>>,
    /// The sources that are replaced, and those that are not.
    originals: BTreeMap<PathBuf, Object>,
    /// What these need besides.
    others: Vec<Object>,
}

impl Functions {
    fn new(kernel: Kernel) -> Self {
        let compile = |path: &Path| {
            let object = kernel.compile(path, true);
            object.unwrap_or_else(|error| panic!("{}: {error}", kernel.target.triple))
        };
        let mut originals = BTreeMap::new();
        let mut replaced = BTreeMap::new();
        for path in kernel.assembly() {
            originals.insert(path.to_owned(), compile(path));
            if let Some(by) = repair::replacement(path, &kernel.target.machine) {
                let by = by.iter().map(|path| compile(Path::new(path))).collect();
                replaced.insert(path.to_owned(), by);
            }
        }
        let all = originals.values().chain(replaced.values().flatten());
        let all: Vec<Object> = all.cloned().collect();
        let mut seen: BTreeSet<String> = all
            .iter()
            .flat_map(|object| object.defined.clone())
            .collect();
        seen.insert(ASSERT.to_owned());
        let mut wanted: Vec<String> = all
            .into_iter()
            .flat_map(|object| object.undefined)
            .collect();
        let mut others = Vec::new();
        while let Some(name) = wanted.pop() {
            if let Some(path) = kernel.source(&name).filter(|_| seen.insert(name.clone())) {
                let object = compile(path);
                wanted.extend(object.undefined.iter().cloned());
                others.push(object);
            }
        }
        Self {
            kernel,
            replaced,
            originals,
            others,
        }
    }

    /// What is built, but for one source that is as the tree has it.
    fn built_but(&self, original: Option<&Path>) -> Vec<&Object> {
        let mut objects: Vec<&Object> = self.others.iter().collect();
        for (path, object) in &self.originals {
            match self.replaced.get(path) {
                Some(by) if original != Some(path) => objects.extend(by),
                _ => objects.push(object),
            }
        }
        objects
    }

    /// What is wrong with the machine's functions, or with the rules about them, one on each line.
    fn wrong(&self, program: &Program<'_>, tree: &SourceTree) -> String {
        let mut wrong = String::new();
        let on = format!("{}, {}", tree.name, self.kernel.target.triple);
        for path in self.replaced.keys() {
            let names = self.originals[path].functions().map(String::as_str);
            let names: Vec<&str> = names.collect();
            let faults = faults(program.check(&self.built_but(Some(path)), &names));
            // An older snapshot may not need what a newer one does.
            if faults.is_empty() && tree.default {
                let _ = writeln!(
                    wrong,
                    "{on}: nothing is wrong with {}: delete its rule",
                    path.display()
                );
            } else {
                println!("{on}: replaced: {faults:?}");
            }
        }
        let findings = program.check(&self.built_but(None), &[]);
        let all = self.originals.values().flat_map(Object::functions);
        let unknown: Vec<&String> = all.filter(|name| !findings.contains_key(*name)).collect();
        let mut faults = faults(findings);
        let unknown = unknown.into_iter().cloned();
        faults.extend(unknown.map(|name| (name, "no check knows it".to_owned())));
        let called = mentioned(&tree.root, faults.keys().map(String::as_str).collect());
        let (called, idle): (Faults, Faults) = faults
            .into_iter()
            .partition(|(name, _)| called.contains(name));
        for (name, fault) in called {
            let _ = writeln!(wrong, "{on}: {name}: {fault}");
        }
        if !idle.is_empty() {
            println!("{on}: at fault, and left alone because nothing calls them: {idle:?}");
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

/// What is wrong on one machine; or why nothing is known.
fn on(toolchain: &Toolchain, tree: &SourceTree) -> Result<String, String> {
    let kernel = Kernel::new(&tree.root, toolchain.triple, toolchain.compiler);
    let functions = Functions::new(kernel.map_err(|error| error.to_string())?);
    if functions.originals.is_empty() {
        return Err(format!("{} has no assembly of the machine's", tree.name));
    }
    let program = Program::new(&functions.kernel, toolchain)?;
    Ok(functions.wrong(&program, tree))
}

#[test]
fn machines_functions_are_right_and_those_replaced_were_not() {
    let test = "machines_functions_are_right_and_those_replaced_were_not";
    for tree in source_trees(test) {
        let wrong = Mutex::new(String::new());
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(toolchain) = TOOLCHAINS.get(next.fetch_add(1, Ordering::Relaxed)) {
                match on(toolchain, &tree) {
                    Err(reason) => {
                        println!("{test} did not run for {}: {reason}", toolchain.triple)
                    }
                    Ok(lines) => wrong.lock().unwrap().push_str(&lines),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(work);
            }
        });
        let wrong = wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "\n{wrong}");
    }
}
