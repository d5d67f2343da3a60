//! The program as a user meets it.

mod archive;
mod clean;
mod inspect;
mod line;
mod program;
