//! Whatever a Makefile or an ioconf says, it is understood or refused: no panic, and always an end.
//!
//! The texts are made of the languages' own pieces, most of them not where they belong.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rumpkernel_build::bsdmake::{Evaluator, Settings, Tree};
use rumpkernel_build::config::Files;

const MAKE: &[&str] = &[
    "A",
    "B",
    "=",
    "+=",
    ":=",
    "?=",
    "!=",
    "!",
    ":",
    "::",
    ";",
    "$",
    "$$",
    "${",
    "$(",
    "}",
    ")",
    "${A}",
    "${B}",
    "${A:",
    ":M",
    ":N",
    ":S/",
    ":C/",
    "/g",
    "/W",
    "/1",
    "/",
    ":@",
    "@",
    ":?",
    ":U",
    ":D",
    ":[",
    "]",
    "1..",
    "-1",
    ":Q",
    ":ts",
    ":tl",
    ":R",
    ":E",
    ":H",
    ":T",
    ":O",
    ":u",
    ":L",
    ":.c=.o",
    ":%=",
    "%",
    "*",
    "?",
    "[",
    "^",
    "&",
    "\\",
    "\\\n",
    "\n",
    "\n.",
    "\n\t",
    " ",
    "#",
    "\"",
    "'",
    "<",
    ">",
    "==",
    "&&",
    "||",
    "0",
    "0x1f",
    "1e9",
    "\n.if ",
    "\n.elif ",
    "\n.else\n",
    "\n.endif\n",
    "\n.for ",
    " in ",
    "\n.endfor\n",
    "\n.include ",
    "<bsd.own.mk>",
    "\"other.mk\"",
    "\n.undef ",
    "\n.ifdef ",
    "\n.ifmake ",
    "defined(",
    "empty(",
    "exists(",
    "target(",
    "commands(",
    "make(",
    "\n.PATH: ",
    ".CURDIR",
    "@TREE@",
    "/..",
    "cd ",
    "; pwd",
    "-fsyntax-only -DX",
    "(?",
    "a{9999}",
    ".c.o:",
    "ä",
    "\u{1}",
    "\0",
    "\r",
];

const CONFIG: &[&str] = &[
    "ioconf ",
    "x",
    "\n",
    "\n ",
    " ",
    "include ",
    "cinclude ",
    "\"conf/files\"",
    "\"./X.ioconf\"",
    "\"",
    "\\",
    "prefix ",
    "devclass ",
    "define ",
    "device ",
    "defpseudo ",
    "defpseudodev ",
    "attach ",
    " at ",
    "root",
    " with ",
    "select ",
    "pseudo-root ",
    "pseudo-device ",
    "no ",
    "sd",
    "sd0",
    "sd*",
    "bus",
    "bus?",
    "bus0",
    "{",
    "}",
    "[",
    "]",
    "=",
    ":",
    ",",
    "-",
    "-1",
    "0x7fffffffffffffff",
    "99999",
    "[1000]",
    "[-1]",
    "?",
    "*",
    "flags ",
    "version ",
    "file ",
    "a/b.c",
    "(",
    ")",
    "|",
    "&",
    "!",
    "needs-flag",
    "compile-with ",
    "ifdef ",
    "ifndef ",
    "elifdef ",
    "else",
    "endif",
    "package ",
    "options ",
    "defflag ",
    "defparam ",
    "makeoptions ",
    "major ",
    "device-major ",
    "char ",
    "#",
    "+=",
    ":=",
    "ä",
    "\0",
    "\t",
];

const DEFINITIONS: &str = "\
device bus { [unit = -1] }
attach bus at root
device sd
attach sd at bus
defpseudo md
";

/// A text of some of the pieces.
fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_makefile_is_understood_or_refused(makefile in text(MAKE), other in text(MAKE)) {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "sys/here/Makefile", &format!("A=a.c b\nB:=${{A}}\n{makefile}\n"));
        write(root.path(), "sys/here/other.mk", &other);
        let tree = Tree::new(root.path());
        let mut make = Evaluator::new(&tree, "sys/here", Settings::default(), &|_| Some(true));
        match make.run() {
            Ok(()) => drop((make.value("A"), make.value("B"), make.source_of("a"))),
            Err(error) => prop_assert!(error.line > 0 && error.file.starts_with("sys/here"), "{error}"),
        }
    }

    #[test]
    fn any_expression_has_a_value_or_is_refused(expression in text(MAKE)) {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "sys/here/Makefile", "A=a.c b\nB=${A}${A}\n");
        let tree = Tree::new(root.path());
        let mut make = Evaluator::new(&tree, "sys/here", Settings::default(), &|_| None);
        make.run().unwrap();
        drop((make.expand(&expression), make.expand(&format!("${{A:{expression}}}"))));
    }

    #[test]
    fn any_ioconf_is_understood_or_refused(ioconf in text(CONFIG), files in text(CONFIG)) {
        let sys = tempfile::tempdir().unwrap();
        write(sys.path(), "conf/files", &format!("{DEFINITIONS}{files}\n"));
        let path = sys.path().join("X.ioconf");
        write(sys.path(), "X.ioconf", &format!("ioconf x\ninclude \"conf/files\"\n{ioconf}\n"));
        if let Err(error) = Files::new(sys.path()).generate(&path) {
            let folder = sys.path().to_string_lossy();
            prop_assert!(error.to_string().contains(&*folder), "{error}");
        }
    }
}
