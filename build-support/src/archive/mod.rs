//! Object files to one static library, the same bytes every time.

use std::io::{self, Seek, Write};

use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember};

/// One object file of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, such as `vfs_subr.o`.
    pub name: String,
    /// Its content.
    pub object: Vec<u8>,
}

/// Writes a GNU archive with its symbol table: no times, no owners, members in the order given.
///
/// # Errors
///
/// Whatever `out` returns, and objects whose symbols cannot be read.
pub fn write(members: &[Member], out: &mut (impl Write + Seek)) -> io::Result<()> {
    let members: Vec<NewArchiveMember<'_>> = members
        .iter()
        .map(|member| {
            NewArchiveMember::new(
                member.object.as_slice(),
                &DEFAULT_OBJECT_READER,
                member.name.clone(),
            )
        })
        .collect();
    ar_archive_writer::write_archive_to_stream(out, &members, ArchiveKind::Gnu, false, None)
}

/// What the symbol table of a library that [`write`] has written says its objects define, sorted.
///
/// A library whose objects define nothing has no table; other files are taken for such.
#[must_use]
pub fn symbols(library: &[u8]) -> Vec<String> {
    // ar(5): the magic, then members, each with a header of 60 bytes; the table is the first and called `/`.
    let table = || {
        let header = library.strip_prefix(b"!<arch>\n")?.get(..60)?;
        let size = str::from_utf8(header.get(48..58)?).ok()?;
        let begin = 8 + 60;
        let is_table = header.starts_with(b"/ ");
        let table = library.get(begin..begin + size.trim().parse::<usize>().ok()?)?;
        let count = table.get(..4).filter(|_| is_table)?.try_into().ok()?;
        // As many numbers as names come first.
        table.get(4 + 4 * usize::try_from(u32::from_be_bytes(count)).ok()?..)
    };
    let names = table().unwrap_or_default().split(|byte| *byte == 0);
    let names = names.filter(|name| !name.is_empty());
    let mut names: Vec<String> = names
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
