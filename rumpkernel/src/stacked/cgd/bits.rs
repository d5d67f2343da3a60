//! Strings of bits as params files have them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A string of bits, a salt or a key: in params files the base64 of its length in bits, a big-endian
/// number of 32 bits, and of the bits. Overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Bits {
    /// As many bytes as the bits need.
    bytes: Zeroizing<Vec<u8>>,
    length: usize,
}

impl Bits {
    /// All bits of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Zeroizing::new(bytes.into());
        Self {
            length: bytes.len() * 8,
            bytes,
        }
    }

    /// Reads what a params file has. `None` if it is no base64, or holds fewer bits than it says.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let all = Zeroizing::new(STANDARD.decode(text).ok()?);
        let (length, bytes) = all.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let bytes = bytes.get(..length.div_ceil(8))?;
        Some(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            length,
        })
    }

    /// What a params file has.
    pub(super) fn encode(&self) -> Zeroizing<String> {
        let length = u32::try_from(self.length).unwrap_or(u32::MAX);
        let mut all = Zeroizing::new(length.to_be_bytes().to_vec());
        all.extend_from_slice(&self.bytes);
        Zeroizing::new(STANDARD.encode(&*all))
    }

    /// The bytes, the last of them in part if the length is no multiple of eight.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the length in bits.
    pub fn bits(&self) -> usize {
        self.length
    }
}

/// Shows the length only: keys are not for logs.
impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bits({} bits)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The salt of the example in cgdconfig(8).
    const SALT: &str = "AAAAgMoHiYonye6KogdYJAobCHE=";

    #[test]
    fn the_manual_pages_salt_has_128_bits() {
        let salt = Bits::decode(SALT).unwrap();
        assert_eq!(salt.bits(), 128);
        assert_eq!(salt.as_bytes()[..3], [0xca, 0x07, 0x89]);
        assert_eq!(&**salt.encode(), SALT);
        assert_eq!(format!("{salt:?}"), "Bits(128 bits)");
    }

    #[test]
    fn what_is_too_short_is_refused() {
        for text in [
            "",
            "AAAA",
            "AAAAgMoHiYonye6KogdYJAobCA==",
            "/////8oH",
            "not base64",
        ] {
            assert_eq!(Bits::decode(text), None, "{text}");
        }
        // Bits that do not fill their last byte.
        let bits = Bits::decode("AAAACf+A").unwrap();
        assert_eq!((bits.bits(), bits.as_bytes()), (9, &[0xff, 0x80][..]));
    }
}
