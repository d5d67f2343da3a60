//! Which of a view's macros are constants that the library's users need.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::{Failure, selection, view::View};

/// The macros of `view` that [`selection`] asks for and that are integers, sorted by name.
pub(crate) fn in_view(view: &View) -> Result<Vec<String>, Failure> {
    let defines = view.preprocess(&["-dM"])?;
    let names: BTreeSet<&str> = defines
        .lines()
        .filter_map(|line| line.strip_prefix("#define "))
        .filter_map(|define| define.split_once(' '))
        .filter(|(name, value)| selection::wants_constant(name, value))
        .map(|(name, _)| name)
        .filter(|name| !name.contains('('))
        .collect();
    integers(view, &names.into_iter().collect::<Vec<_>>())
}

/// Those of `names` that clang accepts as integer constant expressions.
fn integers(view: &View, names: &[&str]) -> Result<Vec<String>, Failure> {
    const PROBE: &str = "probe";
    let mut text = format!(
        "#include \"{}\"\n#line 0 \"{PROBE}\"\n",
        view.headers.display()
    );
    for name in names {
        writeln!(text, "_Static_assert(({name}) * 0 == 0, \"\");")?;
    }
    let file = tempfile::Builder::new().suffix(".c").tempfile()?;
    std::fs::write(file.path(), text)?;
    let output = view.clang(
        file.path(),
        &["-fsyntax-only", "-ferror-limit=0", "-fno-caret-diagnostics"],
    )?;
    let messages = String::from_utf8(output.stderr)?;
    let mut refused = BTreeSet::new();
    for line in messages.lines().filter(|line| line.contains("error:")) {
        let number = line
            .strip_prefix(PROBE)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(|rest| rest.split(':').next())
            .ok_or_else(|| format!("the headers do not compile: {line}"))?;
        refused.insert(number.parse::<usize>()?);
    }
    Ok(names
        .iter()
        .enumerate()
        .filter(|(index, _)| !refused.contains(index))
        .map(|(_, name)| (*name).to_owned())
        .collect())
}
