//! From a variable's text to its value.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::InvalidSetting;

/// Looks variables up, suffixed name first, and keeps account.
pub(super) struct Reader<'a> {
    suffix: String,
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    pub(super) names_read: Vec<String>,
}

/// A variable as it was found.
struct Found {
    variable: String,
    value: OsString,
}

impl Found {
    fn invalid(&self, allowed: &'static str) -> InvalidSetting {
        InvalidSetting {
            variable: self.variable.clone(),
            value: self.value.to_string_lossy().into_owned(),
            allowed,
        }
    }

    fn text(&self) -> Result<&str, InvalidSetting> {
        self.value
            .to_str()
            .map(str::trim)
            .ok_or_else(|| self.invalid("text in UTF-8"))
    }

    fn words(&self) -> Result<Vec<String>, InvalidSetting> {
        let separator = |c: char| c == ',' || c.is_whitespace();
        let words = self.text()?.split(separator);
        Ok(words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect())
    }

    fn flag(&self) -> Result<bool, InvalidSetting> {
        match self.text()? {
            "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            _ => Err(self.invalid("yes or no")),
        }
    }

    fn size(&self) -> Result<u64, InvalidSetting> {
        let text = self.text()?;
        let (number, shift) = match text.char_indices().next_back() {
            Some((end, 'K')) => (&text[..end], 10),
            Some((end, 'M')) => (&text[..end], 20),
            Some((end, 'G')) => (&text[..end], 30),
            _ => (text, 0),
        };
        number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(1 << shift))
            .ok_or_else(|| self.invalid("a size in bytes, or with K, M or G behind it"))
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(target: &str, lookup: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self {
            suffix: target.replace('-', "_"),
            lookup,
            names_read: Vec::new(),
        }
    }

    fn exact(&mut self, variable: String) -> Option<Found> {
        let value = (self.lookup)(&variable).filter(|value| !value.is_empty());
        self.names_read.push(variable.clone());
        value.map(|value| Found { variable, value })
    }

    fn find(&mut self, name: &str) -> Option<Found> {
        let suffixed = self.exact(format!("{name}_{}", self.suffix));
        // Both are always asked for, because either may be set later.
        let plain = self.exact(name.to_owned());
        suffixed.or(plain)
    }

    pub(super) fn path(&mut self, name: &str) -> Option<PathBuf> {
        self.find(name).map(|found| found.value.into())
    }

    /// Paths are separated as in `PATH`.
    pub(super) fn paths(&mut self, name: &str) -> Vec<PathBuf> {
        let found = self.find(name);
        let paths = found
            .iter()
            .flat_map(|found| env::split_paths(&found.value));
        paths.filter(|path| !path.as_os_str().is_empty()).collect()
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, InvalidSetting> {
        let found = self.find(name);
        found
            .map(|found| found.text().map(str::to_owned))
            .transpose()
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, InvalidSetting> {
        self.find(name).map(|found| found.flag()).transpose()
    }

    pub(super) fn size(&mut self, name: &str) -> Result<Option<u64>, InvalidSetting> {
        self.find(name).map(|found| found.size()).transpose()
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Vec<String>, InvalidSetting> {
        self.find(name)
            .map_or(Ok(Vec::new()), |found| found.words())
    }

    /// Flags may be quoted as in a shell.
    pub(super) fn flags(&mut self, name: &str) -> Result<Vec<String>, InvalidSetting> {
        self.find(name).map_or(Ok(Vec::new()), |found| {
            shlex::split(found.text()?).ok_or_else(|| found.invalid("flags with balanced quotes"))
        })
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &str,
        choices: &[(&str, T)],
        allowed: &'static str,
    ) -> Result<Option<T>, InvalidSetting> {
        let Some(found) = self.find(name) else {
            return Ok(None);
        };
        let text = found.text()?;
        match choices.iter().find(|(choice, _)| *choice == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(found.invalid(allowed)),
        }
    }

    /// `all`, `none` or releases, separated by commas.
    pub(super) fn compat(&mut self, name: &str) -> Result<String, InvalidSetting> {
        let Some(found) = self.find(name) else {
            return Ok("all".to_owned());
        };
        let is_release =
            |word: &String| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        match found.text()? {
            "all" | "default" => Ok("all".to_owned()),
            "none" => Ok("none".to_owned()),
            _ => Some(found.words()?)
                .filter(|words| !words.is_empty() && words.iter().all(is_release))
                .map(|words| words.join(","))
                .ok_or_else(|| found.invalid("all, none or a list of releases such as 50,60,70")),
        }
    }

    /// Cargo's own variable counts where ours is not set.
    pub(super) fn offline(&mut self) -> Result<bool, InvalidSetting> {
        let ours = self.flag("RUMPKERNEL_OFFLINE")?;
        let cargos = self.exact("CARGO_NET_OFFLINE".to_owned());
        match (ours, cargos) {
            (Some(offline), _) => Ok(offline),
            (None, Some(found)) => found.flag(),
            (None, None) => Ok(false),
        }
    }
}
