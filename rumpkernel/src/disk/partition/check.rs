//! What is wrong with the partitions of a table, looked at together.

use super::sectors::Sectors;
use super::{Partition, PartitionType, Problem, Table};

/// Finds partitions that lie beyond the disk, off its blocks, or on each other.
pub(super) fn check(table: &mut Table, sectors: &Sectors) {
    let (size, block) = (sectors.disk.size(), sectors.block);
    for partition in &mut table.partitions {
        let end = partition.end();
        if end > size {
            partition.problems.push(Problem::BeyondEnd { end, size });
        }
        if !partition.offset.is_multiple_of(block) || !partition.size.is_multiple_of(block) {
            partition.problems.push(Problem::Unaligned { block });
        }
        if let Some(nested) = &mut partition.nested {
            check(nested, sectors);
        }
    }
    overlaps(&mut table.partitions);
}

/// Whether others may lie where this one does: a container, the whole disk as `c` or `d` of a
/// disklabel, what protects a GPT.
fn may_overlap(partition: &Partition) -> bool {
    let is_whole = matches!(
        partition.kind,
        PartitionType::Bsd(_, 0) | PartitionType::Mbr(0xee)
    );
    is_whole || partition.kind.is_extended()
}

/// Notes at each partition one that it overlaps, if any.
fn overlaps(partitions: &mut [Partition]) {
    let mut order: Vec<usize> = (0..partitions.len())
        .filter(|&index| !may_overlap(&partitions[index]) && partitions[index].size > 0)
        .collect();
    order.sort_by_key(|&index| partitions[index].offset);
    let mut furthest: Option<usize> = None;
    for index in order {
        if let Some(other) = furthest.filter(|&o| partitions[o].end() > partitions[index].offset) {
            for (one, two) in [(index, other), (other, index)] {
                let other = partitions[two].address.clone();
                let problems = &mut partitions[one].problems;
                if !problems
                    .iter()
                    .any(|p| matches!(p, Problem::Overlaps { .. }))
                {
                    problems.push(Problem::Overlaps { other });
                }
            }
        }
        if furthest.is_none_or(|other| partitions[index].end() > partitions[other].end()) {
            furthest = Some(index);
        }
    }
}
