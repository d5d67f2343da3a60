//! Random changes to a file system, made in a kernel and in a model of it, and compared.

mod compare;
mod model;
mod random;

use std::error::Error;
use std::path::PathBuf;

use rumpkernel::{Kernel, fs};

use model::{Entry, Model};
use random::Random;

/// How many steps lie between two comparisons of everything.
const BETWEEN_COMPARISONS: usize = 1000;
/// How many steps lie between two changes of the number of entries that is aimed at.
const BETWEEN_TIDES: usize = 400;

/// What a step has changed: the path of an entry that came or went, if there is one; or what went
/// wrong.
type Outcome = Result<Option<String>, Box<dyn Error>>;

/// What a format can hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes in the longest name.
    pub name: usize,
    /// Whether a file can have several names.
    pub hard_links: bool,
    /// The largest number of directories besides the root. Few hold many entries each.
    pub directories: usize,
    /// The largest number of entries.
    pub entries: usize,
    /// Bytes in the largest file.
    pub file: usize,
}

impl Limits {
    /// What FFS, ext2 and the like hold with ease.
    pub const UNIX: Self = Self {
        name: 40,
        hard_links: true,
        directories: 4,
        entries: 300,
        file: 20_000,
    };
}

/// A mounted file system that is changed at random.
#[derive(Debug)]
pub struct Churn<'a> {
    kernel: &'a Kernel,
    root: PathBuf,
    limits: Limits,
    random: Random,
    model: Model,
    /// The number of entries that is aimed at. It goes up and down, so that directories fill up and
    /// empty again.
    tide: usize,
    steps: usize,
}

impl<'a> Churn<'a> {
    /// An empty file system, mounted at `root`.
    #[must_use]
    pub fn new(kernel: &'a Kernel, root: impl Into<PathBuf>, limits: Limits, seed: u64) -> Self {
        Self {
            kernel,
            root: root.into(),
            limits,
            random: Random::new(seed),
            model: Model::default(),
            tide: limits.entries,
            steps: 0,
        }
    }

    /// Makes changes, and compares what there is with what there should be.
    ///
    /// # Errors
    ///
    /// The first step that failed, or the first difference.
    pub fn run(&mut self, steps: usize) -> Result<(), String> {
        for _ in 0..steps {
            if self.steps.is_multiple_of(BETWEEN_TIDES) {
                self.tide = self.random.below(self.limits.entries) + 1;
            }
            self.steps += 1;
            self.step()
                .map_err(|error| format!("step {}: {error}", self.steps))?;
            if self.steps.is_multiple_of(BETWEEN_COMPARISONS) {
                self.compare()?;
            }
        }
        self.compare()
    }

    /// Compares what there is with what there should be.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn compare(&self) -> Result<(), String> {
        self.compare_in(self.kernel)
    }

    /// Compares what there is for another kernel, which has it mounted at the same place.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn compare_in(&self, kernel: &Kernel) -> Result<(), String> {
        compare::compare(kernel, &self.root, &self.model, self.limits.hard_links)
            .map_err(|difference| format!("after {} steps: {difference}", self.steps))
    }

    fn step(&mut self) -> Result<(), String> {
        let is_high = self.model.len() >= self.tide;
        let changed = match self.random.below(100) {
            0..45 if is_high => self.remove(),
            0..15 if !is_high => self.remove(),
            0..45 => self.create(),
            45..65 => self.rename(),
            65..72 if self.limits.hard_links && !is_high => self.link(),
            72..78 if !is_high => self.create_dir(),
            78..90 => self.write(),
            _ => self.truncate(),
        };
        match changed.map_err(|error| error.to_string())? {
            Some(path) => self.compare_names(&path),
            None => Ok(()),
        }
    }

    /// Creates a file.
    fn create(&mut self) -> Outcome {
        let path = self.new_path();
        let length = self.random.below(self.limits.file / 4);
        let contents = self.random.bytes(length);
        fs::write(self.kernel, self.at(&path), &contents)?;
        self.model.create(&path, contents);
        Ok(Some(path))
    }

    fn create_dir(&mut self) -> Outcome {
        if self.model.directories().len() >= self.limits.directories {
            return Ok(None);
        }
        let path = self.new_path();
        fs::create_dir(self.kernel, self.at(&path))?;
        self.model.create_dir(&path);
        Ok(Some(path))
    }

    /// Removes a file or an empty directory.
    fn remove(&mut self) -> Outcome {
        let Some((path, entry)) = self.any(|_| true) else {
            return Ok(None);
        };
        match entry {
            Entry::Directory if !self.model.is_empty_dir(&path) => return Ok(None),
            Entry::Directory => fs::remove_dir(self.kernel, self.at(&path))?,
            Entry::File(_) => fs::remove_file(self.kernel, self.at(&path))?,
        }
        self.model.remove(&path);
        Ok(Some(path))
    }

    /// Renames a file, sometimes over another one, or a directory.
    fn rename(&mut self) -> Outcome {
        let Some((from, entry)) = self.any(|_| true) else {
            return Ok(None);
        };
        let over = match entry {
            Entry::File(_) if self.random.below(4) == 0 => self.any(|over| over.is_file()),
            _ => None,
        };
        let to = match over {
            // Two names of one file stay what they are.
            Some((_, over)) if over == entry => return Ok(None),
            Some((path, _)) => path,
            None => self.new_path(),
        };
        if model::is_inside(&to, &from) {
            return Ok(None);
        }
        fs::rename(self.kernel, self.at(&from), self.at(&to))?;
        self.model.rename(&from, &to);
        self.compare_names(&from)?;
        Ok(Some(to))
    }

    fn link(&mut self) -> Outcome {
        let Some((from, _)) = self.any(Entry::is_file) else {
            return Ok(None);
        };
        let to = self.new_path();
        fs::hard_link(self.kernel, self.at(&from), self.at(&to))?;
        self.model.link(&from, &to);
        Ok(Some(to))
    }

    /// Writes somewhere into a file, or behind its end.
    fn write(&mut self) -> Outcome {
        let Some((path, _)) = self.any(Entry::is_file) else {
            return Ok(None);
        };
        let offset = self.random.below(self.limits.file / 2);
        let length = self.random.below(self.limits.file / 2);
        let bytes = self.random.bytes(length);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(self.kernel, self.at(&path))?;
        let at = u64::try_from(offset).expect("files are small");
        file.write_all_at(&bytes, at)?;
        self.model.write(&path, offset, &bytes);
        Ok(None)
    }

    fn truncate(&mut self) -> Outcome {
        let Some((path, _)) = self.any(Entry::is_file) else {
            return Ok(None);
        };
        let length = self.random.below(self.limits.file);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(self.kernel, self.at(&path))?;
        file.set_len(u64::try_from(length).expect("files are small"))?;
        self.model.truncate(&path, length);
        Ok(None)
    }

    /// An entry of some kind, if there is one where chance looks.
    fn any(&mut self, is_wanted: impl Fn(Entry) -> bool) -> Option<(String, Entry)> {
        let (path, entry) = self.model.nth(self.random.below(self.model.len().max(1)))?;
        is_wanted(entry).then(|| (path.to_owned(), entry))
    }

    /// A path in some directory that nothing has yet.
    fn new_path(&mut self) -> String {
        let directories = self.model.directories();
        loop {
            let place = self.random.below(directories.len() + 2);
            let directory = directories.get(place).map_or("", String::as_str);
            let name = self.random.name(self.limits.name);
            let path = format!("{directory}/{name}");
            if !self.model.contains(&path) {
                return path;
            }
        }
    }

    /// Compares the names in the directory that `path` lies in.
    fn compare_names(&self, path: &str) -> Result<(), String> {
        compare::compare_names(self.kernel, &self.root, &self.model, path)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(&path[1..])
    }
}
