//! Images that the host's tools make, and what they say about them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rumpkernel::detect::{Detected, Detection, Image};
use rumpkernel_harness::Missing;

/// Where programs that make file systems lie, besides the user's own paths.
const PLACES: &str = ":/usr/sbin:/sbin";

/// An image in a folder of its own, with a folder `tree` beside it that has a file.
pub(crate) struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    /// A file of this length, on which commands make a file system. They run in the image's folder,
    /// where it is called `image`.
    pub(crate) fn by(commands: &[&str], length: u64) -> Result<Self, Missing> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tree")).unwrap();
        std::fs::write(folder.path().join("tree/file"), "contents\n").unwrap();
        let made = Self { folder };
        File::create(made.path()).unwrap().set_len(length).unwrap();
        for command in commands {
            made.run(command)?;
        }
        Ok(made)
    }

    /// An image with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("image"), bytes).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// Runs a command and returns what it says.
    pub(crate) fn run(&self, command: &str) -> Result<String, Missing> {
        let (status, said) = self.try_run(command)?;
        assert!(status, "{command}: {said}");
        Ok(said)
    }

    /// Runs a command, and returns whether it succeeded, and what it says.
    pub(crate) fn try_run(&self, command: &str) -> Result<(bool, String), Missing> {
        let words = command.split('\'').enumerate().flat_map(|(number, part)| {
            // Every second part is in quotes.
            let words: Vec<&str> = match number % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            };
            words
        });
        let words: Vec<&str> = words.collect();
        let output = Command::new(words[0])
            .args(&words[1..])
            .current_dir(self.folder.path())
            .env("PATH", std::env::var("PATH").unwrap_or_default() + PLACES)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Missing::tool(format!("{} is not installed", words[0])));
            }
            Err(error) => panic!("{command}: {error}"),
        };
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok((output.status.success(), said))
    }

    /// Writes over the image's bytes.
    pub(crate) fn patch(&self, at: u64, bytes: &[u8]) {
        let file = File::options().write(true).open(self.path()).unwrap();
        file.write_all_at(bytes, at).unwrap();
    }

    pub(crate) fn detect(&self) -> Detection {
        detect(&self.path())
    }

    /// What it is, most likely.
    pub(crate) fn best(&self) -> Detected {
        let detection = self.detect();
        let best = detection.best();
        best.expect("something is known about it").clone()
    }

    /// What blkid(8) says of this name; none if nothing.
    pub(crate) fn blkid(&self, name: &str) -> Result<Option<String>, Missing> {
        let command = format!("blkid -p -o value -s {name} image");
        let (_, said) = self.try_run(&command)?;
        let said = said.trim_end();
        Ok((!said.is_empty()).then(|| said.to_owned()))
    }
}

pub(crate) fn detect(path: &Path) -> Detection {
    Image::open(path).unwrap().detect().unwrap()
}
