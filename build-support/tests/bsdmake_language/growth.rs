//! Makefiles that would never end, or fill the memory, end with an error.

use std::fs;

use rumpkernel_build::bsdmake::Fault;

use crate::{evaluated, tree};

fn fault(makefile: &str) -> Option<Fault> {
    let root = tree(makefile);
    evaluated(root.path()).err().map(|error| error.fault)
}

/// `A0`, and forty variables that each hold the one before twice.
fn doubling(first: &str) -> String {
    let doubled = (1..40).map(|n| format!("A{n}=${{A{0}}}${{A{0}}}\n", n - 1));
    format!("A0={first}\n{}", doubled.collect::<String>())
}

pub(crate) fn what_grows_beyond_bounds_is_told() {
    let modified = |modifiers: &str| format!("A=\\\\\nX:=${{A{modifiers}}}");
    let loops = |depth: usize, words: &str| {
        let open: String = (0..depth)
            .map(|n| format!(".for i{n} in {words}\n"))
            .collect();
        format!("{open}X=1\n{}", ".endfor\n".repeat(depth))
    };
    for makefile in [
        format!("{}X:=${{A39}}", doubling("text")),
        // Nothing, a great many times.
        format!("{}X:=${{A39}}", doubling("")),
        format!("{}.if empty(A39)\n.endif", doubling("")),
        format!("A=b\n{}", "A:=${A}${A}\n".repeat(40)),
        loops(10, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"),
        modified(&":Q".repeat(60)),
        modified(&":S/\\\\/aa/:S/a/aa/g".repeat(60)),
        modified(&":S/\\\\/aa/:S/a/&&/g".repeat(60)),
        modified(&":C/./&&/g".repeat(60)),
        modified(&":@i@$i$i@".repeat(60)),
        format!("X:={}", format!("${{:U{}}}", "ab ".repeat(40)).repeat(100)) + "\n${X}: ${X}",
    ] {
        let beginning: String = makefile.chars().take(200).collect();
        assert_eq!(fault(&makefile), Some(Fault::TooMuch), "{beginning}");
    }
}

pub(crate) fn files_that_include_others_twice_are_told() {
    let root = tree(".include \"0.mk\"");
    for n in 0..30 {
        let twice = format!(".include \"{0}.mk\"\n", n + 1).repeat(2);
        fs::write(root.path().join(format!("sys/here/{n}.mk")), twice).unwrap();
    }
    fs::write(root.path().join("sys/here/30.mk"), "X=1\n").unwrap();
    let error = evaluated(root.path()).unwrap_err();
    assert_eq!(error.fault, Fault::TooMuch);
    assert!(error.file.starts_with("sys/here"), "{error}");
}

pub(crate) fn loops_within_loops_are_told() {
    let deep = |depth: usize| {
        let open = ".for i in a\n".repeat(depth);
        fault(&format!("{open}X=1\n{}", ".endfor\n".repeat(depth)))
    };
    assert_eq!(deep(20), None);
    assert!(matches!(deep(1_000), Some(Fault::TooDeep(_))));
    assert_eq!(
        fault(&".for i in a\n".repeat(1_000)),
        Some(Fault::Unclosed(".for"))
    );
}

pub(crate) fn conditions_within_expressions_within_conditions_are_told() {
    // Each name is the next condition, and has the parentheses that one condition may have.
    let open = "(".repeat(60);
    let close = ")".repeat(60);
    let chain: String = (0..60)
        .map(|n| format!("C{n}={open}empty($${{C{}}}:?x:y){close}\n", n + 1))
        .collect();
    let found = fault(&format!("{chain}C60=1\n.if ${{${{C0}}:?x:y}} == x\n.endif"));
    assert!(
        matches!(
            found,
            Some(Fault::MalformedCondition { .. } | Fault::Recursive(_))
        ),
        "{found:?}"
    );
}

pub(crate) fn a_makefile_that_is_no_makefile_is_told() {
    let root = tree("");
    let path = root.path().join("sys/here/Makefile");
    let file = fs::File::create(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    let fault = evaluated(root.path()).unwrap_err().fault;
    assert!(matches!(fault, Fault::Unreadable(_)), "{fault}");
}
