//! What cannot be built is refused in words that help.

use rumpkernel_build::with_sources;
use std::fs;

use rumpkernel_build::builder::{Error, OwnComponent, OwnFiles, build};
use rumpkernel_build::compile;
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_harness::Outcome;

use crate::scene::{KERNEL, SMALL, configuration, kept, run};

pub(crate) fn an_unknown_component_is_an_error_that_names_those_much_the_same() -> Outcome {
    let configuration = configuration(&kept("unknown"), &["rumpfs_kernsf"]);
    let message = with_sources(&run(&configuration)?.unwrap_err());
    for word in ["rumpfs_kernsf", SMALL] {
        assert!(message.contains(word), "{message}");
    }
    Ok(())
}

pub(crate) fn a_source_that_does_not_compile_shows_command_file_and_words() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("broken.c");
    fs::write(&source, "#error the words of the source\n").unwrap();
    let mut configuration = configuration(&kept("kernel"), &KERNEL);
    configuration.own.push(OwnComponent::Files(OwnFiles {
        name: "broken".into(),
        sources: vec![source.clone()],
        flags: vec!["-DMY_FLAG=1".into()],
        ..OwnFiles::default()
    }));
    let result = run(&configuration)?;
    let error = result.unwrap_err();
    assert!(
        matches!(error, Error::Compile(compile::Error::Failed { .. })),
        "{error:?}"
    );
    let message = with_sources(&error);
    let source = source.to_string_lossy();
    for word in ["the words of the source", "-DMY_FLAG=1", " -c ", &*source] {
        assert!(message.contains(word), "{message}");
    }
    Ok(())
}

pub(crate) fn an_object_for_link_time_optimisation_is_refused_with_the_flag_to_blame() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("optimised.c");
    fs::write(&source, "int own_answer(void) { return 42; }\n").unwrap();
    let mut configuration = configuration(&kept("kernel"), &KERNEL);
    configuration.own.push(OwnComponent::Files(OwnFiles {
        name: "optimised".into(),
        sources: vec![source],
        flags: vec!["-flto".into()],
        ..OwnFiles::default()
    }));
    let message = with_sources(&run(&configuration)?.unwrap_err());
    for word in ["-flto", "RUMPKERNEL_CFLAGS", "optimised.c"] {
        assert!(message.contains(word), "{message}");
    }
    Ok(())
}

pub(crate) fn compilers_that_cannot_be_used_are_named() -> Outcome {
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
        let message = with_sources(&run(&configuration)?.unwrap_err());
        for word in [
            word,
            &*compiler.to_string_lossy(),
            "CC_x86_64_unknown_linux_gnu",
        ] {
            assert!(message.contains(word), "{message}");
        }
    }
    Ok(())
}

pub(crate) fn a_compiler_for_another_machine_is_refused_before_it_compiles() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &[SMALL]);
    configuration.target = "powerpc64-unknown-linux-gnu".into();
    configuration.compiler = Some("cc".into());
    let message = with_sources(&run(&configuration)?.unwrap_err());
    for word in [
        "`cc` cannot be used",
        "expected ELF64, big-endian, powerpc64, found ELF64, little-endian, x86_64",
        "CC_powerpc64_unknown_linux_gnu",
    ] {
        assert!(message.contains(word), "{message}");
    }
    Ok(())
}

pub(crate) fn a_target_without_a_machine_is_refused_before_anything_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &[]);
    configuration.target = "s390x-unknown-linux-gnu".into();
    configuration.settings.source = Some("/nonexistent".into());
    let error = build(&configuration, &mut Warnings::default()).unwrap_err();
    assert!(matches!(error, Error::Target(_)), "{error}");
}
