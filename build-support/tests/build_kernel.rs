//! A kernel, built from a NetBSD tree: complete, reusable, and said clearly when it cannot be.
//!
//! The tree is the one that the usual variables name, else the default snapshot in the user's cache.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::builder::{Built, Configuration, Error, OwnComponent, build};
use rumpkernel_build::compile;
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::{self, Request, Warnings};

const HOST: &str = "x86_64-unknown-linux-gnu";

/// A component that needs little.
const SMALL: &str = "rumpfs_kernfs";

/// Everything that the first programs need.
const KERNEL: [&str; 12] = [
    "rump",
    "rumpdev",
    "rumpnet",
    "rumpvfs",
    "rumpdev_disk",
    "rumpfs_ffs",
    "rumpfs_kernfs",
    "rumpfs_tmpfs",
    "rumpnet_local",
    "rumpnet_net",
    "rumpnet_netinet",
    "rumpnet_netinet6",
];

/// A build into `folder`, with sources from where the environment says but no network, and a store
/// that later runs of the tests find again.
fn configuration(folder: &Path, components: &[&str]) -> Configuration {
    let mut settings = Settings::read(HOST, &|name| std::env::var_os(name)).unwrap();
    settings.offline = true;
    settings.source = settings.source.clone().or_else(|| cached_tree(&settings));
    settings.cache_dir = Some(kept("cache"));
    Configuration {
        components: components.iter().map(|&name| name.to_owned()).collect(),
        own: Vec::new(),
        target: HOST.to_owned(),
        host: HOST.to_owned(),
        debug_assertions: true,
        debuginfo: false,
        out_dir: folder.to_owned(),
        jobs: NonZeroUsize::new(2).unwrap(),
        vendored: None,
        compiler: None,
        settings,
    }
}

/// The tree that an ordinary build uses, for builds with another cache folder.
fn cached_tree(settings: &Settings) -> Option<PathBuf> {
    let cache = settings.cache_dir.clone();
    let cache = cache.or_else(|| snapshot::default_cache_dir().ok())?;
    let mut request = Request::new(snapshot::default_pin(), cache);
    request.offline = true;
    let tree = snapshot::obtain(&request, &mut Warnings::default()).ok()?;
    Some(tree.root().to_owned())
}

/// Builds, or says why the test cannot run here.
fn run(test: &str, configuration: &Configuration) -> Option<Result<Built, Error>> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("{test} not run: it is for {HOST}");
        return None;
    }
    match build(configuration, &mut Warnings::default()) {
        Err(Error::Sources(error)) => {
            println!("{test} not run: {error}");
            None
        }
        result => Some(result),
    }
}

/// A folder that later runs of the tests find again, so that they need not compile.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn nm(arguments: &[&str], libraries: &[PathBuf]) -> Option<BTreeSet<String>> {
    let output = Command::new("nm").args(arguments).args(libraries).output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let names = text.lines().filter(|line| !line.ends_with(':'));
    Some(
        names
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect(),
    )
}

#[test]
fn what_a_kernel_lacks_are_hypercalls_only() {
    let configuration = configuration(&kept("kernel"), &KERNEL);
    let Some(built) = run("what_a_kernel_lacks_are_hypercalls_only", &configuration) else {
        return;
    };
    let built = built.unwrap();
    assert_eq!(built.libraries.len(), KERNEL.len());
    let libraries: Vec<PathBuf> = built
        .libraries
        .iter()
        .map(|library| library.path.clone())
        .collect();
    let (Some(undefined), Some(defined)) = (
        nm(&["-g", "-u", "-P"], &libraries),
        nm(&["-g", "--defined-only", "-P"], &libraries),
    ) else {
        println!("what_a_kernel_lacks_are_hypercalls_only not run: no nm");
        return;
    };
    assert!(defined.contains("rump_init") && defined.contains("rumpns_ffs_mount"));
    let foreign: Vec<&String> = undefined
        .difference(&defined)
        .filter(|name| !name.starts_with("rumpuser_"))
        .collect();
    // Link sets' ends come from the linker, and the object that holds everything from _GLOBAL…
    let known = |name: &str| {
        name.starts_with("__start_link_set_")
            || name.starts_with("__stop_link_set_")
            || name == "_GLOBAL_OFFSET_TABLE_"
    };
    let unknown: Vec<_> = foreign.into_iter().filter(|name| !known(name)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn a_second_build_elsewhere_compiles_nothing_and_links_the_same_bytes() {
    let store = tempfile::tempdir().unwrap();
    let build_in = |name: &str| {
        let mut configuration = configuration(&store.path().join(name), &[SMALL]);
        configuration.settings.cache_dir = Some(store.path().join("cache"));
        configuration.settings.cflags = vec!["-O0".into()];
        run("a_second_build_elsewhere_compiles_nothing", &configuration)
    };
    let (Some(first), Some(second)) = (build_in("first"), build_in("second")) else {
        return;
    };
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.statistics.compiled_files > 100);
    assert_eq!(second.statistics.compiled_files, 0);
    assert_eq!(second.statistics.reused_components, first.libraries.len());
    for (one, other) in first.libraries.iter().zip(&second.libraries) {
        assert!(one.compiled && !other.compiled);
        assert_ne!(one.path, other.path);
        assert_eq!(fs::read(&one.path).unwrap(), fs::read(&other.path).unwrap());
    }
    // What is linked survives the store.
    fs::remove_dir_all(store.path().join("cache")).unwrap();
    assert!(
        second
            .libraries
            .iter()
            .all(|library| library.path.is_file())
    );
}

#[test]
fn the_version_is_what_newvers_sh_says() {
    let configuration = configuration(&kept("kernel"), &KERNEL);
    let Some(built) = run("the_version_is_what_newvers_sh_says", &configuration) else {
        return;
    };
    let built = built.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = built.tree.join("sys/conf/newvers.sh");
    let mut command = Command::new("sh");
    command.arg(script).args(["-i", "RUMP-ROAST", "-n", "-r"]);
    let done = command
        .current_dir(folder.path())
        .env_remove("BUILDINFO")
        .status();
    if !done.is_ok_and(|status| status.success()) {
        println!("the_version_is_what_newvers_sh_says not run: no sh or no awk");
        return;
    }
    let theirs = fs::read_to_string(folder.path().join("vers.c")).unwrap();
    let base = built
        .libraries
        .iter()
        .find(|library| library.name == "rump")
        .unwrap();
    let ours = fs::read(&base.path).unwrap();
    let mut compared = 0;
    for definition in theirs.split("const char ").skip(1) {
        let (name, value) = definition.split_once("[] = ").unwrap();
        let expected = [string(value).as_bytes(), b"\0"].concat();
        let found = ours
            .windows(expected.len())
            .any(|window| window == expected);
        assert!(found, "{name}: {expected:?}");
        compared += 1;
    }
    assert_eq!(compared, 7);
}

/// The text of a C string literal in several pieces.
fn string(literal: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => inside = !inside,
            ';' if !inside => break,
            '\\' if inside => match characters.next() {
                Some('n') => text.push('\n'),
                other => text.extend(other),
            },
            other if inside => text.push(other),
            _ => {}
        }
    }
    text
}

#[test]
fn a_store_that_cannot_be_written_gives_way_to_the_builds_own_folder() {
    let test = "a_store_that_cannot_be_written";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let mut configuration = configuration(&folder.path().join("out"), &[SMALL]);
    configuration.settings.cache_dir = Some(file.clone());
    configuration.settings.cflags = vec!["-O0".into()];
    if configuration.settings.source.is_none() {
        println!("{test} not run: no sources");
        return;
    }
    for (compiles, complaints) in [(true, 1), (false, 0)] {
        let mut warnings = Warnings::default();
        let built = build(&configuration, &mut warnings).unwrap();
        assert_eq!(built.statistics.compiled_files > 0, compiles);
        // One for all components, and none when there is nothing to keep.
        let complains = |text: &&String| text.contains("cannot be kept");
        assert_eq!(
            warnings.0.iter().filter(complains).count(),
            complaints,
            "{warnings:?}"
        );
    }
}

#[test]
fn an_unknown_component_is_an_error_that_names_those_much_the_same() {
    let configuration = configuration(&kept("unknown"), &["rumpfs_kernsf"]);
    let Some(result) = run("an_unknown_component", &configuration) else {
        return;
    };
    let message = result.unwrap_err().to_string();
    for word in ["rumpfs_kernsf", SMALL] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_source_that_does_not_compile_shows_command_file_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("broken.c");
    fs::write(&source, "#error the words of the source\n").unwrap();
    let mut configuration = configuration(&kept("kernel"), &KERNEL);
    configuration.own.push(OwnComponent {
        name: "broken".into(),
        sources: vec![source.clone()],
        flags: vec!["-DMY_FLAG=1".into()],
        rename: true,
    });
    let Some(result) = run("a_source_that_does_not_compile", &configuration) else {
        return;
    };
    let error = result.unwrap_err();
    assert!(
        matches!(error, Error::Compile(compile::Error::Failed { .. })),
        "{error:?}"
    );
    let message = error.to_string();
    let source = source.to_string_lossy();
    for word in ["the words of the source", "-DMY_FLAG=1", " -c ", &*source] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn an_object_for_link_time_optimisation_is_refused_with_the_flag_to_blame() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("optimised.c");
    fs::write(&source, "int own_answer(void) { return 42; }\n").unwrap();
    let mut configuration = configuration(&kept("kernel"), &KERNEL);
    configuration.own.push(OwnComponent {
        name: "optimised".into(),
        sources: vec![source],
        flags: vec!["-flto".into()],
        rename: true,
    });
    if let Some(result) = run("an_object_for_link_time_optimisation", &configuration) {
        let message = result.unwrap_err().to_string();
        for word in ["-flto", "RUMPKERNEL_CFLAGS", "optimised.c"] {
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn a_component_of_ones_own_sees_the_kernels_headers_and_is_built_once_per_content() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("own.c");
    let write = |size: usize| {
        let text = format!(
            "#include <sys/param.h>\n#include <sys/vnode.h>\n\
             __CTASSERT(sizeof(vnode_t *) == {size});\nint own_answer(void) {{ return HZ; }}\n"
        );
        fs::write(&source, text).unwrap();
    };
    let mut configuration = configuration(&kept("kernel"), &KERNEL);
    configuration.own.push(OwnComponent {
        name: "own".into(),
        sources: vec![source.clone()],
        flags: vec!["-DHZ=100".into()],
        rename: true,
    });
    write(size_of::<usize>());
    let test = "a_component_of_ones_own";
    let Some(built) = run(test, &configuration) else {
        return;
    };
    let built = built.unwrap();
    assert!(built.dependencies.contains(&source));
    if let Some(names) = nm(&["-g", "-P"], &[built.own[0].path.clone()]) {
        assert!(names.contains("rumpns_own_answer"), "{names:?}");
    }
    let again = run(test, &configuration).unwrap().unwrap();
    assert_eq!(again.statistics.compiled_files, 0);
    write(size_of::<usize>() + 1);
    assert!(run(test, &configuration).unwrap().is_err());
}

#[test]
fn compilers_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let failing = folder.path().join("failing-cc");
    fs::write(&failing, "#!/bin/sh\necho no licence >&2\nexit 3\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&failing, mode).unwrap();
    for (compiler, word) in [
        (folder.path().join("no-such-cc"), "install gcc or clang"),
        (failing, "no licence"),
    ] {
        let mut configuration = configuration(folder.path(), &[SMALL]);
        configuration.compiler = Some(compiler.clone());
        let Some(result) = run("compilers_that_cannot_be_used", &configuration) else {
            return;
        };
        let message = result.unwrap_err().to_string();
        for word in [
            word,
            &*compiler.to_string_lossy(),
            "CC_x86_64_unknown_linux_gnu",
        ] {
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn a_compiler_for_another_machine_is_refused_before_it_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &[SMALL]);
    configuration.target = "powerpc64-unknown-linux-gnu".into();
    configuration.compiler = Some("cc".into());
    let Some(result) = run("a_compiler_for_another_machine", &configuration) else {
        return;
    };
    let message = result.unwrap_err().to_string();
    for word in [
        "`cc` cannot be used",
        "64 bits, Big endian",
        "CC_powerpc64_unknown_linux_gnu",
    ] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_target_without_a_machine_is_refused_before_anything_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &[]);
    configuration.target = "s390x-unknown-linux-gnu".into();
    configuration.settings.source = Some("/nonexistent".into());
    let error = build(&configuration, &mut Warnings::default()).unwrap_err();
    assert!(matches!(error, Error::Target(_)), "{error}");
}
