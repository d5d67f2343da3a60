//! A scene runs in a process of its own, for most end it.

use std::process::{Command, Output};

use crate::{outside, unreached, writes};

const SCENE: &str = "RUMPUSER_TEST_SCENE";

/// Runs a scene in another process.
pub(crate) fn stage(name: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scene::run", "--nocapture"])
        .env(SCENE, name)
        .output()
        .unwrap()
}

/// Runs a scene that ends well.
pub(crate) fn succeeds(name: &str) {
    let output = stage(name);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name} {:?}: {said}",
        output.status
    );
}

/// The scenes of one file, by name.
pub(crate) type Scenes = &'static [(&'static str, fn())];

#[test]
fn run() {
    if let Some(name) = std::env::var_os(SCENE) {
        let mut scenes = [outside::SCENES, unreached::SCENES, writes::SCENES]
            .into_iter()
            .flatten();
        let (_, scene) = scenes.find(|(known, _)| name == *known).unwrap();
        scene();
    }
}
