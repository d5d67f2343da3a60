//! Where there is room for a partition.

use std::ops::Range;

/// What is free of some sectors.
pub(super) fn free(whole: Range<u64>, mut taken: Vec<Range<u64>>) -> Vec<Range<u64>> {
    taken.sort_by_key(|range| range.start);
    let mut gaps = Vec::new();
    let mut next = whole.start;
    for range in taken {
        let end = range.start.min(whole.end);
        if next < end {
            gaps.push(next..end);
        }
        next = next.max(range.end);
    }
    if next < whole.end {
        gaps.push(next..whole.end);
    }
    gaps
}

/// Sectors for a partition: its start and their number, if they are free.
///
/// `lead` sectors before it have to be free too.
pub(super) fn place(
    gaps: &[Range<u64>],
    start: Option<u64>,
    count: Option<u64>,
    alignment: u64,
    lead: u64,
) -> Option<(u64, u64)> {
    let starts = |gap: &Range<u64>| {
        let first = gap.start.checked_add(lead)?;
        let start = match start {
            Some(start) => (start >= first).then_some(start),
            None => first.checked_next_multiple_of(alignment),
        }?;
        let room = gap.end.checked_sub(start).filter(|room| *room > 0)?;
        Some((start, room))
    };
    let mut rooms = gaps.iter().filter_map(starts);
    match count {
        Some(count) => {
            let (start, _) = rooms.find(|(_, room)| *room >= count)?;
            Some((start, count))
        }
        None => rooms.max_by_key(|(_, room)| *room),
    }
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "lists of ranges, of which some have one"
)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_between_what_is_taken() {
        let taken = vec![50..60, 10..20, 15..30, 95..120];
        assert_eq!(free(5..100, taken), [5..10, 30..50, 60..95]);
        assert_eq!(free(5..100, vec![0..200]), []);
        assert_eq!(free(5..100, vec![]), [5..100]);
    }

    #[test]
    fn a_partition_is_aligned_and_fits() {
        let gaps = [1..10, 20..64];
        assert_eq!(place(&gaps, None, Some(4), 8, 0), Some((24, 4)));
        assert_eq!(place(&gaps, None, Some(2), 8, 0), Some((8, 2)));
        assert_eq!(place(&gaps, None, None, 8, 0), Some((24, 40)));
        assert_eq!(place(&gaps, Some(21), Some(4), 8, 1), Some((21, 4)));
        assert_eq!(place(&gaps, Some(20), Some(4), 8, 1), None);
        assert_eq!(place(&gaps, Some(20), Some(45), 8, 0), None);
        assert_eq!(place(&gaps, None, Some(41), 8, 0), None);
    }
}
