//! How a disk is encrypted: what cgdconfig(8) has in params files.

use std::fmt;
use std::io;

use super::{Bits, Key, key};
use crate::ErrorKind;

/// How a disk is encrypted. Parsed from the text of cgdconfig(8)'s params files; `{}` writes such a
/// file, keys that are stored in it included.
///
/// ```
/// use rumpkernel::stacked::{Algorithm, IvMethod, Params, Verification};
///
/// let params: Params = "
///     algorithm aes-cbc;
///     iv-method encblkno1;
///     keylength 256;
///     verify_method ffs;
///     keygen pkcs5_pbkdf2/sha1 {
///         iterations 39361;
///         salt AAAAgMoHiYonye6KogdYJAobCHE=;
///     };
/// ".parse()?;
/// assert_eq!(params.algorithm, Algorithm::AesCbc);
/// assert_eq!(params.iv_method, IvMethod::EncBlkNo1);
/// assert_eq!(params.verification, Verification::Ffs);
/// assert_eq!(params.passphrases(), 1);
/// # Ok::<(), rumpkernel::stacked::ParamsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// The cipher.
    pub algorithm: Algorithm,
    /// How initialization vectors are made.
    pub iv_method: IvMethod,
    /// The length of the key in bits.
    pub key_length: usize,
    /// The check that shows whether the key is right.
    pub verification: Verification,
    /// The methods that make the key, whose results are combined by exclusive or.
    pub key_generation: Vec<KeyGeneration>,
}

/// A cipher of cgd(4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// AES in CBC mode, with keys of 128, 192 or 256 bits.
    AesCbc,
    /// Triple DES in CBC mode, with keys of 192 bits, parity bits included.
    TripleDesCbc,
    /// Blowfish in CBC mode, with keys of 40 to 448 bits.
    BlowfishCbc,
}

/// How the initialization vector of a sector is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IvMethod {
    /// The sector's number, encrypted once, as one block.
    EncBlkNo1,
    /// The sector's number, encrypted with eight times as many blocks as needed: what old NetBSD's
    /// did, by mistake. Params files call it `encblkno`, too.
    EncBlkNo8,
}

/// The check that shows whether the key is right, once the disk is decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verification {
    /// Nothing: with a wrong key what is read looks random.
    None,
    /// A disklabel of BSD's in the first 8 KiB.
    Disklabel,
    /// The superblock of a Berkeley fast file system.
    Ffs,
    /// That whoever knows the passphrase types it twice, which is the program's to ask. Nothing is
    /// looked for on the disk.
    ReEnter,
    /// A master boot record.
    Mbr,
    /// The header of a GUID partition table.
    Gpt,
}

/// A method that makes a key, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyGeneration {
    /// A passphrase by PBKDF2 with HMAC-SHA-1, `pkcs5_pbkdf2/sha1`.
    Pbkdf2 {
        /// The salt that is hashed with the passphrase.
        salt: Bits,
        /// How often.
        iterations: u32,
    },
    /// A passphrase, by what NetBSD took for PBKDF2 at first, `pkcs5_pbkdf2`.
    OldPbkdf2 {
        /// The salt that is hashed with the passphrase.
        salt: Bits,
        /// How often.
        iterations: u32,
    },
    /// This key, `storedkey`.
    Stored(Bits),
    /// Random numbers, another key each time, `randomkey`: for scratch disks.
    Random,
}

impl Algorithm {
    pub(super) const ALL: [Self; 3] = [Self::AesCbc, Self::TripleDesCbc, Self::BlowfishCbc];

    /// The name in params files, and in the kernel.
    pub fn name(self) -> &'static str {
        match self {
            Self::AesCbc => "aes-cbc",
            Self::TripleDesCbc => "3des-cbc",
            Self::BlowfishCbc => "blowfish-cbc",
        }
    }

    /// Returns the length of a block in bits.
    pub(super) fn block_bits(self) -> usize {
        match self {
            Self::AesCbc => 128,
            Self::TripleDesCbc | Self::BlowfishCbc => 64,
        }
    }

    /// Returns the key length in bits that [`Params::with_passphrase`] chooses.
    pub(super) fn usual_key_length(self) -> usize {
        match self {
            Self::AesCbc | Self::BlowfishCbc => 256,
            Self::TripleDesCbc => 192,
        }
    }

    /// Returns whether there are keys of so many bits.
    pub(super) fn takes(self, bits: usize) -> bool {
        match self {
            Self::AesCbc => matches!(bits, 128 | 192 | 256),
            Self::TripleDesCbc => bits == 192,
            Self::BlowfishCbc => (40..=448).contains(&bits) && bits.is_multiple_of(8),
        }
    }
}

impl IvMethod {
    /// The name in params files, and in the kernel.
    pub fn name(self) -> &'static str {
        match self {
            Self::EncBlkNo1 => "encblkno1",
            Self::EncBlkNo8 => "encblkno8",
        }
    }
}

impl Verification {
    pub(super) const ALL: [Self; 6] = [
        Self::None,
        Self::Disklabel,
        Self::Ffs,
        Self::ReEnter,
        Self::Mbr,
        Self::Gpt,
    ];

    /// The name in params files.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Disklabel => "disklabel",
            Self::Ffs => "ffs",
            Self::ReEnter => "re-enter",
            Self::Mbr => "mbr",
            Self::Gpt => "gpt",
        }
    }
}

impl KeyGeneration {
    pub(super) fn needs_passphrase(&self) -> bool {
        matches!(self, Self::Pbkdf2 { .. } | Self::OldPbkdf2 { .. })
    }
}

impl Params {
    /// New params for a passphrase: the algorithm's usual key length, a random salt, and this number
    /// of iterations, of which a million take some tenths of a second.
    ///
    /// # Errors
    ///
    /// That the host has no random numbers.
    pub fn with_passphrase(algorithm: Algorithm, iterations: u32) -> io::Result<Self> {
        let salt = Bits::new(key::random(16)?.to_vec());
        Ok(Self {
            key_generation: vec![KeyGeneration::Pbkdf2 { salt, iterations }],
            ..Self::with_random_key(algorithm)
        })
    }

    /// New params for a scratch disk, which nobody can read once it is unconfigured.
    pub fn with_random_key(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            iv_method: IvMethod::EncBlkNo1,
            key_length: algorithm.usual_key_length(),
            verification: Verification::None,
            key_generation: vec![KeyGeneration::Random],
        }
    }

    /// Checks what the driver asserts, or takes on trust.
    pub(super) fn check(&self, key: &Key) -> Result<(), ErrorKind> {
        let reason = if !self.algorithm.takes(self.key_length) {
            let (bits, name) = (self.key_length, self.algorithm.name());
            format!("{name} has no keys of {bits} bits")
        } else if key.bits() != self.key_length {
            let (bits, expected) = (key.bits(), self.key_length);
            format!("a key of {expected} bits was expected, and has {bits}")
        } else {
            return Ok(());
        };
        Err(ErrorKind::BadConfiguration { reason })
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "algorithm {};", self.algorithm.name())?;
        writeln!(f, "iv-method {};", self.iv_method.name())?;
        writeln!(f, "keylength {};", self.key_length)?;
        writeln!(f, "verify_method {};", self.verification.name())?;
        for method in &self.key_generation {
            let (name, iterations, salt) = match method {
                KeyGeneration::Pbkdf2 { salt, iterations } => {
                    ("pkcs5_pbkdf2/sha1", iterations, salt)
                }
                KeyGeneration::OldPbkdf2 { salt, iterations } => ("pkcs5_pbkdf2", iterations, salt),
                KeyGeneration::Stored(key) => {
                    writeln!(f, "keygen storedkey key {};", *key.encode())?;
                    continue;
                }
                KeyGeneration::Random => {
                    writeln!(f, "keygen randomkey;")?;
                    continue;
                }
            };
            writeln!(f, "keygen {name} {{")?;
            writeln!(f, "        iterations {iterations};")?;
            writeln!(f, "        salt {};", *salt.encode())?;
            writeln!(f, "}};")?;
        }
        Ok(())
    }
}
