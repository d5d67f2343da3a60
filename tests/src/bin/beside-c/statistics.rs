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
        let quarter = last / 4;
        Some(Self {
            lower: values[quarter],
            median: values[values.len() / 2],
            upper: values[last - quarter],
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

/// The middle of what the first costs for each unit that the second costs, round by round: rounds
/// share the machine's noise.
pub(crate) fn ratio(first: &Series, second: &Series) -> Option<Middle> {
    let pairs = first.samples.iter().zip(&second.samples);
    let ratios = pairs.filter_map(|pair| match pair {
        (Some(first), Some(second)) => Some(first.cost / second.cost),
        _ => None,
    });
    Middle::of(ratios)
}

#[cfg(test)]
mod tests {
    use super::{Middle, ratio};
    use crate::rounds::{Sample, Series};

    fn series(costs: &[Option<f64>]) -> Series {
        let sample = |cost| Sample {
            cost,
            cpu: 0.0,
            switches: 0.0,
        };
        Series {
            samples: costs.iter().map(|cost| cost.map(sample)).collect(),
            ..Series::default()
        }
    }

    #[test]
    fn quartiles_do_not_depend_on_the_order_and_outliers() {
        let middle = Middle::of([1000.0, 1.0, 4.0, 2.0, 3.0].into_iter()).unwrap();
        let expected = Middle {
            lower: 2.0,
            median: 3.0,
            upper: 4.0,
        };
        assert_eq!(middle, expected);
        assert_eq!(Middle::of(std::iter::empty()), None);
    }

    #[test]
    fn the_quartiles_of_a_rate_ascend() {
        let rate = Middle::of([1.0, 2.0, 4.0].into_iter()).unwrap();
        let rate = rate.map(|cost| 8.0 / cost);
        assert!(rate.lower <= rate.median && rate.median < rate.upper);
        assert_eq!(rate.median, 4.0);
    }

    #[test]
    fn a_ratio_is_of_rounds_in_which_both_measured() {
        let first = series(&[Some(2.0), None, Some(30.0), Some(100.0)]);
        let second = series(&[Some(1.0), Some(1.0), Some(10.0), None]);
        let ratio = ratio(&first, &second).unwrap();
        assert_eq!((ratio.lower, ratio.upper), (2.0, 3.0));
    }
}
