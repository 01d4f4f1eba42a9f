//! [`Value`]: what a [`Scalar`](super::Scalar) is read from, and [`Mistake`], why it could not be.

use std::{fmt, ops::Range};

use crate::config::tree::Kind;

/// A value as it is written.
///
/// ```
/// use eaves_common::config::{Scalar, Value};
///
/// assert_eq!(u8::read(&Value::Number("5")), Ok(5));
/// assert_eq!(u8::read(&Value::Plain("5")), Ok(5)); // YAML, environment
/// assert!(u8::read(&Value::Text("5")).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A date or time (TOML).
    Date(&'a str),
    /// A list or inline list.
    List,
    /// Nothing: JSON's and YAML's `null`.
    Null,
    /// A number's digits in base ten; any length, with or without point and exponent.
    Number(&'a str),
    /// Text without quotes (YAML, environment): the type asked for says what it is.
    Plain(&'a str),
    /// A table, mapping or object.
    Table,
    /// Text in quotes.
    Text(&'a str),
}

impl<'a> Value<'a> {
    pub(super) fn of(kind: &'a Kind) -> Self {
        match kind {
            Kind::Bool(flag) => Self::Bool(*flag),
            Kind::Date(date) => Self::Date(date),
            Kind::List(_) => Self::List,
            Kind::Null => Self::Null,
            Kind::Number(digits) => Self::Number(digits),
            Kind::Plain(text) => Self::Plain(text),
            Kind::Table(_) => Self::Table,
            Kind::Text(text) => Self::Text(text),
        }
    }

    /// Returns what is written in words, for example `the number 5`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Bool(flag) => flag.to_string(),
            Self::Date(date) => format!("the date {}", shown(date)),
            Self::List => "a list".into(),
            Self::Null => "nothing".into(),
            Self::Number(digits) => format!("the number {}", shown(digits)),
            Self::Plain(text) => format!("`{}`", shown(text)),
            Self::Table => "a table".into(),
            Self::Text(text) => format!("the text \"{}\"", shown(text)),
        }
    }
}

/// Why a value cannot be read: a message in the form `what is wrong, what to write`.
///
/// ```
/// use eaves_common::config::Mistake;
///
/// let mistake = Mistake::new("8 is odd, use 7").within(0..1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub(super) message: String,
    pub(super) within: Option<Range<usize>>,
    /// What was out of the type's range, if that is the mistake: a field may know a narrower one.
    pub(super) beyond: Option<String>,
}

impl Mistake {
    /// Makes a mistake that concerns the whole value.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            within: None,
            beyond: None,
        }
    }

    /// Says that `found` is not from `min` to `max`.
    #[must_use]
    pub fn out_of_range(
        found: impl fmt::Display,
        min: impl fmt::Display,
        max: impl fmt::Display,
    ) -> Self {
        let found = shown(&found.to_string());
        Self {
            message: format!("{found} is out of range, use {min} to {max}"),
            within: None,
            beyond: Some(found),
        }
    }

    /// Says that something else was expected: `expected` is a noun with an example.
    #[must_use]
    pub fn expected(expected: &str, found: &Value<'_>) -> Self {
        Self::new(format!("expected {expected}, found {}", found.describe()))
    }

    /// Narrows it to a part of the value's text, as byte offsets.
    #[must_use]
    pub fn within(self, part: Range<usize>) -> Self {
        Self {
            within: Some(part),
            ..self
        }
    }
}

/// A text as part of a message: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown.replace("\\\"", "\"").replace("\\'", "'")
}
