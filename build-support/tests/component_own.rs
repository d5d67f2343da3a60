//! Components from a small tree of our own, so that this runs without NetBSD's sources.

use std::fs;
use std::path::{Path, PathBuf};

use rumpkernel_build::bsdmake::{Fault, Tree};
use rumpkernel_build::component::{self, Catalogue, Component, Error, Kind, Options, Origin};
use rumpkernel_build::target::Machine;

const MACHINE: Machine = Machine {
    machine: "amd64",
    machine_arch: "x86_64",
    machine_cpu: "x86_64",
};

/// A component's folder in the tree, as `evaluate` wants it.
const FOLDER: &str = "sys/rump/dev/lib/libown";

/// The lists, the base and the factions, as small as they can be.
const SKELETON: &[(&str, &str)] = &[
    (
        "sys/rump/librump/Makefile",
        "SUBDIR=rumpkern rumpdev\n.include <bsd.subdir.mk>\n",
    ),
    (
        "sys/rump/librump/rumpkern/Makefile",
        "LIB=rump\n.include <bsd.lib.mk>\n",
    ),
    (
        "sys/rump/librump/rumpdev/Makefile",
        "LIB=rumpdev\n.include <bsd.lib.mk>\n",
    ),
    (
        "sys/rump/dev/lib/Makefile",
        "SUBDIR=libown\n.if make(rumpdescribe)\nSUBDIR+=libextra libgone\n.endif\n",
    ),
    (
        "sys/rump/dev/lib/libextra/Makefile",
        "LIB=rumpdev_extra\nCOMMENT= more  of it\n",
    ),
    (
        "sys/rump/dev/lib/Makefile.inc",
        "CPPFLAGS+=-I${.CURDIR} -I.\nCFLAGS+=-O2 -Wall -fbase\n",
    ),
    ("sys/rump/fs/lib/Makefile", "SUBDIR=\n"),
    ("sys/rump/net/lib/Makefile", "SUBDIR=\n"),
    ("sys/rump/kern/lib/Makefile", "SUBDIR=\n"),
];

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in SKELETON.iter().chain(files) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// The component that this Makefile makes, beside `here.c` and with sources in `sys/own`.
fn own(makefile: &str) -> Result<Component, Error> {
    let makefile = format!("{makefile}\n.include <bsd.lib.mk>\n");
    let root = tree(&[
        ("sys/rump/dev/lib/libown/Makefile", &makefile),
        ("sys/rump/dev/lib/libown/here.c", ""),
        ("sys/own/here.c", ""),
        ("sys/own/there.c", ""),
        ("sys/own/user.c", ""),
        ("sys/own/asm/fast.S", ""),
        ("sys/own/fast.c", ""),
    ]);
    let tree = Tree::new(root.path());
    component::evaluate(
        &tree,
        Path::new(FOLDER),
        &MACHINE,
        &Options::default(),
        &|_| None,
    )
}

fn catalogue(root: &Path) -> Result<Catalogue, Error> {
    Catalogue::read(&Tree::new(root), &MACHINE, &Options::default(), &|_| None)
}

#[test]
fn sources_are_where_make_would_find_them() {
    let found = own(
        "LIB=own\n.PATH: ${.CURDIR}/../../../../own ${.CURDIR}/../../../../own/asm\n\
                     SRCS=here.c there.c fast.c head.h made.c there.c\nmade.c: there.c\n\techo",
    )
    .unwrap();
    let origins: Vec<_> = found
        .sources
        .into_iter()
        .map(|source| source.origin)
        .collect();
    let tree = |path: &str| Origin::Tree(PathBuf::from(path));
    assert_eq!(
        origins,
        [
            tree("sys/rump/dev/lib/libown/here.c"),
            tree("sys/own/there.c"),
            // Assembly comes first in make's order, whatever the suffix in SRCS.
            tree("sys/own/asm/fast.S"),
            Origin::Generated("made.c".to_owned()),
        ]
    );
}

#[test]
fn a_rule_for_an_object_says_what_it_is_made_from() {
    let found = own(
        "LIB=own\n.PATH: ${NETBSDSRCDIR}/sys/own ${NETBSDSRCDIR}/sys/own/asm\n\
                     SRCS=fast.c\nfast.o: fast.c",
    )
    .unwrap();
    assert_eq!(
        found.sources[0].origin,
        Origin::Tree("sys/own/fast.c".into())
    );
}

#[test]
fn flags_come_in_makes_order() {
    let found = own(
        "LIB=own\nSRCS=here.c\nCPPFLAGS+=-DFIRST\nCOPTS=-fopts\nCPUFLAGS=-mcpu\n\
                     CPPFLAGS.here.c=-DLAST\nCOPTS.here.c=-Wno-x -O0\nCPUFLAGS.here.c=-mhere\n\
                     AFLAGS+=-D_LOCORE -Wa,--fatal-warnings",
    )
    .unwrap();
    assert_eq!(
        found.cppflags,
        ["-DFIRST", &format!("-I@TREE@/{FOLDER}"), "-I@OBJECTS@"]
    );
    assert_eq!(found.cflags, ["-fbase", "-std=gnu99", "-mcpu", "-fopts"]);
    assert_eq!(found.aflags, ["-D_LOCORE", "-mcpu", "-fopts"]);
    assert_eq!(found.sources[0].flags, ["-O0", "-mhere", "-DLAST"]);
}

#[test]
fn the_users_side_is_apart() {
    let found = own(
        "LIB=own\n.PATH: ${NETBSDSRCDIR}/sys/own\nSRCS=here.c user.c\n\
                     RUMPCOMP_USER_SRCS=user.c\nRUMPCOMP_USER_CPPFLAGS=-I${.PARSEDIR}\n\
                     RUMPOBJ_NORENAME=here.o here.pico",
    )
    .unwrap();
    assert_eq!(found.sources.len(), 1);
    assert!(!found.sources[0].rename);
    assert_eq!(found.user_sources, [Path::new("sys/own/user.c")]);
}

#[test]
fn ioconf_lies_where_the_makefile_says() {
    let beside = own("LIB=own\nIOCONF=OWN.ioconf").unwrap();
    assert_eq!(beside.ioconf, Some(Path::new(FOLDER).join("OWN.ioconf")));
    let elsewhere = own("LIB=own\nIOCONFDIR:=${NETBSDSRCDIR}/sys/own\nIOCONF=OWN.ioconf").unwrap();
    assert_eq!(elsewhere.ioconf, Some("sys/own/OWN.ioconf".into()));
    assert_eq!(own("LIB=own\nIOCONF=").unwrap().ioconf, None);
}

#[test]
fn a_folder_outside_of_the_tree_is_evaluated_with_the_trees_rules() {
    let root = tree(&[
        (
            "sys/rump/Makefile.rump",
            "_RUMP_MK=\nCPPFLAGS+=-DRUMP -I${RUMPTOP}/include -I${.CURDIR} -I.\n",
        ),
        ("sys/own/there.c", ""),
    ]);
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("driver");
    fs::create_dir_all(folder.join("more")).unwrap();
    fs::write(folder.join("here.c"), "").unwrap();
    fs::write(outside.path().join("beside.c"), "").unwrap();
    let evaluate = |makefile: &str| {
        fs::write(folder.join("Makefile"), makefile).unwrap();
        let tree = Tree::new(root.path());
        component::evaluate(&tree, &folder, &MACHINE, &Options::default(), &|_| None)
    };
    let found = evaluate(
        "LIB=own\n.PATH: ${.CURDIR}/.. ${NETBSDSRCDIR}/sys/own\nSRCS=here.c beside.c there.c\n\
         IOCONF=OWN.ioconf\nCPPFLAGS+=-I${.CURDIR}/more\n.include <bsd.lib.mk>\n",
    )
    .unwrap();
    let paths: Vec<_> = found
        .sources
        .into_iter()
        .map(|source| source.origin)
        .collect();
    assert_eq!(
        paths,
        [
            folder.join("here.c"),
            outside.path().join("beside.c"),
            "sys/own/there.c".into()
        ]
        .map(Origin::Tree)
    );
    let shown = folder.display();
    assert_eq!(
        found.cppflags,
        [
            &format!("-I{shown}/more"),
            "-DRUMP",
            "-I@TREE@/sys/rump/include",
            &format!("-I{shown}"),
            "-I@OBJECTS@"
        ]
    );
    assert_eq!(found.ioconf, Some(folder.join("OWN.ioconf")));
    assert_eq!(
        found.makefiles,
        [folder.join("Makefile"), "sys/rump/Makefile.rump".into()]
    );

    let error = evaluate("LIB=own\nSRCS=here.c\n").unwrap_err();
    assert!(matches!(error, Error::NoRules(_)), "{error}");
    let error = evaluate(".frob\n").unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{shown}/Makefile:1: ")),
        "{error}"
    );
}

#[test]
fn the_files_that_were_read_are_known() {
    let files = own("LIB=own").unwrap().makefiles;
    assert_eq!(
        files,
        [
            &*format!("{FOLDER}/Makefile"),
            "sys/rump/dev/lib/Makefile.inc"
        ]
        .map(PathBuf::from)
    );
}

#[test]
fn what_is_wrong_with_a_component_is_told() {
    let message = |makefile: &str| own(makefile).unwrap_err().to_string();
    for (makefile, expected) in [
        ("SRCS=here.c", "libown/Makefile sets no LIB"),
        (
            "LIB=own\nSRCS=nowhere.c",
            "component own lists nowhere.c, which is neither along its .PATH",
        ),
        (
            "LIB=own\nRUMPCOMP_USER_SRCS=nowhere.c",
            "component own lists nowhere.c",
        ),
        (
            "LIB=own\nSRCS=here.c\nhere.o: here.c\n\tcc",
            "own makes here.o by commands of its own",
        ),
        ("LIB=own\nOBJS+=more.o", "own sets OBJS to more.o"),
        (
            "LIB=own\nIOCONFDIR=/etc\nIOCONF=a",
            "IOCONF names a, which lies outside",
        ),
        (
            "LIB=own\n.if ${NOTHING} == 1\n.endif",
            "libown/Makefile:2: condition `${NOTHING} == 1`",
        ),
    ] {
        let found = message(makefile);
        assert!(found.contains(expected), "{found} of\n{makefile}");
    }
}

#[test]
fn the_catalogue_reads_the_lists() {
    let root = tree(&[("sys/rump/dev/lib/libown/Makefile", "LIB=rumpdev_own\n")]);
    let found = catalogue(root.path()).unwrap().entries;
    let found: Vec<_> = found
        .iter()
        .map(|entry| {
            (
                &*entry.name,
                &*entry.short,
                entry.kind,
                &*entry.comment,
                entry.default,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("rump", "rump", Kind::Base, "", true),
            ("rumpdev", "rumpdev", Kind::Faction, "", true),
            ("rumpdev_own", "own", Kind::Device, "", true),
            ("rumpdev_extra", "extra", Kind::Device, "more  of it", false),
        ]
    );
}

#[test]
fn a_folder_that_is_no_source_tree_is_told() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(catalogue(root.path()), Err(Error::NotNetBsd(_))));
}

#[test]
fn a_listed_component_that_cannot_be_evaluated_is_told() {
    let root = tree(&[("sys/rump/dev/lib/libown/Makefile", "LIB=own\n.frob\n")]);
    match catalogue(root.path()) {
        Err(Error::Make(error)) => {
            assert_eq!(error.fault, Fault::UnknownDirective(".frob".to_owned()));
            assert_eq!(
                (error.file, error.line),
                (Path::new(FOLDER).join("Makefile"), 2)
            );
        }
        other => panic!("{other:?}"),
    }
}
