//! `ifdef` … `endif`: statements that count only if an attribute is known, or is not.
//!
//! Exactly one branch is carried out. config(1) of the pinned trees, which use no conditionals, also
//! carries out an `else` that follows `ifdef` (held) and `elifdef`.

use super::error::{Error, Location, invalid};
use super::syntax::Action;

/// The conditionals that are open at a place in a file, outermost first.
#[derive(Default)]
pub(super) struct Conditionals {
    open: Vec<Conditional>,
}

struct Conditional {
    location: Location,
    /// Whether this branch is carried out.
    holds: bool,
    /// Whether no other branch of it can be.
    settled: bool,
    /// Whether this is the branch of `else`.
    otherwise: bool,
}

impl Conditionals {
    /// Whether statements at this place count.
    pub(super) fn hold(&self) -> bool {
        self.open.iter().all(|c| c.holds)
    }

    /// Takes a statement that opens, continues or closes a conditional; false if it is another.
    pub(super) fn take(
        &mut self,
        action: &Action,
        at: &Location,
        known: impl Fn(&str) -> bool,
    ) -> Result<bool, Error> {
        let holds = match action {
            Action::If { attribute, defined } => {
                let holds = known(attribute) == *defined;
                self.open.push(Conditional {
                    location: at.clone(),
                    holds,
                    settled: holds,
                    otherwise: false,
                });
                return Ok(true);
            }
            Action::ElseIf { attribute, defined } => known(attribute) == *defined,
            Action::Else | Action::EndIf => true,
            _ => return Ok(false),
        };
        let Some(current) = self.open.last_mut() else {
            let problem = "expected an `ifdef` or `ifndef` before this".to_owned();
            return Err(invalid(at, problem));
        };
        if matches!(action, Action::EndIf) {
            self.open.pop();
            return Ok(true);
        }
        if current.otherwise {
            let problem = "expected `endif`: `else` was there already".to_owned();
            return Err(invalid(at, problem));
        }
        current.otherwise = matches!(action, Action::Else);
        current.holds = holds && !current.settled;
        current.settled |= current.holds;
        Ok(true)
    }

    /// Fails if a conditional is still open where the file ends.
    pub(super) fn end(self) -> Result<(), Error> {
        match self.open.last() {
            None => Ok(()),
            Some(open) => Err(invalid(
                &open.location,
                "expected `endif` before the end of the file".to_owned(),
            )),
        }
    }
}
