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
