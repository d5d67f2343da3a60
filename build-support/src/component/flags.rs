//! A flag variable as the compiler's arguments.

use std::ffi::OsString;
use std::path::Path;

use crate::bsdmake::{OBJECTS, TREE, inside, is_elsewhere, shown, words};

/// The words of a flag variable, without the shell's quotes, with paths of the tree folded and `-I.`
/// naming the object folder.
pub(super) fn arguments(value: &str) -> Vec<String> {
    words(value).map(|word| located(&unquoted(word))).collect()
}

/// Drops warnings, optimisation and debugging: these are the build's choice, not a component's.
pub(super) fn without_choices(arguments: Vec<String>) -> Vec<String> {
    let chosen = |flag: &String| {
        let warning =
            flag.starts_with("-W") && !flag.starts_with("-Wa,") && !flag.starts_with("-Wp,");
        warning
            || flag == "-Wa,--fatal-warnings"
            || flag.starts_with("-O")
            || flag.starts_with("-g")
    };
    arguments.into_iter().filter(|flag| !chosen(flag)).collect()
}

/// Flags for the compiler: the placeholders replaced by the folders of this build.
pub fn placed(flags: &[String], tree: &Path, objects: &Path) -> Vec<OsString> {
    flags
        .iter()
        .map(|flag| place(flag, &[(TREE, tree), (OBJECTS, objects)]))
        .collect()
}

fn place(flag: &str, folders: &[(&str, &Path)]) -> OsString {
    let found = folders.iter().find_map(|(placeholder, folder)| {
        flag.split_once(placeholder)
            .map(|(before, after)| (before, folder, after))
    });
    let Some((before, folder, after)) = found else {
        return flag.into();
    };
    let mut placed = OsString::from(before);
    placed.push(folder);
    placed.push(place(after, folders));
    placed
}

fn unquoted(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut quote = None;
    let mut rest = word.chars();
    while let Some(current) = rest.next() {
        match quote {
            Some(open) if current == open => quote = None,
            None if matches!(current, '"' | '\'') => quote = Some(current),
            None if current == '\\' => plain.extend(rest.next()),
            _ => plain.push(current),
        }
    }
    plain
}

fn located(word: &str) -> String {
    if word == "-I." {
        return format!("-I{OBJECTS}");
    }
    let Some(begin) = word.find(TREE) else {
        return word.to_owned();
    };
    match inside(&word[begin..]) {
        Some(path) if path.is_empty() => format!("{}{TREE}", &word[..begin]),
        Some(path) if is_elsewhere(&path) => {
            format!("{}{}", &word[..begin], shown(&path).display())
        }
        Some(path) => format!("{}{TREE}/{path}", &word[..begin]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_words_without_quotes() {
        assert_eq!(
            arguments(
                "-I@TREE@/sys/rump/../kern  -I. \"-D__va_list=va_list\" -DA='b c' -imacros x.h"
            ),
            [
                "-I@TREE@/sys/kern",
                "-I@OBJECTS@",
                "-D__va_list=va_list",
                "-DA=b c",
                "-imacros",
                "x.h"
            ]
        );
    }

    #[test]
    fn choices_of_the_build_are_dropped() {
        let flags = arguments("-O2 -g -Wall -Wa,--fatal-warnings -Wa,-Av8plus -mno-sse");
        assert_eq!(without_choices(flags), ["-Wa,-Av8plus", "-mno-sse"]);
    }

    #[test]
    fn placeholders_are_replaced() {
        let flags = ["-I@TREE@/sys".to_owned(), "-I@OBJECTS@".to_owned()];
        assert_eq!(
            placed(&flags, Path::new("/s"), Path::new("/o")),
            ["-I/s/sys", "-I/o"]
        );
    }
}
