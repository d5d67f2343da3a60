//! An evaluator of the subset of BSD make that the snapshot's component Makefiles use.
//!
//! It answers what make(1) would make of a variable, and runs nothing: commands are recognised and left
//! alone, `!=` is answered natively for a short list of queries, and the files of share/mk are not read but
//! built in. A construct that is not known is an error with file and line, never skipped.
//!
//! Files are reached through a [`Tree`] only. In values, [`TREE`] stands for the tree's folder and
//! [`OBJECTS`] for the folder of what is generated and compiled.

mod answers;
mod budget;
mod condition;
mod directive;
mod error;
mod evaluator;
mod expand;
mod lines;
mod modifier;
mod pattern;
mod query;
mod rules;
mod scan;
mod search;
mod share_mk;
mod statement;
mod substitute;
mod tree;
mod variables;
mod words;

pub use error::{Error, Fault};
pub use evaluator::Evaluator;
pub use query::Probes;
pub(crate) use scan::words;
pub(crate) use share_mk::RUMP_GUARD;
pub use share_mk::Settings;
pub use tree::{TREE, Tree};
pub(crate) use tree::{elsewhere, inside, is_elsewhere, shown};

/// Stands for a component's object folder in evaluated flags (make's `.OBJDIR`).
pub const OBJECTS: &str = "@OBJECTS@";
