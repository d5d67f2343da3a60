//! Object files to one static library, the same bytes every time.
//!
//! The format is that of GNU ar (ar(5), "common archive format"): headers of text, an index of
//! symbols first, names that are too long for a header in a table of their own. Crates that write it
//! read every format of objects there is, which costs each user more time than compiling the rest of
//! what handles objects here.

mod symbols;

use std::io::{self, Write};

/// One object file of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, such as `vfs_subr.o`.
    pub name: String,
    /// Its content.
    pub object: Vec<u8>,
}

const MAGIC: &[u8] = b"!<arch>\n";
/// The length of a header.
const HEADER: usize = 60;
/// The longest name in a header, where a slash ends it.
const LONGEST: usize = 15;
/// A time of 0, the owner 0 and the group 0, as wide as their fields are.
const NOBODY: &str = "0           0     0     ";
const MODE: &str = "644";

/// Writes a GNU archive with its symbol table: no times, no owners, members in the order given.
///
/// # Errors
///
/// Whatever `out` returns; objects whose symbols cannot be read; a library of 4 GiB or more.
pub fn write(members: &[Member], out: &mut impl Write) -> io::Result<()> {
    let (names, long_names) = names(members);
    let index = index(members, &long_names)?;
    out.write_all(MAGIC)?;
    let fields = format!("{:16}{NOBODY}{:8}", "/", "0");
    write_header(out, &fields, index.len())?;
    out.write_all(&index)?;
    if !long_names.is_empty() {
        write_header(out, "//", long_names.len())?;
        out.write_all(long_names.as_bytes())?;
    }
    for (Member { object, .. }, name) in members.iter().zip(names) {
        let fields = format!("{name:16}{NOBODY}{MODE:8}");
        write_header(out, &fields, object.len())?;
        out.write_all(object)?;
        if !object.len().is_multiple_of(2) {
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// What headers call the members, and the table of the names that do not fit.
fn names(members: &[Member]) -> (Vec<String>, String) {
    let mut long_names = String::new();
    let mut names = Vec::with_capacity(members.len());
    for Member { name, .. } in members {
        if name.len() <= LONGEST {
            names.push(format!("{name}/"));
        } else {
            names.push(format!("/{}", long_names.len()));
            long_names.push_str(name);
            long_names.push_str("/\n");
        }
    }
    if !long_names.len().is_multiple_of(2) {
        long_names.push('\n');
    }
    (names, long_names)
}

/// How many symbols there are, where the header of each one's member is, and what they are called.
fn index(members: &[Member], long_names: &str) -> io::Result<Vec<u8>> {
    let mut symbols = Vec::with_capacity(members.len());
    for Member { name, object } in members {
        let defined = symbols::defined(object);
        symbols.push(defined.map_err(|error| invalid(format!("{name}: {error}")))?);
    }
    let count: usize = symbols.iter().map(Vec::len).sum();
    let all_names: usize = symbols.iter().flatten().map(|name| name.len() + 1).sum();
    let length = (4 + 4 * count + all_names).next_multiple_of(2);

    let mut place = MAGIC.len() + HEADER + length;
    if !long_names.is_empty() {
        place += HEADER + long_names.len();
    }
    let word = |value: usize| match u32::try_from(value) {
        Ok(word) => Ok(word.to_be_bytes()),
        Err(_) => Err(invalid("a library of 4 GiB or more".into())),
    };
    let mut index = Vec::with_capacity(length);
    index.extend(word(count)?);
    for (Member { object, .. }, symbols) in members.iter().zip(&symbols) {
        let header = word(place)?;
        symbols.iter().for_each(|_| index.extend(header));
        place += HEADER + object.len().next_multiple_of(2);
    }
    for name in symbols.iter().flatten() {
        index.extend_from_slice(name);
        index.push(0);
    }
    index.resize(length, 0);
    Ok(index)
}

/// All fields but the last, which is the length of what follows.
fn write_header(out: &mut impl Write, fields: &str, length: usize) -> io::Result<()> {
    writeln!(out, "{fields:48}{length:<10}`")
}

fn invalid(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// What the symbol table of a library that [`write()`] has written says its objects define, sorted.
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
