//! Keys.

use std::fmt;
use std::io;

use zeroize::Zeroizing;

use super::{KeyGeneration, Params, pbkdf2};

/// The key of an encrypted disk. Overwritten when dropped; not shown by `{:?}`.
pub struct Key(Zeroizing<Vec<u8>>);

/// Why there is no key.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Each method of the params that derives a key from a passphrase wants one.
    #[error(
        "the params ask for {expected} passphrases, one for each pkcs5_pbkdf2, and {found} were given"
    )]
    Passphrases {
        /// How many the params ask for.
        expected: usize,
        /// How many there were.
        found: usize,
    },
    /// The host has no random numbers.
    #[error("the host has no random numbers")]
    Random(#[source] io::Error),
}

impl fmt::Debug for KeyError {
    /// As it is displayed, for programs whose `main` returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Key {
    /// A key that is already known, of as many bits as the params' key length.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// Returns its length in bits.
    pub fn bits(&self) -> usize {
        self.0.len() * 8
    }

    /// The key with another byte behind it, because the driver reads one more than it has.
    pub(super) fn for_kernel(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len() + 1));
        bytes.extend_from_slice(&self.0);
        bytes.push(0);
        bytes
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} bits)", self.bits())
    }
}

impl Params {
    /// Makes the key: what the methods of the params give, each with its own passphrase where it
    /// needs one, combined by exclusive or. It takes as long as the number of iterations asks for,
    /// about a second for what cgdconfig(8) chooses.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn key(&self, passphrases: &[impl AsRef<[u8]>]) -> Result<Key, KeyError> {
        let expected = self.passphrases();
        if passphrases.len() != expected {
            return Err(KeyError::Passphrases {
                expected,
                found: passphrases.len(),
            });
        }
        let length = self.key_length / 8;
        let mut passphrases = passphrases.iter().map(AsRef::as_ref);
        let mut key = Zeroizing::new(vec![0; length]);
        for method in &self.key_generation {
            let mut derive = |salt: &[u8], iterations, first| {
                let passphrase = passphrases.next().unwrap_or_default();
                pbkdf2::derive(passphrase, salt, iterations, first, length)
            };
            let part = match method {
                KeyGeneration::Pbkdf2 { salt, iterations } => {
                    derive(salt.as_bytes(), *iterations, 1)
                }
                KeyGeneration::OldPbkdf2 { salt, iterations } => {
                    derive(salt.as_bytes(), *iterations, 0)
                }
                KeyGeneration::Stored(key) => Zeroizing::new(key.as_bytes().to_vec()),
                KeyGeneration::Random => random(length).map_err(KeyError::Random)?,
            };
            key.iter_mut()
                .zip(&*part)
                .for_each(|(key, byte)| *key ^= byte);
        }
        Ok(Key(key))
    }

    /// Returns how many passphrases [`key`](Self::key) needs.
    pub fn passphrases(&self) -> usize {
        let methods = self.key_generation.iter();
        methods.filter(|method| method.needs_passphrase()).count()
    }
}

/// Random bytes of the host's.
pub(super) fn random(length: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacked::{Algorithm, Bits};

    fn params(key_generation: Vec<KeyGeneration>) -> Params {
        Params {
            key_generation,
            ..Params::with_random_key(Algorithm::AesCbc)
        }
    }

    fn stored(byte: u8) -> KeyGeneration {
        KeyGeneration::Stored(Bits::new([byte; 32]))
    }

    #[test]
    fn methods_are_combined_by_exclusive_or() {
        let none: [&str; 0] = [];
        let key = params(vec![stored(0x0f), stored(0xff)]).key(&none).unwrap();
        assert_eq!(*key.0, [0xf0; 32]);
        assert_eq!(format!("{key:?}"), "Key(256 bits)");
    }

    #[test]
    fn each_derivation_takes_a_passphrase() {
        let method = || KeyGeneration::Pbkdf2 {
            salt: Bits::new(*b"salt"),
            iterations: 2,
        };
        let two = params(vec![method(), stored(0), method()]);
        let error = two.key(&["one"]).unwrap_err();
        assert!(
            matches!(
                error,
                KeyError::Passphrases {
                    expected: 2,
                    found: 1
                }
            ),
            "{error}"
        );
        // The same twice is nothing.
        assert_eq!(*two.key(&["a", "a"]).unwrap().0, [0; 32]);
        assert_ne!(*two.key(&["a", "b"]).unwrap().0, [0; 32]);
    }

    #[test]
    fn random_keys_differ() {
        let (params, none) = (params(vec![KeyGeneration::Random]), [""; 0]);
        assert_ne!(*params.key(&none).unwrap().0, *params.key(&none).unwrap().0);
    }
}
