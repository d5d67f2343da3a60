//! Answers to requests for descriptors.

use super::device::{Refusal, Setup};

/// A device's descriptors (USB 2.0, 9.5 and 9.6), for those who emulate one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// The device descriptor.
    pub device: [u8; 18],
    /// Each configuration with its interfaces, endpoints and what else belongs to it.
    pub configurations: Vec<Vec<u8>>,
    /// The strings with the numbers from 1 on, in US English.
    pub strings: Vec<String>,
}

impl Descriptors {
    const GET_DESCRIPTOR: u8 = 6;
    const DEVICE: u8 = 1;
    const CONFIGURATION: u8 = 2;
    const STRING: u8 = 3;
    /// Direction to the host, standard type, the device for a recipient.
    const FROM_DEVICE: u8 = 0x80;
    const US_ENGLISH: u16 = 0x0409;

    /// Answers `GET_DESCRIPTOR` into `data`: how many bytes that are.
    ///
    /// # Errors
    ///
    /// [`Refusal::Stall`] for any other request, and for a descriptor that there is not.
    pub fn answer(&self, setup: &Setup, data: &mut [u8]) -> Result<usize, Refusal> {
        if (setup.request_type, setup.request) != (Self::FROM_DEVICE, Self::GET_DESCRIPTOR) {
            return Err(Refusal::Stall);
        }
        let [index, kind] = setup.value.to_le_bytes();
        let descriptor = match kind {
            Self::DEVICE if index == 0 => self.device.to_vec(),
            Self::CONFIGURATION => self
                .configurations
                .get(usize::from(index))
                .cloned()
                .ok_or(Refusal::Stall)?,
            Self::STRING => self.string(index).ok_or(Refusal::Stall)?,
            _ => return Err(Refusal::Stall),
        };
        let length = descriptor.len().min(data.len());
        data[..length].copy_from_slice(&descriptor[..length]);
        Ok(length)
    }

    /// A string descriptor; number 0 is the list of languages.
    fn string(&self, index: u8) -> Option<Vec<u8>> {
        const LONGEST: usize = 126;
        let units: Vec<u16> = match usize::from(index).checked_sub(1) {
            None => vec![Self::US_ENGLISH],
            Some(place) => self
                .strings
                .get(place)?
                .encode_utf16()
                .take(LONGEST)
                .collect(),
        };
        // At most 254.
        let mut descriptor = vec![(2 + 2 * units.len()) as u8, Self::STRING];
        descriptor.extend(units.into_iter().flat_map(u16::to_le_bytes));
        Some(descriptor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(descriptors: &Descriptors, value: u16, room: u16) -> Result<Vec<u8>, Refusal> {
        let setup = Setup {
            request_type: 0x80,
            request: 6,
            value,
            index: 0,
            length: room,
        };
        let mut data = vec![0; room.into()];
        let length = descriptors.answer(&setup, &mut data)?;
        data.truncate(length);
        Ok(data)
    }

    #[test]
    fn descriptors_are_found_and_cut() {
        let descriptors = Descriptors {
            device: [7; 18],
            configurations: vec![vec![9, 2, 9, 0, 1, 1, 0, 0x80, 50]],
            strings: vec!["a\u{20ac}".to_owned()],
        };
        let ask = |value, room| ask(&descriptors, value, room);
        assert_eq!(ask(0x0100, 8), Ok(vec![7; 8]));
        assert_eq!(ask(0x0200, 255).unwrap().len(), 9);
        assert_eq!(ask(0x0201, 255), Err(Refusal::Stall));
        assert_eq!(ask(0x0300, 255), Ok(vec![4, 3, 0x09, 0x04]));
        assert_eq!(ask(0x0301, 255), Ok(vec![6, 3, b'a', 0, 0xac, 0x20]));
        assert_eq!(ask(0x0302, 255), Err(Refusal::Stall));
        assert_eq!(ask(0x0600, 255), Err(Refusal::Stall));
    }
}
