//! Numbers and texts in a structure on a disk.

/// The order of bytes in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// A piece of a disk. Beyond its end it has zeros, so that what is looked for there is not found.
pub(super) struct Block(Vec<u8>);

impl Block {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// All of it.
    pub(super) fn all(&self) -> &[u8] {
        &self.0
    }

    /// To change it, as fixups do.
    pub(super) fn all_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The bytes of a place, or as many of them as the block has.
    pub(super) fn part(&self, at: usize, length: usize) -> &[u8] {
        let end = at.saturating_add(length).min(self.0.len());
        self.0.get(at..end).unwrap_or_default()
    }

    pub(super) fn has(&self, at: usize, bytes: &[u8]) -> bool {
        self.part(at, bytes.len()) == bytes
    }

    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.part(at, N).try_into().unwrap_or([0; N])
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or_default()
    }

    pub(super) fn le16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.array(at))
    }

    pub(super) fn le32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    pub(super) fn le64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.array(at))
    }

    pub(super) fn be16(&self, at: usize) -> u16 {
        u16::from_be_bytes(self.array(at))
    }

    pub(super) fn be32(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.array(at))
    }

    pub(super) fn be64(&self, at: usize) -> u64 {
        u64::from_be_bytes(self.array(at))
    }

    pub(super) fn u16(&self, at: usize, order: Order) -> u16 {
        match order {
            Order::Little => self.le16(at),
            Order::Big => self.be16(at),
        }
    }

    pub(super) fn u32(&self, at: usize, order: Order) -> u32 {
        match order {
            Order::Little => self.le32(at),
            Order::Big => self.be32(at),
        }
    }

    pub(super) fn u64(&self, at: usize, order: Order) -> u64 {
        match order {
            Order::Little => self.le64(at),
            Order::Big => self.be64(at),
        }
    }

    /// The text that a field holds, up to a NUL and without spaces at its end; none if it is empty.
    pub(super) fn text(&self, at: usize, length: usize) -> Option<String> {
        text(self.part(at, length))
    }

    /// The UTF-16 that a field of so many bytes holds.
    pub(super) fn utf16(&self, at: usize, length: usize, order: Order) -> Option<String> {
        let units = self.part(at, length).chunks_exact(2);
        let units = units.map(|unit| match order {
            Order::Little => u16::from_le_bytes([unit[0], unit[1]]),
            Order::Big => u16::from_be_bytes([unit[0], unit[1]]),
        });
        let units = units.take_while(|unit| *unit != 0);
        let text: String = char::decode_utf16(units)
            .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        some(text.trim_end())
    }

    /// The 16 bytes of a UUID in the usual form; none if all are zero.
    pub(super) fn uuid(&self, at: usize) -> Option<String> {
        let bytes: [u8; 16] = self.array(at);
        (bytes != [0; 16]).then(|| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..],
            ];
            parts.join("-")
        })
    }

    /// A UUID whose first three numbers are little-endian, as in GPT.
    pub(super) fn mixed_uuid(&self, at: usize) -> Option<String> {
        let mut bytes: [u8; 16] = self.array(at);
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        Self(bytes.to_vec()).uuid(0)
    }
}

/// A text up to a NUL, without spaces at its end; none if it is empty.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let bytes = &bytes[..end.unwrap_or(bytes.len())];
    some(String::from_utf8_lossy(bytes).trim_end())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
