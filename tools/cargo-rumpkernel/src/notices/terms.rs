//! From a comment to whose the copyright is and what the terms are.

/// What a comment that has one of these says of itself is a notice.
const SIGNS: [&str; 8] = [
    "copyright",
    "redistribution and use",
    "permission to use",
    "permission is hereby granted",
    "public domain",
    "general public license",
    "spdx-license-identifier",
    "all rights reserved",
];

/// How terms begin.
const BEGINNINGS: [&str; 20] = [
    "redistribution ",
    "permission ",
    "nrl grants permission ",
    "this program is ",
    "this software is ",
    "this code is free",
    "this file is ",
    "this file and its contents",
    "this source ",
    "the contents of this file",
    "licensed ",
    "license ",
    "licence ",
    "use and redistribution",
    "you can redistribute",
    "you may redistribute",
    "cddl header start",
    "placed in the public domain",
    "public domain",
    "spdx-license-identifier",
];

/// How terms end.
const ENDS: [&str; 5] = [
    "possibility of such damage.",
    "such damage.",
    "performance of this software.",
    "cddl header end",
    "dealings in the software.",
];

/// One statement of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Lines about whose the work is.
    pub(super) attributions: Vec<String>,
    /// The terms, with the comment's line breaks; may be empty.
    pub(super) terms: String,
}

/// Whether a comment is a notice.
pub(super) fn is_notice(comment: &[String]) -> bool {
    let text = key(&comment.join(" "));
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// The statements of a notice.
pub(super) fn statements(comment: &[String]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut rest = comment;
    while !rest.is_empty() {
        let begins = |line: &String| {
            let line = key(line);
            BEGINNINGS
                .iter()
                .any(|beginning| line.starts_with(beginning))
        };
        let ends = |line: &String| {
            let line = key(line);
            ENDS.iter().any(|end| line.ends_with(end))
        };
        let begin = (0..rest.len())
            .find(|&index| begins(&rest[index]) && !goes_on(&rest[..index]))
            .unwrap_or(rest.len());
        let (before, terms) = rest.split_at(begin);
        let end = terms
            .iter()
            .position(ends)
            .map_or(terms.len(), |end| end + 1);
        let (terms, after) = terms.split_at(end);
        statements.push(Statement {
            attributions: attributions(before),
            terms: flush(terms),
        });
        // What follows may be a notice of its own, or what the file is about.
        rest = if is_notice(after) { after } else { &[] };
    }
    statements
}

/// The text in lower case, with one space between words: what makes two texts the same.
pub(super) fn key(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The identifier of SPDX's list that terms, given as their [`key`], seem to be.
pub(super) fn spdx(key: &str) -> Option<&'static str> {
    let has = |words: &str| key.contains(words);
    if has("redistribution and use in source and binary forms")
        || has("redistribution in source and binary forms")
    {
        let named = has("neither the name")
            || has("may not be used to endorse")
            || has("names of its contributors")
            || has("not be used to endorse");
        return Some(match (has("all advertising materials"), named) {
            (true, _) => "BSD-4-Clause",
            (false, true) => "BSD-3-Clause",
            (false, false) => "BSD-2-Clause",
        });
    }
    let known = [
        (
            "permission to use, copy, modify, and distribute this software for any purpose with or without fee",
            "ISC",
        ),
        (
            "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee",
            "ISC",
        ),
        (
            "permission to use, copy, modify, and distribute this software for any purpose without fee",
            "ISC",
        ),
        ("carnegie mellon requests users", "CMU-Mach"),
        ("permission is hereby granted, free of charge", "MIT"),
        ("altered source versions must be plainly marked", "Zlib"),
        ("common development and distribution license", "CDDL-1.0"),
        (
            "rsa data security, inc. md5 message-digest algorithm",
            "RSA-MD",
        ),
        (
            "rsa data security, inc. md4 message-digest algorithm",
            "RSA-MD",
        ),
    ];
    let found = known.iter().find(|(words, _)| has(words));
    found.map(|(_, name)| *name)
}

/// The sentences of `lines`, each on one line.
///
/// A name is often on the line after the words that say what it stands for, and means nothing
/// without them.
fn attributions(lines: &[String]) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = words.join(" ");
        if !line.chars().any(char::is_alphanumeric) {
            continue;
        }
        match sentences.last_mut() {
            Some(last) if !is_beginning(&line) && is_continued(&line, &lines[..index]) => {
                last.push(' ');
                last.push_str(&line);
            }
            _ => sentences.push(line),
        }
    }
    sentences
}

/// How statements of whose a work is begin, besides after a full stop or an empty line.
const OWNERS: [&str; 8] = [
    "copyright",
    "(c)",
    "portions copyright",
    "all rights reserved",
    "author",
    "written by",
    "@(#)",
    "from:",
];

fn is_beginning(line: &str) -> bool {
    let line = key(line);
    OWNERS.iter().any(|beginning| line.starts_with(beginning))
}

/// Whether `line` belongs to the sentence before it. "Inc." ends none before a small letter.
fn is_continued(line: &str, before: &[String]) -> bool {
    let follows = before
        .last()
        .is_some_and(|line| line.chars().any(char::is_alphanumeric));
    follows && (goes_on(before) || line.starts_with(char::is_lowercase))
}

/// Whether the sentence of the last line goes on behind it. A copyright needs no full stop.
fn goes_on(before: &[String]) -> bool {
    let Some(last) = before.last().map(|line| line.trim_end()) else {
        return false;
    };
    last.chars().any(char::is_alphanumeric)
        && !last.ends_with(['.', ':', ';', '!', '>'])
        && !key(last).ends_with("all rights reserved")
}

/// The lines without the margin that all have, and without empty ones around them.
fn flush(lines: &[String]) -> String {
    let is_empty = |line: &String| line.trim().is_empty();
    let first = lines
        .iter()
        .position(|line| !is_empty(line))
        .unwrap_or(lines.len());
    let last = lines
        .iter()
        .rposition(|line| !is_empty(line))
        .map_or(first, |last| last + 1);
    let lines = &lines[first..last];
    let margin = |line: &String| line.len() - line.trim_start_matches(' ').len();
    let common = lines
        .iter()
        .filter(|line| !is_empty(line))
        .map(margin)
        .min();
    let cut = |line: &String| {
        line.get(common.unwrap_or(0)..)
            .unwrap_or_default()
            .to_owned()
    };
    let lines: Vec<String> = lines.iter().map(cut).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn owners_and_terms_are_told_apart() {
        let notice = lines(
            "\n Copyright (c) 1999 A. Body\n All rights reserved.\n\n Redistribution and use in source and\n   \
             binary forms is fine.\n NO WARRANTY OF SUCH DAMAGE.\n\n Copyright 2000 B. Else.\n\n Licensed to all.\n",
        );
        assert!(is_notice(&notice));
        let found = statements(&notice);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].attributions,
            ["Copyright (c) 1999 A. Body", "All rights reserved."]
        );
        assert_eq!(
            found[0].terms,
            "Redistribution and use in source and\n  binary forms is fine.\nNO WARRANTY OF SUCH DAMAGE."
        );
        assert_eq!(found[1].attributions, ["Copyright 2000 B. Else."]);
        assert_eq!(found[1].terms, "Licensed to all.");
    }

    #[test]
    fn a_sentence_is_one_attribution_however_many_lines_it_takes() {
        let notice = lines(
            " Copyright (c) 2001,\n 2002 A Foundation, Inc.\n All rights reserved.\n\n This code is given to \
             A Foundation, Inc.\n by B. Else of C Systems, Inc. and by\n D. Last, with\n permission of \
             E.\n\n Permission to use it is given.\n",
        );
        let found = statements(&notice);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].attributions,
            [
                "Copyright (c) 2001, 2002 A Foundation, Inc.",
                "All rights reserved.",
                "This code is given to A Foundation, Inc. by B. Else of C Systems, Inc. and by D. Last, with \
                 permission of E.",
            ]
        );
        assert_eq!(found[0].terms, "Permission to use it is given.");
    }

    #[test]
    fn other_comments_are_no_notices() {
        assert!(!is_notice(&lines(" Copies the data.\n Returns 0.")));
    }

    #[test]
    fn terms_are_known_by_their_words() {
        let bsd = "redistribution and use in source and binary forms, with or without modification";
        assert_eq!(spdx(bsd), Some("BSD-2-Clause"));
        let three = format!("{bsd} neither the name of the university");
        assert_eq!(spdx(&three), Some("BSD-3-Clause"));
        let four = format!("{three} all advertising materials mentioning");
        assert_eq!(spdx(&four), Some("BSD-4-Clause"));
        assert_eq!(spdx("do as you like"), None);
    }
}
