//! A source tree in a .tar.gz, as GitHub, git-archive(1), tar(1) and this project make them.
//!
//! Names may all begin with one folder (`src-netbsd-82f3a69…/sys/…`), with `./`, or directly with
//! the tree (`sys/…`). The archive is read once, front to back; nothing is trusted, and what it
//! may expand to is bounded, headers included.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::error::Error;
use super::inside::check_path;
use super::manifest;
use super::progress::Progress;
use super::staging::Staging;
use super::subset;

/// The most bytes between two members' contents: names, padding, extended headers.
const HEADERS: u64 = 1 << 20;

/// Unpacks the subset of the tree in `compressed`.
pub(super) fn unpack(
    compressed: impl Read,
    length: Option<u64>,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let counter = Rc::new(Cell::new(0));
    let allowance = Rc::new(Allowance {
        now: Cell::new(0),
        total: Cell::new(staging.limits().expanded),
    });
    let compressed = Counted {
        inner: compressed,
        count: Rc::clone(&counter),
    };
    let mut archive = Archive::new(Bounded {
        inner: MultiGzDecoder::new(compressed),
        allowance: Rc::clone(&allowance),
    });
    progress.begin("unpacking", length);
    let outcome = members(&mut archive, &counter, &allowance, staging, progress);
    progress.end();
    outcome?;
    // Beyond the archive's end marker lie padding and the checksum of what was compressed.
    allowance.now.set(HEADERS);
    io::copy(&mut archive.into_inner(), &mut io::sink())
        .map(drop)
        .map_err(|error| failure(staging, "(end)", &error))
}

fn members<R: Read>(
    archive: &mut Archive<R>,
    counter: &Cell<u64>,
    allowance: &Allowance,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let mut top = Top::Unknown;
    let mut entries = archive
        .entries()
        .map_err(|error| failure(staging, "(start)", &error))?;
    loop {
        allowance.now.set(HEADERS);
        let Some(entry) = entries.next() else {
            return Ok(());
        };
        let mut entry = entry.map_err(|error| failure(staging, "(header)", &error))?;
        allowance.now.set(entry.size());
        member(&mut entry, &mut top, staging)?;
        // Read to its end here, where the allowance is for contents.
        io::copy(&mut entry, &mut io::sink())
            .map_err(|error| failure(staging, "(content)", &error))?;
        progress.advance(counter.take());
    }
}

fn member<R: Read>(
    entry: &mut Entry<'_, R>,
    top: &mut Top,
    staging: &mut Staging,
) -> Result<(), Error> {
    let file_type = entry.header().entry_type();
    if matches!(file_type, EntryType::XGlobalHeader | EntryType::XHeader) {
        return Ok(());
    }
    let raw = entry.path_bytes().into_owned();
    let name = text(&raw, staging)?;
    if file_type == EntryType::GNUSparse {
        return Err(staging.refuse(&name, "a sparse file"));
    }
    let path = name.trim_start_matches("./").trim_end_matches('/');
    if path.is_empty() || path == "." {
        return Ok(());
    }
    check_path(path).map_err(|reason| staging.refuse(&name, reason))?;
    let Some(path) = top
        .strip(path, file_type)
        .map_err(|reason| staging.refuse(&name, reason))?
    else {
        return Ok(());
    };
    match file_type {
        EntryType::Directory => Ok(()),
        EntryType::Regular if path == manifest::FILE_NAME => staging.carry(entry),
        EntryType::Regular | EntryType::Continuous => staging.file(path, entry),
        EntryType::Symlink => {
            let target = entry.link_name_bytes().map(|target| target.into_owned());
            let target = text(&target.unwrap_or_default(), staging)?;
            staging.link(path, &target)
        }
        _ if subset::contains(path) => Err(staging.refuse(
            &name,
            "neither a regular file, a symbolic link nor a folder",
        )),
        _ => Ok(()),
    }
}

/// The folder that all names begin with.
enum Top {
    Unknown,
    None,
    Folder(String),
}

impl Top {
    /// The path inside the tree; none for the top folder itself.
    fn strip<'path>(
        &mut self,
        path: &'path str,
        file_type: EntryType,
    ) -> Result<Option<&'path str>, &'static str> {
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        if matches!(self, Self::Unknown) {
            let in_folder = rest.is_some() || file_type == EntryType::Directory;
            *self = if in_folder && !subset::is_top_level(first) {
                Self::Folder(first.to_owned())
            } else {
                Self::None
            };
        }
        match self {
            Self::Folder(top) if top != first => Err("outside the folder that the others are in"),
            Self::Folder(_) => Ok(rest),
            _ => Ok(Some(path)),
        }
    }
}

fn text(raw: &[u8], staging: &Staging) -> Result<String, Error> {
    String::from_utf8(raw.to_vec())
        .map_err(|_| staging.refuse(&raw.escape_ascii().to_string(), "a name that is not UTF-8"))
}

/// Tells a bomb, which [`Bounded`] stops, from an archive that is damaged.
fn failure(staging: &Staging, member: &str, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::FileTooLarge {
        staging.refuse(member, error.to_string())
    } else {
        Error::Damaged {
            origin: staging.origin().to_owned(),
            reason: error.to_string(),
        }
    }
}

/// How many bytes may still come out of the decoder.
struct Allowance {
    now: Cell<u64>,
    total: Cell<u64>,
}

/// A reader that fails once its allowance is used up.
struct Bounded<R> {
    inner: R,
    allowance: Rc<Allowance>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.now.get().min(self.allowance.total.get());
        let count = self.inner.read(buffer)?;
        let read = count as u64;
        if read > left {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "expands to more than any NetBSD tree",
            ));
        }
        self.allowance.now.set(self.allowance.now.get() - read);
        self.allowance.total.set(self.allowance.total.get() - read);
        Ok(count)
    }
}

/// A reader that counts.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::progress::Warnings;
    use super::super::staging::Limits;
    use super::*;

    fn unpack_with(limits: Limits, members: &[(&str, usize)]) -> Result<(), Error> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, length) in members {
            let mut header = tar::Header::new_ustar();
            header.set_size(*length as u64);
            let content = vec![0; *length];
            archive
                .append_data(&mut header, name, &content[..])
                .unwrap();
        }
        let archive = archive.into_inner().unwrap().finish().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut staging = Staging::new(folder.path().to_owned(), "test".to_owned(), limits);
        unpack(&archive[..], None, &mut staging, &mut Warnings::default())
    }

    #[test]
    fn more_than_the_limits_is_refused() {
        let limits = Limits {
            files: 2,
            bytes: 1000,
            expanded: 100_000,
        };
        let fine = [("sys/a.h", 500), ("sys/b.h", 500), ("bin/c", 50_000)];
        unpack_with(limits, &fine).unwrap();
        let cases: [(&[(&str, usize)], &str); 4] = [
            (
                &[("sys/a.h", 1), ("sys/b.h", 1), ("sys/c.h", 1)],
                "more than 2 files",
            ),
            (&[("sys/a.h", 1001)], "more than 1000 bytes"),
            (
                &[("sys/a.h", 500), ("sys/b.h", 501)],
                "more than 1000 bytes",
            ),
            (&[("bin/c", 60_000), ("bin/d", 60_000)], "expands to more"),
        ];
        for (members, expected) in cases {
            let error = unpack_with(limits, members).unwrap_err();
            assert!(matches!(error, Error::Hostile { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
