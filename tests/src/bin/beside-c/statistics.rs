//! The middle of what was measured, and its spread.

use crate::rounds::{Sample, Series};

/// The median, and the quartiles around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Middle {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Middle {
    /// Of nothing there is none.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |quarters: usize| values[(last * quarters + 2) / 4];
        Some(Self {
            lower: at(1),
            median: at(2),
            upper: at(3),
        })
    }

    /// What a function makes of each, in ascending order.
    pub(crate) fn map(self, function: impl Fn(f64) -> f64) -> Self {
        let (one, other) = (function(self.lower), function(self.upper));
        Self {
            lower: one.min(other),
            median: function(self.median),
            upper: one.max(other),
        }
    }
}

/// The middle of one number of a series' samples.
pub(crate) fn middle(series: &Series, number: impl Fn(&Sample) -> f64) -> Option<Middle> {
    Middle::of(series.samples.iter().flatten().map(number))
}

/// The middle of what the first costs for each unit that the second costs, round by round: rounds share the machine's noise.
pub(crate) fn ratio(first: &Series, second: &Series) -> Option<Middle> {
    let pairs = first.samples.iter().zip(&second.samples);
    let ratios = pairs.filter_map(|pair| match pair {
        (Some(first), Some(second)) => Some(first.cost / second.cost),
        _ => None,
    });
    Middle::of(ratios)
}
