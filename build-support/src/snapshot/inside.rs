//! Names in a source that stay inside its tree, on every host and through every link.

/// Checks that `path` is a plain relative path that stays inside its tree.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("an empty path");
    }
    if path.starts_with('/') {
        return Err("an absolute path");
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err("a path with a backslash or control character");
    }
    if path.len() > 1024 {
        return Err("a path of more than 1024 bytes");
    }
    for part in path.split('/') {
        match part {
            "" => return Err("a path with an empty part"),
            "." => return Err("a path with the part `.`"),
            ".." => return Err("a path with the part `..`, which may leave the tree"),
            _ => {}
        }
    }
    Ok(())
}

/// Checks that a symbolic link at `path` with `target` stays inside the tree.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(crate) fn check_link(path: &str, target: &str) -> Result<(), &'static str> {
    if target.is_empty() || target.starts_with('/') {
        return Err("a symbolic link to an absolute or empty path");
    }
    if target.contains('\\') || target.chars().any(char::is_control) {
        return Err("a symbolic link to a path with a backslash or control character");
    }
    let up = target.split('/').take_while(|part| *part == "..").count();
    if up > path.matches('/').count() {
        return Err("a symbolic link that leaves the tree");
    }
    // Behind another link `..` would mean another folder than it seems to.
    if target.split('/').skip(up).any(|part| part == "..") {
        return Err("a symbolic link with `..` after a name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_must_stay_inside() {
        assert_eq!(check_link("sys/a/b.h", "../../c.h"), Ok(()));
        for (path, target) in [
            ("sys/a/b.h", "../../../c.h"),
            ("sys/a.h", "x/../../../c.h"),
            ("sys/a/b.h", "x/../c.h"),
            ("sys/a.h", "/etc/passwd"),
            ("sys/a.h", ""),
        ] {
            assert!(check_link(path, target).is_err(), "{path} -> {target}");
        }
    }
}
