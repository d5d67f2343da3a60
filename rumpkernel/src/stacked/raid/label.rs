//! The labels of components, by which arrays are found again.

use std::ffi::CStr;

use rumpkernel_sys as sys;

use super::configuration::{Column, Configuration, RaidLevel};
use crate::backend::Handle;
use crate::{ErrorKind, syscall};

/// Where the label of a component is, in bytes.
const OFFSET: i64 = 16384;
/// The size of a sector or more of them that hold a label, in bytes.
const SIZE: usize = 1024;

/// The versions of labels that the driver knows. (The first lacks what the array is like.)
const VERSION: i32 = 2;

/// What the label of a component says of it and of its array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    version: i32,
    serial: i32,
    /// Higher the later the label was written.
    changes: i32,
    column: i32,
    columns: i32,
    sectors_per_unit: i32,
    units_per_parity: i32,
    units_per_reconstruction: i32,
    level: i32,
}

/// Reads the label of the component with this node.
pub(super) fn read(kernel: &Handle, node: &CStr) -> Result<Label, ErrorKind> {
    let device = syscall::tree::open(kernel, node, sys::O_RDONLY, 0)?;
    let mut bytes = [0; SIZE];
    let count = device.pread(&mut bytes, OFFSET)?;
    Label::parse(&bytes[..count.min(SIZE)]).ok_or_else(|| ErrorKind::BadConfiguration {
        reason: format!(
            "{node:?} has no component label that makes sense at {OFFSET} bytes: it is no component, \
             or one of a machine of the other byte order; Raid::create() makes new ones"
        ),
    })
}

impl Label {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |number: usize| {
            let bytes = bytes.get(number * 4..)?.first_chunk()?;
            Some(i32::from_ne_bytes(*bytes))
        };
        let label = Self {
            version: word(0)?,
            serial: word(1)?,
            changes: word(2)?,
            column: word(4)?,
            columns: word(6)?,
            sectors_per_unit: word(9)?,
            units_per_parity: word(10)?,
            units_per_reconstruction: word(11)?,
            level: word(12)?,
        };
        let positive = [
            label.sectors_per_unit,
            label.units_per_parity,
            label.units_per_reconstruction,
        ];
        let makes_sense = label.version == VERSION
            && (1..=sys::RF_MAXCOL).contains(&label.columns)
            && (0..label.columns).contains(&label.column)
            && positive.iter().all(|number| (1..=1 << 20).contains(number));
        makes_sense.then_some(label)
    }

    /// What components of one array have in common.
    fn array(&self) -> Self {
        Self {
            changes: 0,
            column: 0,
            ..*self
        }
    }
}

/// Makes the array that these labels describe. Of a column that several are for, the one that was
/// written last is taken: the others have been replaced.
pub(super) fn combine(labels: &[Label]) -> Result<Configuration, ErrorKind> {
    let refuse = |reason: String| Err(ErrorKind::BadConfiguration { reason });
    let Some(newest) = labels.iter().max_by_key(|label| label.changes) else {
        return refuse("an array has at least one component".into());
    };
    if let Some(other) = labels
        .iter()
        .position(|label| label.array() != newest.array())
    {
        return refuse(format!(
            "medium {other} is a component of another array, with the serial number {}, than those \
             with {}",
            labels[other].serial, newest.serial
        ));
    }
    let Some(level) = RaidLevel::of_digit(newest.level) else {
        return refuse(format!("the level {} is not 0, 1, 4 or 5", newest.level));
    };
    let column = |column: i32| {
        let of_column = labels
            .iter()
            .enumerate()
            .filter(|(_, label)| label.column == column);
        match of_column.max_by_key(|(_, label)| label.changes) {
            // Behind the others: it was not there when the array was last used.
            Some((_, label)) if label.changes < newest.changes => Column::Missing,
            Some((number, _)) => Column::Component(number),
            None => Column::Missing,
        }
    };
    let columns: Vec<Column> = (0..newest.columns).map(column).collect();
    let missing = columns
        .iter()
        .filter(|column| **column == Column::Missing)
        .count();
    level.check(columns.len())?;
    if missing > level.redundancy() {
        return refuse(format!(
            "{missing} of {} components are missing or were when the array was last used, and RAID \
             {level:?} can lose {}",
            columns.len(),
            level.redundancy()
        ));
    }
    Ok(Configuration {
        level,
        columns,
        sectors_per_unit: newest.sectors_per_unit.into(),
        units_per_parity: newest.units_per_parity.into(),
        units_per_reconstruction: newest.units_per_reconstruction.into(),
        is_new: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(column: i32, changes: i32) -> Label {
        Label {
            version: VERSION,
            serial: 7,
            changes,
            column,
            columns: 3,
            sectors_per_unit: 32,
            units_per_parity: 1,
            units_per_reconstruction: 1,
            level: b'5'.into(),
        }
    }

    fn columns(labels: &[Label]) -> Vec<Column> {
        combine(labels).unwrap().columns
    }

    #[test]
    fn components_may_come_in_any_order() {
        use Column::{Component, Missing};
        let all = [label(2, 5), label(0, 5), label(1, 5)];
        assert_eq!(columns(&all), [Component(1), Component(2), Component(0)]);
        assert_eq!(columns(&all[..2]), [Component(1), Missing, Component(0)]);
        // One that was replaced, and one that missed something.
        let replaced = [label(0, 3), label(0, 5), label(1, 5), label(2, 5)];
        assert_eq!(
            columns(&replaced),
            [Component(1), Component(2), Component(3)]
        );
        let behind = [label(0, 5), label(1, 4), label(2, 5)];
        assert_eq!(columns(&behind), [Component(0), Missing, Component(2)]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let other = Label {
            serial: 8,
            ..label(1, 5)
        };
        for (labels, reason) in [
            (vec![], "at least one"),
            (vec![label(0, 5)], "2 of 3"),
            (vec![label(0, 5), label(1, 4), label(2, 4)], "2 of 3"),
            (vec![label(0, 6), other, label(2, 6)], "another array"),
        ] {
            let error = combine(&labels).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn labels_that_make_no_sense_are_none() {
        let mut words = [0_i32; 256];
        words[..13].copy_from_slice(&[2, 7, 5, 0, 1, 1, 3, 1, 0, 32, 1, 1, 0x35]);
        let parse = |words: &[i32]| {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            Label::parse(&bytes)
        };
        assert_eq!(parse(&words), Some(label(1, 5)));
        assert_eq!(parse(&words[..12]), None);
        for (place, value) in [(0, 3), (4, 3), (4, -1), (6, 41), (9, 0), (10, i32::MAX)] {
            let mut bad = words;
            bad[place] = value;
            assert_eq!(parse(&bad), None, "{place} {value}");
        }
    }
}
