//! `checks/layout.c`.
use crate::{Failure, models::Merged, output::File, prototypes::SystemCall};
pub(crate) fn generate(_merged: &Merged, calls: &[SystemCall]) -> Result<File, Failure> {
    let _ = calls
        .iter()
        .map(|c| (&c.rename_macro, c.variadic_in_header))
        .count();
    Ok(File::c("layout.c", "x", ""))
}
