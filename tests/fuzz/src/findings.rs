//! What kernels died of, once each.

use std::collections::BTreeMap;
use std::fmt;

use rumpkernel::Error;

/// What is the same for one cause: the message without its numbers, and where in the kernel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    message: String,
    functions: Vec<String>,
}

#[derive(Debug)]
struct Finding {
    first: String,
    message: String,
    count: u64,
}

/// A collection of deaths, by message and backtrace.
#[derive(Debug, Default)]
pub struct Findings {
    found: BTreeMap<Cause, Finding>,
}

impl Findings {
    /// Adds the death that a damage has led to. Whether it is one of a new kind.
    pub fn add(&mut self, damage: impl fmt::Display, death: &Error) -> bool {
        let message = death.kind().to_string();
        let functions = death.backtrace().map_or_else(Vec::new, |backtrace| {
            backtrace
                .frames()
                .map(|frame| frame.function.unwrap_or("?").to_owned())
                .collect()
        });
        let cause = Cause {
            message: without_numbers(&message),
            functions,
        };
        let finding = self.found.entry(cause).or_insert(Finding {
            first: damage.to_string(),
            message,
            count: 0,
        });
        finding.count += 1;
        finding.count == 1
    }

    /// How many different ones there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl fmt::Display for Findings {
    /// The most frequent first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut found: Vec<_> = self.found.iter().collect();
        found.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.count));
        for (cause, finding) in found {
            writeln!(
                f,
                "{:6} × {} (first by damage {})",
                finding.count, finding.message, finding.first
            )?;
            if !cause.functions.is_empty() {
                writeln!(f, "         in {}", cause.functions.join(" < "))?;
            }
        }
        Ok(())
    }
}

/// Addresses and block numbers differ from damage to damage.
fn without_numbers(message: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in message.split_whitespace() {
        words.push(if word.contains(|c: char| c.is_ascii_digit()) {
            "#"
        } else {
            word
        });
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn numbers_make_no_difference() {
        assert_eq!(
            without_numbers("bad dir ino 2 at offset 0x1f: mangled"),
            without_numbers("bad dir ino 17 at offset 0x2: mangled"),
        );
        assert_ne!(without_numbers("dup alloc"), without_numbers("dup free"));
    }
}
