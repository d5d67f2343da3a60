//! The image's memory as it is at first, and where its pages are what.

use std::ops::Range;

use object::Endianness;

use super::object::{Load, Object};
use super::{Error, Segment};

/// What offsets reach.
const MAXIMUM: u64 = u32::MAX as u64;

/// Memory under construction. Addresses are those that the linker chose.
pub(super) struct Memory {
    /// The address of the first byte. What only dynamic linkers read lies before it.
    origin: u64,
    /// The address of the end.
    end: u64,
    page: u64,
    content: Vec<u8>,
    word: usize,
    endian: Endianness,
}

impl Memory {
    /// Lays the segments out.
    pub(super) fn new(object: &Object<'_>, page: u32) -> Result<Self, Error> {
        let page = u64::from(page);
        let needed = object.sections.iter().filter(|section| !section.is_linkers);
        let first = needed.map(|section| section.range.start).min();
        let first = first.ok_or_else(|| Error::Malformed("it is empty".into()))?;
        let origin = first - first % page;
        let end = object.loads.iter().map(|load| load.range.end).max();
        let end = end.and_then(|end| end.checked_next_multiple_of(page));
        let size = end.and_then(|end| end.checked_sub(origin));
        let (Some(end), Some(0..=MAXIMUM)) = (end, size) else {
            return Err(Error::Layout("it is larger than 4 GiB".into()));
        };
        let mut memory = Self {
            origin,
            end,
            page,
            content: Vec::new(),
            word: object.word,
            endian: object.endian,
        };
        for load in &object.loads {
            memory.place(load);
        }
        Ok(memory)
    }

    fn place(&mut self, load: &Load<'_>) {
        // What lies before the origin is left out.
        let skipped = self.origin.saturating_sub(load.range.start) as usize;
        let content = load.content.get(skipped..).unwrap_or_default();
        if !content.is_empty() {
            let start = (load.range.start + skipped as u64 - self.origin) as usize;
            self.reach(start + content.len());
            self.content[start..start + content.len()].copy_from_slice(content);
        }
    }

    /// Makes the content long enough to hold what is before `end`.
    fn reach(&mut self, end: usize) {
        let length = end.next_multiple_of(self.page as usize);
        if self.content.len() < length {
            self.content.resize(length, 0);
        }
    }

    /// The distance of an address from the image's beginning.
    pub(super) fn offset(&self, address: u64) -> Result<u32, Error> {
        if !(self.origin..=self.end).contains(&address) {
            let reason = format!("address {address:#x} lies outside of it");
            return Err(Error::Malformed(reason));
        }
        Ok((address - self.origin) as u32)
    }

    /// The distances of a range's ends.
    pub(super) fn offsets(&self, range: &Range<u64>) -> Result<Range<u32>, Error> {
        Ok(self.offset(range.start)?..self.offset(range.end)?)
    }

    /// What is to be added to the image's address to get at what the linker put at `address`, which
    /// may lie anywhere.
    pub(super) fn distance(&self, address: u64) -> u64 {
        address.wrapping_sub(self.origin)
    }

    /// The word at an address.
    pub(super) fn word(&mut self, address: u64) -> Result<u64, Error> {
        let place = self.place_of_word(address)?;
        let bytes = &self.content[place..place + self.word];
        let value = bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        let unused = 64 - 8 * self.word as u32;
        Ok(match self.endian {
            Endianness::Big => value,
            Endianness::Little => value.swap_bytes() >> unused,
        })
    }

    /// Writes the word at an address; a 32-bit one is the low half of `value`.
    pub(super) fn set_word(&mut self, address: u64, value: u64) -> Result<(), Error> {
        let place = self.place_of_word(address)?;
        let word = self.word;
        let bytes = &mut self.content[place..place + word];
        match self.endian {
            Endianness::Big => bytes.copy_from_slice(&value.to_be_bytes()[8 - word..]),
            Endianness::Little => bytes.copy_from_slice(&value.to_le_bytes()[..word]),
        }
        Ok(())
    }

    /// The bytes of an instruction, or of what else has content.
    pub(super) fn code(&mut self, range: &Range<u64>) -> Result<&mut [u8], Error> {
        let range = self.offsets(range)?;
        let code = self
            .content
            .get_mut(range.start as usize..range.end as usize);
        code.ok_or_else(|| Error::Malformed("code lies where nothing is".into()))
    }

    /// Where in the content the word lies, which may be memory that is zero at first.
    fn place_of_word(&mut self, address: u64) -> Result<usize, Error> {
        let start = self.offset(address)? as usize;
        let end = self.offset(address.saturating_add(self.word as u64))? as usize;
        self.reach(end);
        Ok(start)
    }

    /// Memory by protection, in whole pages.
    pub(super) fn segments(&self, object: &Object<'_>) -> Result<Vec<Segment>, Error> {
        let mut segments: Vec<Segment> = Vec::new();
        let mut add = |range: Range<u64>, writable, executable| {
            if range.is_empty() {
                return Ok(());
            }
            let range = self.offsets(&range)?;
            if segments
                .last()
                .is_some_and(|last| last.range.end > range.start)
            {
                return Err(Error::Layout("two segments share a page".into()));
            }
            segments.push(Segment {
                range,
                writable,
                executable,
            });
            Ok(())
        };
        for load in &object.loads {
            if load.writable && load.executable {
                return Err(Error::Layout("memory is writable and code".into()));
            }
            let start = self.page_of(load.range.start).max(self.origin);
            let end = load.range.end.next_multiple_of(self.page).max(start);
            // What the loader fills in and the kernel only reads, as far as it has pages of its own.
            let fixed = object.relro.as_ref().filter(|relro| {
                load.writable && self.page_of(relro.start) == start && relro.end > start
            });
            let fixed_end = fixed.map_or(start, |relro| self.page_of(relro.end).min(end));
            add(start..fixed_end, false, false)?;
            add(fixed_end..end, load.writable, load.executable)?;
        }
        Ok(segments)
    }

    fn page_of(&self, address: u64) -> u64 {
        address - address % self.page
    }

    /// The content, and the size with what is zero at first.
    pub(super) fn finish(self) -> (Vec<u8>, u32) {
        (self.content, (self.end - self.origin) as u32)
    }
}
