//! A synthetic NetBSD tree, its pin, and archives of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rumpkernel_build::snapshot::{Digest, Pin, Request};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Files inside the subset, with their content.
pub(crate) const FILES: [(&str, &str); 5] = [
    ("common/lib/libc/Makefile.inc", "# libc\n"),
    ("sys/kern/kern_synthetic.c", "int synthetic;\n"),
    ("sys/rump/Makefile.rump", "# rump\n"),
    ("sys/sys/param.h", "#define SYNTHETIC 1\n"),
    ("sys/sys/queue.h", "#define QUEUE 1\n"),
];

/// A file outside the subset.
pub(crate) const OUTSIDE: (&str, &str) = ("bin/cat/cat.c", "int main(void) { return 0; }\n");

/// A scratch folder with a tree in `tree` and room for a cache in `cache`.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in FILES.into_iter().chain([OUTSIDE]) {
            write(&folder.path().join("tree").join(path), content);
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.path("tree")
    }

    /// A request for the tree's pin that has only an empty cache to look into.
    pub(crate) fn request(&self) -> Request {
        Request {
            offline: true,
            ..Request::new(&pin(), self.path("cache"))
        }
    }

    /// The same with a source.
    pub(crate) fn request_from(&self, source: &str) -> Request {
        Request {
            source: Some(self.path(source)),
            ..self.request()
        }
    }

    /// Where the cache's entries lie.
    pub(crate) fn entries(&self) -> PathBuf {
        self.path("cache/sources/v1")
    }

    /// Asserts that the cache holds nothing that a build could take for sources.
    pub(crate) fn assert_nothing_kept(&self) {
        for entry in fs::read_dir(self.entries()).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                Path::new(&name)
                    .extension()
                    .is_some_and(|end| end == "lock"),
                "{name} was left in the cache"
            );
        }
    }
}

pub(crate) fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The pin of [`FILES`].
pub(crate) fn pin() -> Pin {
    pin_of(&FILES)
}

/// The pin of `files`, whose names must be sorted.
pub(crate) fn pin_of(files: &[(&str, &str)]) -> Pin {
    Pin {
        name: "synthetic".to_owned(),
        committed: "2016-08-02T11:51:10Z".to_owned(),
        cvs: None,
        repository: "https://netbsd.invalid/src".to_owned(),
        revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        digest: sha256(manifest_of(files).as_bytes()),
        files: files.len(),
        unbuildable: None,
        compared: false,
    }
}

/// The manifest of `files`, written down from the documentation of the format.
pub(crate) fn manifest_of(files: &[(&str, &str)]) -> String {
    let mut text = "rumpkernel manifest 1, subset 1\n".to_owned();
    for (path, content) in files {
        text += &format!("f {} {path}\n", sha256(content.as_bytes()));
    }
    text
}

fn sha256(bytes: &[u8]) -> Digest {
    let hexadecimal: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    hexadecimal.parse().unwrap()
}

/// A .tar.gz with these regular files, named as they are.
pub(crate) fn archive_of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        append(&mut archive, path, tar::EntryType::Regular, content);
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// An archive as GitHub makes them: a global header, and all in one folder.
pub(crate) fn github_archive() -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let comment = "52 comment=0123456789abcdef0123456789abcdef01234567\n";
    append(
        &mut archive,
        "pax_global_header",
        tar::EntryType::XGlobalHeader,
        comment,
    );
    append(&mut archive, "src-0123456/", tar::EntryType::Directory, "");
    for (path, content) in FILES.into_iter().chain([OUTSIDE]) {
        append(
            &mut archive,
            &format!("src-0123456/{path}"),
            tar::EntryType::Regular,
            content,
        );
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// Appends a member under any name, also one that the crate's own writer would refuse. For a link
/// the content is its target.
pub(crate) fn append<W: std::io::Write>(
    archive: &mut tar::Builder<W>,
    name: &str,
    entry_type: tar::EntryType,
    content: &str,
) {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(entry_type);
    header.set_mode(0o644);
    let is_link = matches!(entry_type, tar::EntryType::Symlink | tar::EntryType::Link);
    if is_link {
        header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
        header.set_size(0);
    } else {
        header.set_size(content.len() as u64);
    }
    header.set_cksum();
    let content = if is_link { "" } else { content };
    archive.append(&header, content.as_bytes()).unwrap();
}

/// The regular files below `folder`, with their content.
pub(crate) fn read_all(folder: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(folder, folder, &mut files);
    files
}

/// [`FILES`], as [`read_all`] gives them.
pub(crate) fn expected() -> BTreeMap<String, String> {
    FILES
        .into_iter()
        .map(|(path, content)| (path.to_owned(), content.to_owned()))
        .collect()
}
