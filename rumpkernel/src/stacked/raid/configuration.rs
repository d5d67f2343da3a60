//! What an array is made of.

use std::ffi::{CStr, c_char};
use std::ptr;

use rumpkernel_sys as sys;

use crate::ErrorKind;
use crate::mount::Below;

/// How an array lays data out on its components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RaidLevel {
    /// Stripes without redundancy: one component lost is all lost.
    Zero,
    /// Two mirrors.
    One,
    /// Stripes, with parity on one component.
    Four,
    /// Stripes, with parity spread over all components.
    Five,
}

/// Options of a new array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaidOptions {
    pub(super) serial: i32,
    pub(super) sectors: u16,
}

impl Default for RaidOptions {
    fn default() -> Self {
        Self {
            serial: 1,
            sectors: 32,
        }
    }
}

impl RaidOptions {
    /// Serial number 1, stripe units of 16 KiB.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number by which components of an array know each other; a different one for each array.
    #[must_use]
    pub fn serial(self, serial: i32) -> Self {
        Self { serial, ..self }
    }

    /// The number of consecutive sectors of 512 bytes that lie on one component.
    #[must_use]
    pub fn stripe_unit(self, sectors: u16) -> Self {
        Self { sectors, ..self }
    }
}

impl RaidLevel {
    const ALL: [Self; 4] = [Self::Zero, Self::One, Self::Four, Self::Five];

    /// The driver's name for it.
    pub(super) fn digit(self) -> u8 {
        match self {
            Self::Zero => b'0',
            Self::One => b'1',
            Self::Four => b'4',
            Self::Five => b'5',
        }
    }

    pub(super) fn of_digit(digit: i32) -> Option<Self> {
        let mut levels = Self::ALL.into_iter();
        levels.find(|level| i32::from(level.digit()) == digit)
    }

    /// Returns how many components may be lost.
    pub fn redundancy(self) -> usize {
        match self {
            Self::Zero => 0,
            Self::One | Self::Four | Self::Five => 1,
        }
    }

    /// Returns the columns of an array of so many components.
    pub(super) fn check(self, count: usize) -> Result<Vec<Column>, ErrorKind> {
        let (least, most) = match self {
            Self::Zero => (1, sys::RF_MAXCOL as usize),
            Self::One => (2, 2),
            Self::Four | Self::Five => (3, sys::RF_MAXCOL as usize),
        };
        if !(least..=most).contains(&count) {
            return Err(ErrorKind::BadConfiguration {
                reason: format!("RAID {self:?} has {least} to {most} components, not {count}"),
            });
        }
        Ok((0..count).map(Column::Component).collect())
    }
}

/// A column of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The component of this number among those that were attached.
    Component(usize),
    Missing,
}

/// What an array is made of.
#[derive(Debug)]
pub(super) struct Configuration {
    pub(super) level: RaidLevel,
    pub(super) columns: Vec<Column>,
    pub(super) sectors_per_unit: i64,
    pub(super) units_per_parity: i64,
    pub(super) units_per_reconstruction: i64,
    /// The labels are new, so that what they say is passed over.
    pub(super) is_new: bool,
}

impl Configuration {
    pub(super) fn new(level: RaidLevel, options: RaidOptions, columns: Vec<Column>) -> Self {
        Self {
            level,
            columns,
            sectors_per_unit: options.sectors.max(1).into(),
            units_per_parity: 1,
            units_per_reconstruction: 1,
            is_new: true,
        }
    }

    /// Returns the components that are used, and renumbers the columns by it; drops the others.
    pub(super) fn pick(&mut self, all: Vec<Below>) -> Vec<Below> {
        let mut all: Vec<Option<Below>> = all.into_iter().map(Some).collect();
        let mut picked = Vec::new();
        for column in &mut self.columns {
            if let Column::Component(number) = column
                && let Some(below) = all.get_mut(*number).and_then(Option::take)
            {
                *number = picked.len();
                picked.push(below);
            }
        }
        picked
    }

    /// What the driver takes.
    pub(super) fn structure(&self, below: &[Below]) -> Result<Box<sys::RF_Config_t>, ErrorKind> {
        let mut structure = Box::<sys::RF_Config_t>::default();
        structure.numRow = 1;
        structure.numCol = self.columns.len() as i32;
        for (place, column) in structure.devnames[0].iter_mut().zip(&self.columns) {
            let name = match column {
                Column::Component(number) => below[*number].node(),
                Column::Missing => c"absent",
            };
            copy_name(place, name)?;
        }
        structure.sectPerSU = self.sectors_per_unit;
        structure.SUsPerPU = self.units_per_parity;
        structure.SUsPerRU = self.units_per_reconstruction;
        structure.parityConfig = self.level.digit() as c_char;
        copy_name(&mut structure.diskQueueType, c"fifo")?;
        structure.maxOutstandingDiskReqs = 100;
        structure.layoutSpecific = ptr::null_mut();
        structure.force = self.is_new.into();
        Ok(structure)
    }
}

/// Writes a name into a structure, with the NUL that ends it.
pub(super) fn copy_name(place: &mut [c_char], name: &CStr) -> Result<(), ErrorKind> {
    let bytes = name.to_bytes_with_nul();
    if bytes.len() > place.len() {
        let reason = format!("the driver takes no names as long as {name:?}");
        return Err(ErrorKind::BadConfiguration { reason });
    }
    place
        .iter_mut()
        .zip(bytes)
        .for_each(|(place, byte)| *place = *byte as c_char);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_their_numbers_of_components() {
        for (level, count, fits) in [
            (RaidLevel::Zero, 0, false),
            (RaidLevel::Zero, 1, true),
            (RaidLevel::One, 1, false),
            (RaidLevel::One, 2, true),
            (RaidLevel::One, 3, false),
            (RaidLevel::Five, 2, false),
            (RaidLevel::Five, 40, true),
            (RaidLevel::Four, 41, false),
        ] {
            assert_eq!(level.check(count).is_ok(), fits, "{level:?} {count}");
        }
        assert_eq!(RaidLevel::of_digit(0x35), Some(RaidLevel::Five));
        assert_eq!(RaidLevel::of_digit(5), None);
    }
}
