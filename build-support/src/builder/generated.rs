//! The sources that NetBSD's build generates.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use crate::component::{Component, Origin};
use crate::{config, syscalls};

/// Says which release it is.
const PARAM: &str = "sys/sys/param.h";
/// What a kernel prints first.
const COPYRIGHT: &str = "sys/conf/copyright";

/// A generated file: its name in the component's object folder and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Everything that a component needs generated, and the files in `tree` that it was made from.
///
/// # Errors
///
/// If a file cannot be read or understood, or is made in a way that is not known here.
pub fn generate(
    component: &Component,
    tree: &Path,
    files: &config::Files,
) -> Result<(Vec<GeneratedFile>, Vec<PathBuf>), Error> {
    let mut generated = Vec::new();
    let mut read = Vec::new();
    if let Some(ioconf) = &component.ioconf {
        let tables = files
            .generate(&tree.join(ioconf))
            .map_err(|source| Error::Config {
                component: component.name.clone(),
                source,
            })?;
        read.extend(tables.read);
        for (name, text) in [
            ("ioconf.c", tables.ioconf_c),
            ("ioconf.h", tables.ioconf_h),
            ("locators.h", tables.locators_h),
        ] {
            generated.push(GeneratedFile {
                name: name.to_owned(),
                text,
            });
        }
    }
    let folder = tree.join(&component.directory);
    for source in &component.sources {
        match &source.origin {
            Origin::Tree(_) => {}
            Origin::Generated(name) if name == "vers.c" => {
                generated.push(GeneratedFile {
                    name: name.clone(),
                    text: version(tree)?,
                });
                read.extend([PARAM, COPYRIGHT].map(|path| tree.join(path)));
            }
            Origin::Generated(name) if syscalls::exist(&folder) => {
                let tables = system_calls(component, &folder, name)?;
                read.extend(tables.read);
                let files = [tables.table, tables.arguments, tables.numbers];
                generated.extend(files.map(|(name, text)| GeneratedFile { name, text }));
            }
            Origin::Generated(name) => {
                return Err(Error::NotGenerated {
                    component: component.name.clone(),
                    file: name.clone(),
                });
            }
        }
    }
    Ok((generated, read))
}

/// The tables of an emulation, of which `file` is to be the one that is compiled.
fn system_calls(
    component: &Component,
    folder: &Path,
    file: &str,
) -> Result<syscalls::Tables, Error> {
    let tables = syscalls::generate(folder).map_err(|source| Error::SystemCalls {
        component: component.name.clone(),
        source,
    })?;
    if tables.table.0 == file {
        Ok(tables)
    } else {
        Err(Error::NotGenerated {
            component: component.name.clone(),
            file: file.to_owned(),
        })
    }
}

/// The definitions that `sys/conf/newvers.sh -i RUMP-ROAST -n -r` writes into `vers.c`.
fn version(tree: &Path) -> Result<String, Error> {
    let param = tree.join(PARAM);
    let text = read(&param)?;
    let release = release(&text).ok_or(Error::Unexpected {
        path: param,
        expected: "a definition of __NetBSD_Version__ with the release behind it",
    })?;
    let copyright = read(&tree.join(COPYRIGHT))?;
    let full = format!("NetBSD {release} (RUMP-ROAST)\n");
    // The shell drops the file's last line ends, and the script adds an empty line.
    let copyright = format!("{}\n\n", copyright.trim_end_matches('\n'));
    let identification = format!("@(#){full}");
    Ok([
        ("ostype", "NetBSD"),
        ("osrelease", release),
        ("sccs", &identification),
        ("version", &full),
        ("buildinfo", ""),
        ("kernel_ident", "RUMP-ROAST"),
        ("copyright", &copyright),
    ]
    .iter()
    .map(|(name, value)| format!("const char {name}[] = {};\n", literal(value)))
    .collect())
}

/// The release in `#define __NetBSD_Version__ 799003400 /* NetBSD 7.99.34 */`, as osrelease.sh
/// prints it.
fn release(param: &str) -> Option<&str> {
    param.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let mut expect = |wanted: &str| words.next().filter(|word| *word == wanted);
        expect("#define")?;
        expect("__NetBSD_Version__")?;
        let mut words = words.skip_while(|word| *word != "NetBSD");
        words.next()?;
        words.next()
    })
}

/// A string literal of C, a line for each line of the text.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '\\' => literal.push_str("\\\\"),
            '"' => literal.push_str("\\\""),
            '\n' => literal.push_str("\\n\"\n\""),
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

/// Files of the tree are Latin-1 here and there.
fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(Error::file("read", path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
