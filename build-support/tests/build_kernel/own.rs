//! Components of one's own are part of a kernel, and what is wrong with them is said.

use rumpkernel_build::with_sources;
use std::fs;
use std::path::{Path, PathBuf};

use rumpkernel_build::builder::{Built, Configuration, Earlier, Error, OwnComponent, build_own};
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_harness::{Missing, Outcome};

use crate::scene::{SMALL, configuration, kept, run};

/// The component of the example.
fn caesar() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    checkout.join("examples/own-component/driver")
}

/// A folder with this Makefile and one source.
fn driver(makefile: &str, source: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let makefile = format!("{makefile}\nSRCS=own.c\n.include <bsd.lib.mk>\n");
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    fs::write(folder.path().join("own.c"), source).unwrap();
    folder
}

/// A build of a small kernel with the components that these folders stand for.
fn with(folders: &[&Path]) -> Configuration {
    let mut configuration = configuration(&kept("own"), &[SMALL]);
    configuration.settings.own_components = folders.iter().map(PathBuf::from).collect();
    configuration
}

/// What is wrong with such a build; nothing where it cannot run.
fn refusal(folders: &[&Path]) -> Result<String, Missing> {
    Ok(with_sources(&run(&with(folders))?.unwrap_err()))
}

fn contains(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{message}");
    }
}

fn names(built: &Built) -> Vec<&str> {
    let libraries = built.libraries.iter();
    libraries.map(|library| library.name.as_str()).collect()
}

pub(crate) fn a_folder_of_the_settings_is_part_of_the_kernel_with_what_it_needs() -> Outcome {
    let built = run(&with(&[&caesar()]))?;
    let built = built.unwrap();
    assert_eq!(
        names(&built),
        ["rumpdev_caesar", SMALL, "rumpdev", "rumpvfs", "rump"]
    );
    assert_eq!(built.own_count, 1);
    for file in ["Makefile", "CAESAR.ioconf", "caesar.c"] {
        let file = caesar().join(file);
        assert!(built.dependencies.contains(&file), "{file:?}");
    }
    // The folder around it stands for it, too.
    let around = caesar().join("..");
    let again = run(&with(&[&around])).unwrap().unwrap();
    assert_eq!(names(&again), names(&built));

    // A build script of a crate that names it as well finds it in the kernel, and another one's is
    // for that kernel.
    let earlier = Earlier {
        tree: built.tree.clone(),
        libraries: built.libraries.clone(),
        own: vec!["rumpdev_caesar".into()],
    };
    let other = driver("LIB=own", "int own_answer(void) { return 42; }");
    let mut configuration = configuration(&kept("own-alone"), &[]);
    configuration.own = vec![
        OwnComponent::Folder(caesar()),
        OwnComponent::Folder(other.path().to_owned()),
    ];
    let built = build_own(&configuration, &earlier, &mut Warnings::default()).unwrap();
    assert!(built.libraries.is_empty());
    let own: Vec<&str> = built.own.iter().map(|library| &*library.name).collect();
    assert_eq!(own, ["own"]);
    Ok(())
}

pub(crate) fn a_symbol_of_another_component_is_refused_even_where_a_linker_would_merge_it()
-> Outcome {
    // The kernel's own variable for its name is a definition; this one has no value.
    for source in ["int hostnamelen;", "int hostnamelen = 3;"] {
        let folder = driver("LIB=rumpdev_own", source);
        let message = refusal(&[folder.path()])?;
        contains(
            &message,
            &["rumpdev_own", "rumpns_hostnamelen", "so does rump:"],
        );
    }
    let one = driver("LIB=one", "int own_answer(void) { return 1; }");
    let other = driver("LIB=other", "int own_answer(void) { return 2; }");
    let message = refusal(&[one.path(), other.path()]).unwrap();
    contains(&message, &["other", "rumpns_own_answer", "so does one:"]);
    Ok(())
}

pub(crate) fn what_cannot_be_a_component_is_refused_with_its_place() -> Outcome {
    let folder = driver("LIB=rumpvfs", "");
    let message = refusal(&[folder.path()])?;
    contains(&message, &["two components rumpvfs", "LIB"]);

    let message = refusal(&[Path::new("driver")]).unwrap();
    contains(&message, &["`driver`", "relative = true"]);

    let empty = tempfile::tempdir().unwrap();
    let message = refusal(&[empty.path()]).unwrap();
    contains(&message, &[&empty.path().to_string_lossy(), "a Makefile"]);

    let folder = driver("LIB=own\nRUMPCOMP_USER_SRCS=own.c", "");
    let message = refusal(&[folder.path()]).unwrap();
    contains(&message, &["own.c", "RUMPCOMP_USER_SRCS", "no_mangle"]);

    let folder = driver("LIB=own\nIOCONF=OWN.ioconf", "");
    let ioconf = folder.path().join("OWN.ioconf");
    fs::write(&ioconf, "ioconf own\npseudo-device nonesuch\n").unwrap();
    let message = refusal(&[folder.path()]).unwrap();
    contains(
        &message,
        &["nonesuch", &format!("{}:2", ioconf.display()), "own"],
    );

    let folder = driver("LIB=own", "#include <sys/param.h>\n#error as written\n");
    let message = refusal(&[folder.path()]).unwrap();
    contains(&message, &["own.c:2", "as written"]);
    Ok(())
}

pub(crate) fn a_folder_that_is_no_absolute_path_is_an_error_of_its_own() -> Outcome {
    let folder = PathBuf::from("driver");
    let mut configuration = configuration(&kept("own"), &[SMALL]);
    configuration.own = vec![OwnComponent::Folder(folder.clone())];
    let error = run(&configuration)?.unwrap_err();
    assert!(
        matches!(&error, Error::RelativeFolder(found) if *found == folder),
        "{error}"
    );
    Ok(())
}
