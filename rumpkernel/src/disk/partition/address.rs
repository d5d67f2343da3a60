//! Addresses of partitions: `2`, `e`, `MBR2/e`, `GPT3`, a name.

use super::{Partition, PartitionError, Scheme, Table};

/// A part of an address.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// A number, in any table or in one of a kind.
    Number(Option<&'static str>, u32),
    /// A letter of a disklabel, or a name that is as short.
    Letter(char),
    Name(String),
}

/// What comes before a number.
const PREFIXES: [&str; 4] = ["MBR", "GPT", "BSD", "APM"];

fn prefix(scheme: Scheme) -> &'static str {
    PREFIXES[match scheme {
        Scheme::Mbr => 0,
        Scheme::Gpt => 1,
        Scheme::Bsd(_) => 2,
        Scheme::Apple => 3,
    }]
}

impl Step {
    fn parse(word: &str) -> Option<Self> {
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().ok(),
            false => None,
        };
        if let Some(number) = number(word) {
            return Some(Self::Number(None, number));
        }
        let kind = word.get(..3).unwrap_or_default();
        let mut prefixes = PREFIXES.iter();
        if let Some(prefix) = prefixes.find(|prefix| prefix.eq_ignore_ascii_case(kind))
            && let Some(number) = number(&word[3..])
        {
            return Some(Self::Number(Some(prefix), number));
        }
        let mut letters = word.chars();
        match (letters.next()?, letters.next()) {
            (letter, None) if letter.is_ascii_alphabetic() => Some(Self::Letter(letter)),
            _ => Some(Self::Name(word.to_owned())),
        }
    }

    /// Those of a table that it may mean.
    fn within<'a>(&self, table: &'a Table) -> Vec<&'a Partition> {
        let named = |name: &str| {
            let is_named = |partition: &&Partition| partition.name.as_deref() == Some(name);
            table.partitions.iter().filter(is_named).collect()
        };
        let matching = |test: &dyn Fn(&Partition) -> bool| {
            let all = table.partitions.iter();
            all.filter(|partition| test(partition)).collect()
        };
        match self {
            Self::Number(kind, _) if kind.is_some_and(|kind| kind != prefix(table.scheme)) => {
                Vec::new()
            }
            Self::Number(_, number) => matching(&|partition| partition.number == *number),
            Self::Letter(letter) => match matching(&|p| p.letter == Some(*letter)) {
                none if none.is_empty() => named(letter.encode_utf8(&mut [0; 4])),
                some => some,
            },
            Self::Name(name) => named(name),
        }
    }
}

/// Finds the partition of an address in the tables of a disk.
pub(super) fn find<'a>(
    tables: &'a [Table],
    address: &str,
) -> Result<&'a Partition, PartitionError> {
    let bad = || PartitionError::BadAddress {
        given: address.to_owned(),
    };
    let mut rest = Some(address);
    let mut found: Option<&Partition> = None;
    while let Some(text) = rest {
        let word;
        (word, rest) = match text.split_once('/') {
            _ if text.starts_with("name=") => (text, None),
            Some((word, rest)) => (word, Some(rest)),
            None => (text, None),
        };
        let step = match word.strip_prefix("name=") {
            Some(name) => Step::Name(name.to_owned()),
            None => Step::parse(word).ok_or_else(bad)?,
        };
        let tables = match found {
            Some(partition) => partition.nested.as_slice(),
            None => tables,
        };
        found = Some(one(tables, &step, address)?);
    }
    found.ok_or_else(bad)
}

/// The one partition of these tables that a step means: in the first table that has any, else in
/// the labels within them.
fn one<'a>(
    tables: &'a [Table],
    step: &Step,
    address: &str,
) -> Result<&'a Partition, PartitionError> {
    let mut matching = tables.iter().map(|table| step.within(table));
    let mut found = matching.find(|found| !found.is_empty());
    if found.is_none() && matches!(step, Step::Letter(_)) {
        let partitions = tables.iter().flat_map(|table| &table.partitions);
        let nested = partitions.filter_map(|partition| partition.nested.as_ref());
        found = Some(nested.flat_map(|table| step.within(table)).collect());
    }
    let addresses = |partitions: &[&Partition]| {
        let addresses = partitions.iter().map(|partition| partition.address.clone());
        addresses.collect()
    };
    match found.unwrap_or_default().as_slice() {
        [one] => Ok(one),
        [] => Err(PartitionError::NotFound {
            address: address.to_owned(),
            has: addresses(&tables.iter().flat_map(Table::all).collect::<Vec<_>>()),
        }),
        several => Err(PartitionError::Ambiguous {
            address: address.to_owned(),
            may_be: addresses(several),
        }),
    }
}
