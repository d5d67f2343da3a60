//! File systems and files.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rumpkernel::Error;
use rumpkernel::fs::{self, File, OpenOptions};
use rumpkernel::mount::{Ffs, Kernfs, Mount, MountOptions, Tmpfs};

use crate::dice::Dice;
use crate::{Action, Outcome, Scene};

/// How many directories to mount on each kernel has at its root.
pub(crate) const MOUNT_POINTS: usize = 3;

pub(crate) const ACTIONS: &[Action] = &[
    ("mount", 4, mount),
    ("unmount", 2, unmount),
    ("open", 8, open),
    ("read and write", 16, read_and_write),
    ("sync", 3, sync),
    ("change a file", 6, change),
    ("close", 4, close),
    ("names", 10, names),
    ("list", 4, list),
];

fn point(dice: &mut Dice) -> String {
    format!("/{}", dice.below(MOUNT_POINTS))
}

fn path(dice: &mut Dice) -> String {
    format!("{}/f{}", point(dice), dice.below(8))
}

fn mount(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let on = point(dice);
    let image =
        |dice: &mut Dice| -> PathBuf { scene.images[dice.below(scene.images.len())].clone() };
    let mounted = match dice.below(5) {
        0 => kernel.mount(Kernfs::new(), on),
        1 => kernel.mount(Ffs::image(image(dice)), on),
        2 => kernel.mount_with(Ffs::image(image(dice)), on, MountOptions::new().read_only()),
        _ => kernel.mount(Tmpfs::new().size(1 << 20), on),
    };
    Some(mounted.map(|mount| scene.mounts.put(dice, mount)))
}

fn unmount(scene: &Scene, dice: &mut Dice) -> Outcome {
    let mount = scene.mounts.take(dice)?;
    Some(match Arc::try_unwrap(mount) {
        Ok(mount) => mount
            .unmount()
            .map_err(|failed| keep(scene, dice, failed.mount, failed.error)),
        // Another thread looks at it, and drops it.
        Err(_) => Ok(()),
    })
}

/// What could not be unmounted is mounted still.
fn keep(scene: &Scene, dice: &mut Dice, mount: Mount, error: Error) -> Error {
    scene.mounts.put(dice, mount);
    error
}

fn open(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let path = path(dice);
    let file = match dice.below(4) {
        0 => File::open(&kernel, path),
        1 => File::create_new(&kernel, path),
        2 => OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&kernel, path),
        _ => OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .open(&kernel, path),
    };
    Some(file.map(|file| scene.files.put(dice, file)))
}

fn read_and_write(scene: &Scene, dice: &mut Dice) -> Outcome {
    let file = scene.files.get(dice)?;
    let mut bytes = vec![7; 1 + dice.below(40_000)];
    let at = dice.below(200_000) as u64;
    Some(match dice.below(4) {
        0 => file.read_at(&mut bytes, at).map(drop),
        1 => file.write_at(&bytes, at).map(drop),
        2 => crate::of_io((&*file).read(&mut bytes)),
        _ => crate::of_io((&*file).write(&bytes)),
    })
}

fn sync(scene: &Scene, dice: &mut Dice) -> Outcome {
    Some(match dice.below(3) {
        0 => scene.kernels.get(dice)?.sync(),
        1 => scene.files.get(dice)?.sync_data(),
        _ => scene.files.get(dice)?.sync_all(),
    })
}

fn change(scene: &Scene, dice: &mut Dice) -> Outcome {
    let file = scene.files.get(dice)?;
    Some(match dice.below(4) {
        0 => file.set_len(dice.below(100_000) as u64),
        1 => file.metadata().map(drop),
        2 => file.set_modified(SystemTime::now()),
        _ => file.try_clone().map(|copy| scene.files.put(dice, copy)),
    })
}

fn close(scene: &Scene, dice: &mut Dice) -> Outcome {
    drop(scene.files.take(dice)?);
    Some(Ok(()))
}

fn names(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let (one, other) = (path(dice), path(dice));
    Some(match dice.below(7) {
        0 => fs::rename(&kernel, one, other),
        1 => fs::hard_link(&kernel, one, other),
        2 => fs::symlink(&kernel, one, other),
        3 => fs::create_dir(&kernel, one),
        4 => fs::remove_dir_all(&kernel, one),
        5 => fs::write(&kernel, one, "a file"),
        _ => fs::remove_file(&kernel, one),
    })
}

fn list(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let directory = point(dice);
    let listed = fs::read_dir(&kernel, directory).and_then(|entries| {
        for entry in entries {
            entry?.metadata()?;
        }
        Ok(())
    });
    Some(listed)
}
