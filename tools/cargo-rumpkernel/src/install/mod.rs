//! `install-hypercalls`: the hypercalls as a C library, in the place of NetBSD's librumpuser.
//!
//! Cargo compiles the crate `rumpuser-posix` into a static library, which holds Rust's own library,
//! too. The C compiler links the hypercalls and what they need of it once more, into a shared
//! library and into one object for a static one; nothing else is visible in either.

mod library;
mod link;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::cli;
use crate::error::Error;
use crate::output;
use library::Library;
use link::Linker;

/// The name by which dynamic linkers know the library: that of NetBSD's.
pub(crate) const SONAME: &str = "librumpuser.so.0";

/// Builds the libraries and puts them, with headers and a description for pkg-config, below the
/// prefix.
pub(crate) fn run(options: &cli::InstallHypercalls) -> Result<(), Error> {
    let prefix = Place::new(options)?;
    let folder = tempfile::tempdir().map_err(Error::file("create", std::env::temp_dir()))?;
    let library = Library::build(options)?;
    let linker = Linker::new(&options.target, folder.path())?;
    let names = linker.hypercalls(&library.file)?;
    let shared = linker.shared(&library, &names)?;
    let object = linker.object(&library, &names)?;
    let archive = linker.archive(&object)?;

    let lib = prefix.folder("lib")?;
    copy(&shared, &lib.join(SONAME), 0o755)?;
    link(SONAME, &lib.join("librumpuser.so"))?;
    copy(&archive, &lib.join("librumpuser.a"), 0o644)?;
    let headers = prefix.folder("include/rump")?;
    let own = library.package.join("include/rump");
    for header in ["rumpuser.h", "rumpuser_component.h"] {
        copy(&own.join(header), &headers.join(header), 0o644)?;
    }
    let description = prefix.folder("lib/pkgconfig")?.join("rumpuser.pc");
    let content = pkg_config(&options.prefix, &library.needs);
    install(content.as_bytes(), &description, 0o644)?;

    let mut text = String::new();
    for file in [lib.join(SONAME), lib.join("librumpuser.a")] {
        let length = fs::metadata(&file).map_err(Error::file("read", &file))?;
        text += &format!("{}: {}\n", file.display(), output::size(length.len()));
    }
    output::text(&format!("{text}{} hypercalls\n", names.len()))
}

/// Where files go.
struct Place(PathBuf);

impl Place {
    fn new(options: &cli::InstallHypercalls) -> Result<Self, Error> {
        let prefix = &options.prefix;
        if !prefix.is_absolute() {
            return Err(Error::RelativePrefix(prefix.clone()));
        }
        Ok(Self(match &options.destdir {
            Some(staging) => staging.join(prefix.strip_prefix("/").unwrap_or(prefix)),
            None => prefix.clone(),
        }))
    }

    /// Makes a folder below it.
    fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.0.join(name);
        fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        Ok(folder)
    }
}

/// Installs a copy of a file.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), Error> {
    let content = fs::read(from).map_err(Error::file("read", from))?;
    install(&content, to, mode)
}

/// Puts a file in its place, wholly or not at all: programs may have the one that is there mapped.
fn install(content: &[u8], to: &Path, mode: u32) -> Result<(), Error> {
    let put = || {
        let mut new = tempfile::NamedTempFile::new_in(parent(to))?;
        new.write_all(content)?;
        new.as_file()
            .set_permissions(fs::Permissions::from_mode(mode))?;
        new.persist(to)?;
        Ok(())
    };
    put().map_err(Error::file("write", to))
}

/// Makes a symbolic link, also where there is one.
fn link(target: &str, path: &Path) -> Result<(), Error> {
    let put = || {
        let new = tempfile::Builder::new().make_in(parent(path), |new| symlink(target, new))?;
        new.persist(path)?;
        Ok(())
    };
    put().map_err(Error::file("create", path))
}

/// The folder of a file that is installed.
fn parent(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

/// The description of the library for pkg-config, which tells programs how they are linked.
fn pkg_config(prefix: &Path, needs: &[String]) -> String {
    format!(
        "prefix={}\n\
         libdir=${{prefix}}/lib\n\
         includedir=${{prefix}}/include\n\
         \n\
         Name: rumpuser\n\
         Description: The rumpuser(3) hypercalls, version 17, for POSIX hosts\n\
         Version: {}\n\
         Cflags: -I${{includedir}}\n\
         Libs: -L${{libdir}} -lrumpuser\n\
         Libs.private: {}\n",
        prefix.display(),
        env!("CARGO_PKG_VERSION"),
        needs.join(" ")
    )
}
