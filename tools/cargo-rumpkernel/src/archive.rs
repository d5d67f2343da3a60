//! `archive`: a snapshot in one file, with the same bytes whenever it is made.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use rumpkernel_build::snapshot::manifest::{self, Entry, FileType, Manifest};
use rumpkernel_build::snapshot::{Digest, Progress as _};
use tar::{EntryType, Header};

use crate::bar::Bar;
use crate::cli;
use crate::error::Error;
use crate::output;
use crate::survey::Survey;

/// What RFC 1952 calls an unknown operating system.
const UNKNOWN: u8 = 255;

/// Writes the archive of the chosen snapshot.
pub(crate) fn run(options: &cli::Archive) -> Result<(), Error> {
    let survey = Survey::open(&options.sources)?;
    let name = format!("src-netbsd-{}", survey.pin.name);
    let path = match &options.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{name}.tar.gz")),
    };
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    // Under its own name it is there wholly or not at all.
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
        .map_err(Error::file("create", &path))?;
    let mut bar = Bar::new(&survey.pin.name);
    bar.begin("archiving", None);
    let outcome = write(
        file.as_file(),
        &name,
        survey.tree.root(),
        &survey.manifest,
        &mut bar,
    );
    bar.end();
    outcome?;
    let length = file
        .as_file()
        .metadata()
        .map_err(Error::file("read", &path))?
        .len();
    let file = file
        .persist(&path)
        .map_err(|error| Error::file("write", &path)(error.error))?;
    readable(&file).map_err(Error::file("write", &path))?;
    output::text(&format!("{}: {}\n", path.display(), output::size(length)))
}

/// Temporary files are their owner's alone; an archive is as readable as the umask has it.
fn readable(file: &File) -> io::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.set_permissions(mode)
}

fn write(
    out: impl Write,
    folder: &str,
    root: &Path,
    files: &Manifest,
    bar: &mut Bar,
) -> Result<(), Error> {
    let mut archive = Archive::new(out);
    let text = files.to_text();
    archive.append(
        &format!("{folder}/{}", manifest::FILE_NAME),
        text.as_bytes(),
    )?;
    for (path, entry) in files.iter() {
        let name = format!("{folder}/{path}");
        let content = content(root, path, entry)?;
        match entry.file_type {
            FileType::Regular => archive.append(&name, &content)?,
            FileType::Link => archive.append_link(&name, &String::from_utf8_lossy(&content))?,
        }
        bar.advance(content.len() as u64);
    }
    archive.finish().map(drop)
}

/// A file's content, or a link's target, if it is as listed.
pub(crate) fn content(root: &Path, path: &str, entry: &Entry) -> Result<Vec<u8>, Error> {
    let file = root.join(path);
    let content = match entry.file_type {
        FileType::Regular => fs::read(&file),
        FileType::Link => {
            fs::read_link(&file).map(|target| target.into_os_string().into_encoded_bytes())
        }
    };
    let content = content.map_err(Error::file("read", &file))?;
    if Digest::of(&content) == entry.digest {
        Ok(content)
    } else {
        Err(Error::Altered(file))
    }
}

/// A .tar.gz in which nothing says when, where or by whom it was made.
pub(crate) struct Archive<W: Write> {
    tar: tar::Builder<GzEncoder<W>>,
}

impl<W: Write> Archive<W> {
    /// An empty one that goes to `out`.
    pub(crate) fn new(out: W) -> Self {
        let gzip = GzBuilder::new().mtime(0).operating_system(UNKNOWN);
        Self {
            tar: tar::Builder::new(gzip.write(out, Compression::best())),
        }
    }

    /// Adds a regular file.
    pub(crate) fn append(&mut self, name: &str, content: &[u8]) -> Result<(), Error> {
        let mut header = header(EntryType::Regular);
        header.set_size(content.len() as u64);
        self.tar
            .append_data(&mut header, name, content)
            .map_err(Error::file("archive", name))
    }

    fn append_link(&mut self, name: &str, target: &str) -> Result<(), Error> {
        self.tar
            .append_link(&mut header(EntryType::Symlink), name, target)
            .map_err(Error::file("archive", name))
    }

    /// Writes what is left, and gives back where it went.
    pub(crate) fn finish(self) -> Result<W, Error> {
        self.tar
            .into_inner()
            .and_then(GzEncoder::finish)
            .map_err(Error::file("write", "the archive"))
    }
}

fn header(entry_type: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(entry_type);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header
}
