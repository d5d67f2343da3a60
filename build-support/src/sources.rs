//! Errors with those behind them.

use std::error::Error;

/// Says what an error and each of its sources say, from the outermost in, with `: ` between them.
///
/// The errors of this crate leave what their sources say to these. A build script shows all of it.
#[must_use]
pub fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::*;
    use crate::snapshot;

    #[test]
    fn each_error_is_told_once() {
        let source = io::Error::other("no such file");
        let path = PathBuf::from("a.c");
        let read = snapshot::Error::Read { path, source };
        assert_eq!(read.to_string(), "cannot read a.c");
        let build = crate::builder::Error::from(read);
        assert_eq!(with_sources(&build), "cannot read a.c: no such file");
    }
}
