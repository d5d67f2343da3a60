//! Directories under random changes: compared with a model, and by the format's own checker.
//!
//! A kernel whose memcpy is not safe for memory that overlaps loses names here after a few hundred
//! steps. More are made with `-- --ignored`.

use std::process::Command;

use rumpkernel::fs;
use rumpkernel::mount::{Ext2, Ffs, FileSystem, Lfs};
use rumpkernel_examples::{FFS1_LE, FFS2_BE, FFS2_LE, Image};
use rumpkernel_tests::{Churn, Limits};

use crate::child;
use crate::world::{self, Folder};

crate::tests![; drivers:
    ffs1_keeps_what_a_model_keeps,
    ffs2_keeps_what_a_model_keeps,
    ffs2_be_keeps_what_a_model_keeps,
    ext2_keeps_what_a_model_keeps,
    lfs_keeps_what_a_model_keeps;
    campaigns:
    ffs1_keeps_what_a_model_keeps_for_long,
    ffs2_keeps_what_a_model_keeps_for_long,
    ffs2_be_keeps_what_a_model_keeps_for_long,
    ext2_keeps_what_a_model_keeps_for_long,
    lfs_keeps_what_a_model_keeps_for_long,
];

const MANY_STEPS: usize = 3000;
const SEED: u64 = 11;

/// What tests' small images have room for.
const FFS_LIMITS: Limits = Limits {
    entries: 250,
    file: 8000,
    ..Limits::UNIX
};
/// Blocks of directories have to be full before their entries are moved together.
const EXT2_LIMITS: Limits = Limits {
    directories: 0,
    entries: 400,
    file: 4000,
    ..Limits::UNIX
};

/// How many changes are made. With the linked kernel the test is a campaign.
fn steps() -> usize {
    if child::uses_linked() {
        MANY_STEPS
    } else {
        1000
    }
}

/// Changes a file system at random in a directory of its own, and looks at it again once it is
/// mounted anew. The second half of the changes is to what was read again.
fn keeps_what_a_model_keeps<F: FileSystem>(
    file_system: impl Fn() -> F,
    limits: Limits,
    steps: usize,
) {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = || kernel.mount(file_system(), "/mnt").unwrap();
    let mut mounted = mount();
    fs::create_dir(&kernel, "/mnt/churn").unwrap();
    let mut churn = Churn::new(&kernel, "/mnt/churn", limits, SEED);
    for _ in 0..2 {
        churn.run(steps / 2).unwrap();
        mounted.unmount().unwrap();
        mounted = mount();
        churn.compare().unwrap();
    }
    mounted.unmount().unwrap();
}

fn ffs_keeps_what_a_model_keeps(image: Image, steps: usize) {
    let folder = Folder::new();
    let image = folder.unpack(image);
    keeps_what_a_model_keeps(|| Ffs::image(&image), FFS_LIMITS, steps);
}

fn ffs1_keeps_what_a_model_keeps() {
    ffs_keeps_what_a_model_keeps(FFS1_LE, steps());
}

fn ffs1_keeps_what_a_model_keeps_for_long() {
    ffs_keeps_what_a_model_keeps(FFS1_LE, MANY_STEPS);
}

fn ffs2_keeps_what_a_model_keeps() {
    ffs_keeps_what_a_model_keeps(FFS2_LE, steps());
}

fn ffs2_keeps_what_a_model_keeps_for_long() {
    ffs_keeps_what_a_model_keeps(FFS2_LE, MANY_STEPS);
}

fn ffs2_be_keeps_what_a_model_keeps() {
    ffs_keeps_what_a_model_keeps(FFS2_BE, steps());
}

fn ffs2_be_keeps_what_a_model_keeps_for_long() {
    ffs_keeps_what_a_model_keeps(FFS2_BE, MANY_STEPS);
}

fn ext2_keeps_what_a_model_keeps() {
    ext2(steps());
}

fn ext2_keeps_what_a_model_keeps_for_long() {
    ext2(MANY_STEPS);
}

/// Needs mke2fs and e2fsck; see `obstacle`.
fn ext2(steps: usize) {
    let folder = Folder::new();
    let image = folder.path().join("ext2.img");
    succeeds(
        Command::new("mke2fs")
            .args(["-q", "-t", "ext2", "-b", "4096", "-I", "128"])
            .arg(&image)
            .arg("8m"),
    );
    keeps_what_a_model_keeps(|| Ext2::image(&image), EXT2_LIMITS, steps);
    succeeds(Command::new("e2fsck").arg("-fn").arg(&image));
}

fn lfs_keeps_what_a_model_keeps() {
    lfs(steps());
}

fn lfs_keeps_what_a_model_keeps_for_long() {
    lfs(MANY_STEPS);
}

/// Files grow and are cut within their last blocks, whose fragments LFS has to keep count of.
fn lfs(steps: usize) {
    let folder = Folder::new();
    let image = folder.file("lfs.img", &rumpkernel_examples::lfs());
    keeps_what_a_model_keeps(|| Lfs::image(&image), Limits::UNIX, steps);
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {words}");
}
