//! [`Field`]: one value that was asked for, and what is to happen if it is not there.

use std::{fmt, ops::RangeInclusive};

use super::value::{Mistake, Value};
use crate::config::{origin::Origin, report::Report, tree::Node};

/// How a value is written in messages.
pub(super) type Print<T> = Box<dyn Fn(&T) -> String>;

/// A value that was asked for. Checks come first; the last call says what its absence means:
/// [`required`](Self::required), [`default`](Self::default) or [`optional`](Self::optional).
///
/// ```
/// use eaves_common::config::{Format, Reader};
///
/// let weight = |text| {
///     let reader = Reader::new().text("a.toml", Format::Toml, text);
///     reader.read_with(|table| Some(table.value::<u32>("weight").range(1..=1000).default(100)))
/// };
/// assert_eq!(*weight("").unwrap().value(), 100);
/// let problems = weight("weight = 0").unwrap_err();
/// let line = "a.toml:1:10: weight: 0 is out of range, use 1 to 1000";
/// assert_eq!(problems.iter().next().unwrap().to_string(), line);
/// ```
#[must_use = "a field is read by its last call: required, default or optional"]
pub struct Field<'t, T> {
    path: String,
    found: Found<T>,
    origin: Option<&'t Origin>,
    table: &'t Origin,
    report: &'t mut Report,
    print: Print<T>,
    visible: Visible,
}

enum Found<T> {
    Absent,
    Value(T),
    /// It was reported.
    Wrong,
}

#[derive(Clone, Copy, PartialEq)]
enum Visible {
    Shown,
    Hidden,
}

impl<'t, T> Field<'t, T> {
    pub(super) fn read(
        path: String,
        node: Option<&'t Node>,
        table: &'t Origin,
        report: &'t mut Report,
        read: impl FnOnce(&Value<'_>) -> Result<T, Mistake>,
        print: Print<T>,
    ) -> Self {
        let found = match node {
            None => Found::Absent,
            Some(node) => match read(&Value::of(&node.kind)) {
                Ok(value) => Found::Value(value),
                Err(mistake) => {
                    report.wrong(&path, || mistake.message, &node.origin, mistake.within);
                    Found::Wrong
                }
            },
        };
        Self {
            path,
            found,
            origin: node.map(|node| &node.origin),
            table,
            report,
            print,
            visible: Visible::Shown,
        }
    }

    /// Refuses values outside of `range`.
    pub fn range(self, range: RangeInclusive<T>) -> Self
    where
        T: PartialOrd,
    {
        let Found::Value(value) = &self.found else {
            return self;
        };
        if range.contains(value) {
            return self;
        }
        let [found, min, max] = [value, range.start(), range.end()].map(&self.print);
        self.refuse(format!("{found} is out of range, use {min} to {max}"))
    }

    /// Refuses values that `check` does; its error says what is wrong and what to write.
    pub fn check<E: fmt::Display>(self, check: impl FnOnce(&T) -> Result<(), E>) -> Self {
        let Found::Value(value) = &self.found else {
            return self;
        };
        match check(value) {
            Ok(()) => self,
            Err(error) => self.refuse(error.to_string()),
        }
    }

    /// Keeps the value out of [`effective`](crate::config::Config::effective), as for a key or password.
    pub fn secret(self) -> Self {
        Self {
            visible: Visible::Hidden,
            ..self
        }
    }

    /// Returns the value; reports it if it is not there. `None` if something was reported.
    pub fn required(mut self) -> Option<T> {
        if let Found::Absent = self.found {
            let message = "is missing, write it here".to_owned();
            self.report.missing(&self.path, message, self.table);
            return None;
        }
        self.take()
    }

    /// Returns the value, or `value` if it is not there or something was reported.
    pub fn default(mut self, value: T) -> T {
        if let Found::Absent = self.found {
            self.note(Some(&value));
            return value;
        }
        self.take().unwrap_or(value)
    }

    /// Returns the value, or `None` if it is not there or something was reported.
    pub fn optional(mut self) -> Option<T> {
        if let Found::Absent = self.found {
            self.note(None);
            return None;
        }
        self.take()
    }

    fn take(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.found, Found::Wrong) {
            Found::Value(value) => {
                self.note(Some(&value));
                Some(value)
            }
            Found::Absent | Found::Wrong => None,
        }
    }

    fn note(&mut self, value: Option<&T>) {
        let value = value.map(|value| match self.visible {
            Visible::Hidden => "(hidden)".to_owned(),
            Visible::Shown => (self.print)(value),
        });
        self.report.setting(&self.path, value, self.origin);
    }

    fn refuse(mut self, message: String) -> Self {
        let origin = self.origin.unwrap_or(self.table);
        self.report.wrong(&self.path, || message, origin, None);
        self.found = Found::Wrong;
        self
    }
}

impl<T> fmt::Debug for Field<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
