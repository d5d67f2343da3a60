//! Keys: digests of everything that makes one result differ from another.

use std::fmt;

use sha2::{Digest, Sha256};

/// The revision of this crate's own sources, from its build script: another one may make another
/// library of the same inputs.
const REVISION: &str = env!("BUILDER_REVISION");

/// A digest, written in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes the parts of a key one after the other. Where a part ends counts.
#[derive(Debug, Clone)]
pub struct KeyBuilder {
    digest: Sha256,
}

impl KeyBuilder {
    /// A key of a kind; keys of different kinds differ, and so do those of different builders.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let digest = Sha256::new();
        Self { digest }.with(REVISION).with(kind)
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.digest.update((part.len() as u64).to_le_bytes());
        self.digest.update(part);
        self
    }

    /// Adds any number of parts. How many there are counts.
    #[must_use]
    pub fn with_all<T: AsRef<[u8]>>(self, parts: impl IntoIterator<Item = T>) -> Self {
        let parts: Vec<T> = parts.into_iter().collect();
        let count = (parts.len() as u64).to_le_bytes();
        parts.into_iter().fold(self.with(count), Self::with)
    }

    /// The key.
    #[must_use]
    pub fn key(self) -> Key {
        // 128 bits are enough to tell a user's builds apart, and keep paths short.
        let bytes = self.digest.finalize();
        let hexadecimal = bytes.iter().take(16).map(|byte| format!("{byte:02x}"));
        Key(hexadecimal.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_parts_end_counts() {
        let key = |parts: &[&str]| KeyBuilder::new("test").with_all(parts).key();
        assert_eq!(key(&["ab", "c"]), key(&["ab", "c"]));
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["ab"]), key(&["ab", ""]));
        assert_ne!(KeyBuilder::new("a").key(), KeyBuilder::new("b").key());
        assert_eq!(key(&[]).to_string().len(), 32);
    }
}
