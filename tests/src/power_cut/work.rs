//! What a kernel does before it loses power, and what it has promised by when.

use std::collections::BTreeMap;
use std::path::Path;

use rumpkernel::disk::{Access, HostDisk, Recorder};
use rumpkernel::{Builder, Error, Kernel, fs};

use super::format::{AT, Format};
use super::random::Random;

/// The folders that are there from the beginning.
const FOLDERS: usize = 3;
/// So many names there are in each folder.
const NAMES: usize = 12;
const LONGEST: usize = 40_000;

/// What is in a file: a function of the number, so that a byte of another file or time shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) number: u64,
    pub(crate) length: usize,
}

impl Contents {
    pub(crate) fn bytes(self) -> Vec<u8> {
        let mut random = Random::new(self.number + 1);
        let mut bytes: Vec<u8> = (0..self.length.div_ceil(8))
            .flat_map(|_| random.next().to_le_bytes())
            .collect();
        bytes.truncate(self.length);
        bytes
    }
}

/// A file that is to be there when the power is lost at any point of a range.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    pub(crate) path: String,
    pub(crate) contents: Contents,
    from: usize,
    to: usize,
}

impl Promise {
    /// A promise that holds for good.
    pub(crate) fn lasting(path: String, contents: Contents) -> Self {
        Self {
            path,
            contents,
            from: 0,
            to: usize::MAX,
        }
    }
}

/// A recorded piece of work.
#[derive(Debug)]
pub(super) struct Work {
    recorder: Recorder<HostDisk>,
    promises: Vec<Promise>,
    begin: usize,
}

impl Work {
    /// Lets a kernel work on the image.
    pub(super) fn record(
        format: Format,
        image: &Path,
        operations: usize,
        random: &mut Random,
        boot: impl Fn(Builder) -> Result<Kernel, Error>,
    ) -> Result<Self, String> {
        let disk = HostDisk::open(image, Access::ReadWrite).map_err(|error| error.to_string())?;
        let recorder = Recorder::new(disk).without_reads();
        let say = |error: Error| error.to_string();
        let kernel = boot(Kernel::builder().quiet()).map_err(say)?;
        let mount = format.mount_disk(&kernel, recorder.clone())?;
        for folder in 0..FOLDERS {
            fs::create_dir(&kernel, format!("{AT}/folder{folder}")).map_err(say)?;
        }
        kernel.sync().map_err(say)?;
        let mut worker = Worker {
            kernel: &kernel,
            begin: recorder.len(),
            recorder: &recorder,
            files: BTreeMap::new(),
            promises: Vec::new(),
            number: 0,
        };
        for _ in 0..operations {
            worker.step(random).map_err(say)?;
        }
        let Worker {
            mut promises,
            begin,
            ..
        } = worker;
        // The last ones hold to the end. The kernel dies with its disk, too.
        let end = recorder.len() + 1;
        for promise in &mut promises {
            promise.to = promise.to.min(end);
        }
        kernel.kill();
        drop(mount);
        Ok(Self {
            recorder,
            promises,
            begin,
        })
    }

    pub(super) fn recorder(&self) -> Recorder<HostDisk> {
        self.recorder.clone()
    }

    /// Returns the first point at which everything has been set up.
    pub(super) fn begin(&self) -> usize {
        self.begin
    }

    /// Returns what is to be there after a loss of power at `point`.
    pub(super) fn promised(&self, point: usize) -> impl Iterator<Item = &Promise> {
        self.promises
            .iter()
            .filter(move |promise| (promise.from..promise.to).contains(&point))
    }
}

struct Worker<'a> {
    kernel: &'a Kernel,
    recorder: &'a Recorder<HostDisk>,
    begin: usize,
    /// What each file holds, and the promise that stands for it, if there is one.
    files: BTreeMap<String, (Contents, Option<usize>)>,
    promises: Vec<Promise>,
    number: u64,
}

impl Worker<'_> {
    fn step(&mut self, random: &mut Random) -> Result<(), Error> {
        let path = path(random);
        match random.below(12) {
            0..5 => self.write(&path, random),
            5..7 => self.sync(&path),
            7 => self.remove(&path),
            8 => self.rename(&path, random),
            9 => self.come_and_go(random),
            _ if random.chance(20) => self.sync_all(),
            _ => self.write_and_sync(&path, random),
        }
    }

    fn write(&mut self, path: &str, random: &mut Random) -> Result<(), Error> {
        self.number += 1;
        let contents = Contents {
            number: self.number,
            length: random.below(LONGEST),
        };
        self.touch(path);
        fs::write(self.kernel, path, contents.bytes())?;
        self.files.insert(path.to_owned(), (contents, None));
        Ok(())
    }

    fn sync(&mut self, path: &str) -> Result<(), Error> {
        if self.files.contains_key(path) {
            let options = fs::OpenOptions::new().write(true).clone();
            let file = options.open(self.kernel, path)?;
            match self.number % 2 {
                0 => file.sync_all()?,
                _ => file.sync_data()?,
            }
            self.promise(path);
        }
        Ok(())
    }

    fn write_and_sync(&mut self, path: &str, random: &mut Random) -> Result<(), Error> {
        self.write(path, random)?;
        self.sync(path)
    }

    fn remove(&mut self, path: &str) -> Result<(), Error> {
        if self.files.contains_key(path) {
            self.touch(path);
            fs::remove_file(self.kernel, path)?;
            self.files.remove(path);
        }
        Ok(())
    }

    fn rename(&mut self, from: &str, random: &mut Random) -> Result<(), Error> {
        let to = path(random);
        if let Some((contents, _)) = self.files.get(from).copied()
            && to != from
        {
            self.touch(from);
            self.touch(&to);
            fs::rename(self.kernel, from, &to)?;
            self.files.remove(from);
            self.files.insert(to, (contents, None));
        }
        Ok(())
    }

    /// Makes and removes a folder with a file, so that blocks and inodes are used again.
    fn come_and_go(&mut self, random: &mut Random) -> Result<(), Error> {
        let folder = format!("{AT}/folder{}/gone", random.below(FOLDERS));
        fs::create_dir(self.kernel, &folder)?;
        let bytes = vec![0xaa; random.below(LONGEST)];
        fs::write(self.kernel, format!("{folder}/file"), bytes)?;
        fs::remove_dir_all(self.kernel, &folder)
    }

    fn sync_all(&mut self) -> Result<(), Error> {
        self.kernel.sync()?;
        let paths: Vec<String> = self.files.keys().cloned().collect();
        for path in paths {
            self.promise(&path);
        }
        Ok(())
    }

    /// The file is durable from now on.
    fn promise(&mut self, path: &str) {
        if let Some((contents, promise @ None)) = self.files.get_mut(path) {
            *promise = Some(self.promises.len());
            self.promises.push(Promise {
                path: path.to_owned(),
                contents: *contents,
                from: self.recorder.len(),
                to: usize::MAX,
            });
        }
    }

    /// What was promised of the file does not hold any more, from now on.
    fn touch(&mut self, path: &str) {
        if let Some((_, promise)) = self.files.get_mut(path)
            && let Some(promise) = promise.take()
        {
            self.promises[promise].to = self.recorder.len();
        }
    }
}

fn path(random: &mut Random) -> String {
    let name = random.below(NAMES);
    match random.below(FOLDERS + 1) {
        FOLDERS => format!("{AT}/file{name}"),
        folder => format!("{AT}/folder{folder}/file{name}"),
    }
}
