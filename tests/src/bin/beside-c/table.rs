//! The table, and its place in a document.

use std::fs;
use std::path::Path;

use crate::operations::{Row, Unit};
use crate::programs::Program;
use crate::rounds::{Results, Sample, Series, cores};
use crate::statistics::{Middle, middle, ratio};

const BEGIN: &str = "<!-- written by beside-c: begin -->\n";
const END: &str = "<!-- written by beside-c: end -->\n";

const HEAD: &str = "\
| operation | threads | unit | C | ours | C ÷ ours | safe API | CPU: C, ours | switches: C, ours |
|---|---|---|---|---|---|---|---|---|
";

/// A sentence on how the figures came about.
pub(crate) fn conditions(rounds: usize) -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let cores = cores();
    format!("{rounds} rounds on {cores} cores, whose load average was {load} when they began.")
}

/// The table, a line for each row.
pub(crate) fn render(rows: &[Row], results: &Results) -> String {
    let lines = rows.iter().zip(results);
    let lines: Vec<String> = lines.map(|(row, series)| line(row, series)).collect();
    format!("{HEAD}{}", lines.concat())
}

fn line(row: &Row, [c, rust, safe]: &[Series; Program::ALL.len()]) -> String {
    let pair = |show: fn(&Series) -> Option<String>| match (show(c), show(rust)) {
        (None, None) => String::new(),
        (c, rust) => format!(
            "{}, {}",
            c.as_deref().unwrap_or("–"),
            rust.as_deref().unwrap_or("–")
        ),
    };
    let (cpu, switches) = if row.unit == Unit::Resident {
        Default::default()
    } else {
        (pair(cpu), pair(switches))
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {cpu} | {switches} |\n",
        row.title,
        row.threads,
        row.unit.name(),
        cell(row, c),
        cell(row, rust),
        ratio(c, rust).map_or_else(|| "–".to_owned(), shown),
        cell(row, safe),
    )
}

/// The middle of a series, or why there is none.
fn cell(row: &Row, series: &Series) -> String {
    let value = middle(series, |sample| sample.cost);
    let value = value.map(|middle| shown(middle.map(|cost| row.unit.show(cost))));
    let tried = series.samples.len();
    let troubles = [(series.hung, "hung"), (series.failed, "failed")];
    let troubles = troubles.into_iter().filter(|(count, _)| *count > 0);
    let troubles = troubles.map(|(count, what)| format!("{count} of {tried} {what}"));
    let parts: Vec<String> = value.into_iter().chain(troubles).collect();
    parts.join("; ")
}

fn shown(middle: Middle) -> String {
    let [lower, median, upper] = [middle.lower, middle.median, middle.upper].map(number);
    format!("{median} ({lower}–{upper})")
}

fn cpu(series: &Series) -> Option<String> {
    let nanoseconds = middle(series, |sample: &Sample| sample.cpu)?.median;
    let (value, unit) = match nanoseconds {
        0.0..1e3 => (nanoseconds, "ns"),
        1e3..1e6 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    Some(format!("{} {unit}", number(value)))
}

fn switches(series: &Series) -> Option<String> {
    let switches = middle(series, |sample: &Sample| sample.switches)?.median;
    Some(if switches < 0.01 {
        "0".to_owned()
    } else {
        number(switches)
    })
}

/// Three digits, or all of those before the point.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0..0.1 => 3,
        0.1..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// Puts the table between the markers of a document.
pub(crate) fn write(path: &Path, table: &str) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        return Err(format!("{} has no place for the table", path.display()));
    };
    fs::write(path, format!("{before}{BEGIN}\n{table}\n{END}{after}"))
        .map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, number, write};

    #[test]
    fn what_is_written_around_the_table_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("document");
        let around = |table: &str| format!("before\n{BEGIN}{table}{END}after\n");
        std::fs::write(&path, around("old\n")).unwrap();
        write(&path, "new").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, around("\nnew\n"));
        std::fs::write(&path, "no place").unwrap();
        assert!(write(&path, "new").is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "no place");
    }

    #[test]
    fn numbers_have_three_digits() {
        let numbers = [0.0512, 1.234, 12.34, 1234.5].map(number);
        assert_eq!(numbers, ["0.051", "1.23", "12.3", "1234"]);
    }
}
