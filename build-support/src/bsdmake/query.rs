//! The shell commands behind `!=` that are answered without a shell.

use super::error::Fault;
use super::tree;

/// Answers whether the target's compiler accepts a probe.
///
/// A probe is named by the macro that selects it in the probe's source, such as `LDREX_TEST` of
/// `common/lib/libc/arch/arm/features.c`. `None` means that there is no answer, which ends the evaluation
/// with [`Fault::UnansweredProbe`].
pub type Probes<'a> = &'a dyn Fn(&str) -> Option<bool>;

/// The output of `command`, expanded.
///
/// Known are `cd folder; pwd` and a compiler's `-fsyntax-only` answered by yes or no.
pub(crate) fn answer(command: &str, probes: Probes<'_>) -> Result<String, Fault> {
    let command = command.trim();
    let unknown = || Fault::UnknownCommand(command.to_owned());
    if let Some(folder) = command
        .strip_suffix("pwd")
        .map(|rest| rest.trim_end().trim_end_matches(['&', ';']))
        .and_then(|rest| rest.trim().strip_prefix("cd "))
    {
        let folder = tree::inside(folder.trim().trim_matches('"')).ok_or_else(unknown)?;
        return Ok(tree::outside(&folder));
    }
    let probe = command
        .strip_prefix("if ")
        .and_then(|rest| {
            rest.split_once(" >/dev/null 2>/dev/null; then echo yes; else echo no; fi")
        })
        .filter(|(compiler, after)| compiler.contains(" -fsyntax-only ") && after.is_empty());
    if let Some((compiler, _)) = probe {
        // Flags of the component come before the probe's own macro.
        let selected = compiler
            .split_whitespace()
            .rfind(|word| word.starts_with("-D"));
        let name = selected
            .and_then(|word| word.strip_prefix("-D"))
            .ok_or_else(unknown)?;
        let accepted = probes(name).ok_or_else(|| Fault::UnansweredProbe(name.to_owned()))?;
        return Ok(if accepted { "yes" } else { "no" }.to_owned());
    }
    Err(unknown())
}
