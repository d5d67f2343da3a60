//! What can go wrong while a Makefile is evaluated.

use std::path::PathBuf;

/// A fault in a Makefile, with the place where it was met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {fault}", file.display())]
pub struct Error {
    /// The Makefile, relative to the source tree.
    pub file: PathBuf,
    /// The first line of the construct, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a construct of a Makefile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line that begins with a dot and names no directive of this evaluator.
    #[error("unknown directive `{0}`")]
    UnknownDirective(String),
    /// A target that begins with a dot and has no meaning here.
    #[error("unknown special target `{0}`")]
    UnknownSpecialTarget(String),
    /// A suffix rule, which would change how sources are compiled.
    #[error("suffix rule `{0}`: only the rules of share/mk are known")]
    SuffixRule(String),
    /// A line that is neither a directive, an assignment nor a dependency.
    #[error("neither a directive, an assignment nor a rule: `{0}`")]
    UnknownLine(String),
    /// A command line without a rule that it could belong to.
    #[error("a command that belongs to no rule: `{0}`")]
    StrayCommand(String),
    /// A variable modifier that this evaluator does not know.
    #[error("unknown modifier `:{modifier}` in `{expression}`")]
    UnknownModifier {
        /// The modifier and what follows it.
        modifier: String,
        /// The expression that it is part of.
        expression: String,
    },
    /// An expression that does not end, or a modifier with missing parts.
    #[error("malformed expression `{0}`")]
    MalformedExpression(String),
    /// A variable that refers to itself.
    #[error("variable `{0}` is recursive")]
    Recursive(String),
    /// A condition that cannot be read.
    #[error("malformed condition `{condition}`: {reason}")]
    MalformedCondition {
        /// The whole condition.
        condition: String,
        /// What was expected.
        reason: String,
    },
    /// A variable that a condition compares, and that nothing has defined.
    #[error("condition `{condition}` needs `{expression}`, which is not defined")]
    UndefinedInCondition {
        /// The whole condition.
        condition: String,
        /// The expression without a value.
        expression: String,
    },
    /// `.else`, `.elif`, `.endif` or `.endfor` without its beginning.
    #[error("`{0}` without its beginning")]
    Unopened(&'static str),
    /// `.if` or `.for` without its end in the same file.
    #[error("`{0}` has no end in this file")]
    Unclosed(&'static str),
    /// A `.for` line that cannot be read.
    #[error("malformed loop `{0}`: expected `.for variable in words`")]
    MalformedLoop(String),
    /// An included file that does not exist.
    #[error("included file `{0}` does not exist in the source tree")]
    MissingInclude(String),
    /// An included system file whose meaning is not built in.
    #[error("included file `<{0}>` of share/mk is not one whose meaning is built in")]
    UnknownSystemInclude(String),
    /// A file that includes itself, directly or through others.
    #[error("`{0}` includes itself")]
    CyclicInclude(String),
    /// Loops and included files within each other, deeper than any Makefile has them.
    #[error("loops and included files within each other, more than {0} deep")]
    TooDeep(usize),
    /// An evaluation that would take more time or memory than any Makefile's.
    #[error("this makes more text than any Makefile needs: expected an end to what it repeats")]
    TooMuch,
    /// A shell command that is not among the known queries.
    #[error("no native answer for the command `{0}`")]
    UnknownCommand(String),
    /// A compiler probe that the caller has no answer for.
    #[error("no answer for the compiler probe `{0}`: the target's description has to give one")]
    UnansweredProbe(String),
    /// The Makefile's own `.error`.
    #[error("the Makefile gives up: {0}")]
    Requested(String),
    /// The Makefile itself cannot be read.
    #[error("cannot read it: {0}")]
    Unreadable(String),
}
