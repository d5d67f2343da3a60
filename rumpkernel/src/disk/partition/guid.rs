//! Identifiers of GUID partition tables.

use std::fmt;
use std::str::FromStr;

use super::PartitionError;

/// A globally unique identifier, shown as `0fc63daf-8483-4772-8e79-3d69d8477de4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(u128);

impl Guid {
    /// No identifier: the type of an entry that is not used.
    pub const NIL: Self = Self(0);

    /// The identifier whose digits are those of this number.
    pub const fn from_u128(number: u128) -> Self {
        Self(number)
    }

    /// Makes a random identifier (version 4 of RFC 9562).
    ///
    /// # Errors
    ///
    /// [`PartitionError::NoRandomNumbers`].
    pub fn random() -> Result<Self, PartitionError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| PartitionError::NoRandomNumbers(std::io::Error::other(error)))?;
        let number = u128::from_be_bytes(bytes);
        let versioned = number & !(0xf << 76) | 4 << 76;
        Ok(Self(versioned & !(3 << 62) | 2 << 62))
    }

    /// From a table, where the first three groups of digits are little-endian.
    pub(super) fn from_disk(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(swapped(bytes)))
    }

    /// The bytes as a table has them.
    pub(super) fn to_disk(self) -> [u8; 16] {
        swapped(self.0.to_be_bytes())
    }
}

/// Turns the first three groups around.
fn swapped(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032x}", self.0);
        let (a, b, c) = (&digits[..8], &digits[8..12], &digits[12..16]);
        write!(f, "{a}-{b}-{c}-{}-{}", &digits[16..20], &digits[20..])
    }
}

impl FromStr for Guid {
    type Err = PartitionError;

    /// Reads 32 hexadecimal digits, in groups of 8, 4, 4, 4 and 12.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths = groups.iter().map(|group| group.len());
        let is_hex = text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        let number = match is_hex && lengths.eq([8, 4, 4, 4, 12]) {
            true => u128::from_str_radix(&groups.concat(), 16).ok(),
            false => None,
        };
        number.map(Self).ok_or_else(|| PartitionError::BadGuid {
            given: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_groups_are_little_endian_on_disk() {
        let text = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
        let guid: Guid = text.to_uppercase().parse().unwrap();
        assert_eq!(guid.to_string(), text);
        let bytes = guid.to_disk();
        assert_eq!(bytes[..8], [0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11]);
        assert_eq!(bytes[8..10], [0xba, 0x4b]);
        assert_eq!(Guid::from_disk(bytes), guid);
    }

    #[test]
    fn what_is_no_guid_is_refused() {
        for text in ["", "c12a7328", "c12a7328-f81f-11d2-ba4b-00a0c93ec93", "é-"] {
            let error = text.parse::<Guid>().unwrap_err().to_string();
            assert!(error.contains("8-4-4-4-12"), "{error}");
        }
    }

    #[test]
    fn random_ones_differ_and_say_their_version() {
        let (one, other) = (Guid::random().unwrap(), Guid::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(&one.to_string()[14..15], "4");
    }
}
