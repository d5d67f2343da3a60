//! Finding the ends of things in a Makefile's text, without evaluating anything.

use super::error::Fault;

/// The index of the first byte of `stops` at or after `at` that is neither escaped nor inside a nested
/// expression, or the text's length. An expression without an end takes the rest.
pub(crate) fn until(text: &str, mut at: usize, stops: &[u8]) -> usize {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            byte if stops.contains(&byte) => return at,
            b'\\' => at += 2,
            b'$' => at = expression_end(text, at).unwrap_or(bytes.len()),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where the expression that begins with the `$` at `at` ends.
pub(crate) fn expression_end(text: &str, at: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let close = match bytes.get(at + 1) {
        Some(b'{') => b'}',
        Some(b'(') => b')',
        Some(_) => {
            let single = text[at + 1..].chars().next().map_or(0, char::len_utf8);
            return Ok(at + 1 + single);
        }
        None => return Ok(at + 1),
    };
    let open = bytes[at + 1];
    let mut depth = 1;
    let mut scan = at + 2;
    while scan < bytes.len() {
        match bytes[scan] {
            b'\\' => scan += 1,
            byte if byte == open => depth += 1,
            byte if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return Ok(scan + 1);
                }
            }
            _ => {}
        }
        scan += 1;
    }
    Err(Fault::MalformedExpression(text[at..].to_owned()))
}

/// The words of a value; quotes hold a word together and stay.
pub(crate) fn words(value: &str) -> impl Iterator<Item = &str> {
    let quoted = value
        .bytes()
        .any(|byte| matches!(byte, b'"' | b'\'' | b'\\'));
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let end = if quoted {
            word_end(rest)
        } else {
            plain_word_end(rest)
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

fn plain_word_end(text: &str) -> usize {
    text.bytes()
        .position(|byte| byte.is_ascii_whitespace())
        .unwrap_or(text.len())
}

fn word_end(text: &str) -> usize {
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None if byte == b'\\' => {
                bytes.next();
            }
            None if byte.is_ascii_whitespace() => return at,
            None => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_expressions_are_skipped() {
        assert_eq!(until("a${b:M}:c}", 0, b":}"), 7);
        assert_eq!(expression_end("x${a:S/${b}/c/}y", 1), Ok(15));
        assert_eq!(expression_end("$ax", 0), Ok(2));
        assert!(expression_end("${a", 0).is_err());
    }

    #[test]
    fn quotes_hold_words_together() {
        let found: Vec<_> = words(" -Da=b  \"-Dx=y z\" 'c d'e ").collect();
        assert_eq!(found, ["-Da=b", "\"-Dx=y z\"", "'c d'e"]);
    }
}
