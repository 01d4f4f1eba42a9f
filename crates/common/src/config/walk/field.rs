//! [`Field`]: one value that was asked for, and what is to happen if it is not there.

use std::{fmt, ops::RangeInclusive};

use super::value::{Mistake, Value};
use crate::config::{
    origin::Origin,
    report::{Excerpt, Mark, Report},
    tree::Node,
};

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
    excerpt: Excerpt,
}

enum Found<T> {
    Absent,
    Value(T),
    /// It is reported by the last call.
    Wrong(Mistake),
}

impl<'t, T> Field<'t, T> {
    /// Makes the field of a key that is not there.
    pub(super) fn absent(
        path: String,
        table: &'t Origin,
        report: &'t mut Report,
        print: Print<T>,
    ) -> Self {
        Self {
            path,
            found: Found::Absent,
            origin: None,
            table,
            report,
            print,
            excerpt: Excerpt::Shown,
        }
    }

    /// Reads what is written for the key.
    pub(super) fn read(
        mut self,
        node: &'t Node,
        read: impl FnOnce(&Value<'_>) -> Result<T, Mistake>,
    ) -> Self {
        self.origin = Some(&node.origin);
        self.found = match read(&Value::of(&node.kind)) {
            Ok(value) => Found::Value(value),
            Err(mistake) => Found::Wrong(mistake),
        };
        self
    }

    /// Keeps the value out of problems and settings from here on.
    pub(super) fn hidden(self) -> Self {
        Self {
            excerpt: Excerpt::Hidden,
            print: Box::new(|_| "(hidden)".to_owned()),
            ..self
        }
    }

    /// Refuses values outside of `range`.
    pub fn range(mut self, range: RangeInclusive<T>) -> Self
    where
        T: PartialOrd,
    {
        let found = match &self.found {
            Found::Value(value) if !range.contains(value) => (self.print)(value),
            // Out of the type's range, too: advice from there would lead to the next mistake.
            Found::Wrong(Mistake {
                beyond: Some(found),
                ..
            }) => found.clone(),
            _ => return self,
        };
        let [min, max] = [range.start(), range.end()].map(&self.print);
        self.found = Found::Wrong(Mistake::out_of_range(found, min, max));
        self
    }

    /// Refuses values that `check` does; its error says what is wrong and what to write.
    pub fn check<E: fmt::Display>(mut self, check: impl FnOnce(&T) -> Result<(), E>) -> Self {
        if let Found::Value(value) = &self.found
            && let Err(error) = check(value)
        {
            self.found = Found::Wrong(Mistake::new(error.to_string()));
        }
        self
    }

    /// Returns the value; reports it if it is not there. `None` if something was reported.
    pub fn required(mut self) -> Option<T> {
        if let Found::Absent = self.found {
            let message = "is missing, write it here".to_owned();
            self.report.missing(&self.path, message, self.table);
        }
        self.take()
    }

    /// Returns the value, or `value` if it is not there or something was reported.
    pub fn default(mut self, value: T) -> T {
        if let Found::Absent = self.found {
            self.note(Some(&value));
        }
        self.take().unwrap_or(value)
    }

    /// Returns the value, or `None` if it is not there or something was reported.
    pub fn optional(mut self) -> Option<T> {
        if let Found::Absent = self.found {
            self.note(None);
        }
        self.take()
    }

    /// The value that is there and right; reports one that is wrong.
    fn take(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.found, Found::Absent) {
            Found::Absent => None,
            Found::Value(value) => {
                self.note(Some(&value));
                Some(value)
            }
            Found::Wrong(mistake) => {
                self.report_mistake(mistake);
                None
            }
        }
    }

    fn note(&mut self, value: Option<&T>) {
        let value = value.map(&self.print);
        self.report.setting(&self.path, value, self.origin);
    }

    fn report_mistake(&mut self, mistake: Mistake) {
        let mark = Mark {
            origin: self.origin.unwrap_or(self.table),
            part: mistake.within,
            excerpt: self.excerpt,
        };
        self.report.wrong(&self.path, || mistake.message, mark);
    }
}

impl<T> fmt::Debug for Field<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
