//! The comments of a file, as plain text.

/// A file's text, whatever its encoding: those of old files are Latin-1.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// The comments of the file at `path`, each without its marks, line by line.
pub(super) fn of(path: &str, text: &str) -> Vec<Vec<String>> {
    let extension = path.rsplit('.').next().unwrap_or_default();
    if matches!(extension, "c" | "h" | "S" | "s" | "y" | "l") {
        let mut comments = blocks(text);
        comments.extend(runs(text, "//"));
        comments
    } else {
        runs(text, "#")
    }
}

/// `/* … */`
fn blocks(text: &str) -> Vec<Vec<String>> {
    let mut comments = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("/*") {
        let (comment, after) = after.split_once("*/").unwrap_or((after, ""));
        comments.push(comment.lines().map(|line| plain(line, "*")).collect());
        rest = after;
    }
    comments
}

/// Lines that begin with `mark`, as long as they follow each other.
fn runs(text: &str, mark: &str) -> Vec<Vec<String>> {
    let mut comments: Vec<Vec<String>> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let is_comment = line.trim_start().starts_with(mark);
        if is_comment {
            if !goes_on {
                comments.push(Vec::new());
            }
            if let Some(comment) = comments.last_mut() {
                comment.push(plain(line, mark));
            }
        }
        goes_on = is_comment;
    }
    comments
}

/// A line without the marks before it, tabs, and what version control put there.
fn plain(line: &str, mark: &str) -> String {
    let mut line = line.trim();
    while let Some(rest) = line.strip_prefix(mark) {
        line = rest;
    }
    let line = line.strip_prefix('-').unwrap_or(line);
    let line = line.trim_end_matches(mark).replace('\t', "    ");
    let expanded = line.contains('$') && line.trim_end().ends_with('$');
    if expanded || line.trim().chars().all(|character| character == '=') {
        return String::new();
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_version_controls_words_are_gone() {
        let text = "/*\t$NetBSD: a.c,v 1.2 $ */\n\n/*-\n * Copyright\n *\n * \tText.\n */\nint a; /* b */\n// c\n//  d\n";
        let expected: [&[&str]; 4] = [
            &[""],
            &["", " Copyright", "", "     Text.", ""],
            &["b"],
            &[" c", "  d"],
        ];
        assert_eq!(of("a.c", text), expected);
        assert_eq!(of("Makefile", "# a\nX=1\n# b\n"), [[" a"], [" b"]]);
        assert_eq!(super::text(b"\xe9"), "é");
    }
}
