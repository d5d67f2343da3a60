//! The variables of one evaluation, unexpanded.

use std::collections::HashMap;

/// Variables by name; values are as written.
#[derive(Debug, Default)]
pub(crate) struct Variables(HashMap<String, String>);

impl Variables {
    /// The unexpanded value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// True if the variable has a value, even an empty one.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// `=`
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match self.0.get_mut(name) {
            Some(known) => value.clone_into(known),
            None => {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// `+=`
    pub(crate) fn append(&mut self, name: &str, value: &str) {
        match self.0.get_mut(name) {
            Some(known) => {
                known.push(' ');
                known.push_str(value);
            }
            None => {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// `?=`
    pub(crate) fn set_default(&mut self, name: &str, value: &str) {
        if !self.contains(name) {
            self.set(name, value);
        }
    }

    /// `.undef`
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }
}
