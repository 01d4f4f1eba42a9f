//! TOML: the `toml` crate's parser goes on after mistakes and bounds its recursion.

use std::ops::Range;

use ::toml::{
    Spanned,
    de::{DeArray, DeInteger, DeTable, DeValue},
};

use crate::config::tree::{Budget, DUPLICATE, Entries, Entry, Kind, Node, Parsed, Syntax};

pub(super) fn parse(text: &str, budget: Budget, most: usize) -> Parsed {
    let (table, errors) = DeTable::parse_recoverable(text);
    let at_end = text.len()..text.len();
    let mut mistakes: Vec<_> = errors
        .iter()
        .take(most)
        .map(|error| {
            let span = error.span().unwrap_or_else(|| at_end.clone());
            Syntax::new(
                worded(error.message(), text.get(span.start..).unwrap_or_default()),
                span,
            )
        })
        .collect();
    let mut builder = Builder(budget);
    let root = builder.table(table.get_ref(), 1).unwrap_or_else(|limit| {
        mistakes.push(limit);
        Entries::new()
    });
    let more = errors.len().saturating_sub(most);
    Parsed {
        root,
        mistakes,
        more,
    }
}

/// The parser's words, and what to write instead: what it takes for a number or a boolean is most often a text
/// that lacks its quotes, and it says the same where nothing is written. `rest` begins where it stopped.
fn worded(message: &str, rest: &str) -> String {
    let (what, expected) = message.split_once(", ").unwrap_or((message, ""));
    let is_empty = || {
        matches!(
            rest.trim_start_matches(' ').chars().next(),
            None | Some('\n' | '\r' | '#')
        )
    };
    match (what, expected) {
        ("duplicate key", _) => DUPLICATE.to_owned(),
        ("string values must be quoted", _) if is_empty() => {
            "there is no value, write one here".to_owned()
        }
        ("string values must be quoted", _) => {
            "expected a value, write a text in quotes".to_owned()
        }
        ("invalid boolean", _) => "expected `true` or `false`, write a text in quotes".to_owned(),
        (_, "expected nothing") if what.starts_with("invalid") => {
            format!("{what}, write a text in quotes")
        }
        (_, "expected nothing") => what.to_owned(),
        _ => message.to_owned(),
    }
}

struct Builder(Budget);

impl Builder {
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Result<Entries, Syntax> {
        let mut entries = Entries::new();
        for (key, value) in table.iter() {
            let entry = Entry {
                key: self.0.origin(key.span()),
                node: self.node(value, depth)?,
            };
            entries.insert(key.get_ref().as_ref().into(), entry);
        }
        Ok(entries)
    }

    fn list(&mut self, array: &DeArray<'_>, depth: usize) -> Result<Vec<Node>, Syntax> {
        array.iter().map(|value| self.node(value, depth)).collect()
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Syntax> {
        let span: Range<usize> = value.span();
        self.0.enter(&span, depth)?;
        let kind = match value.get_ref() {
            DeValue::Array(array) => Kind::List(self.list(array, depth + 1)?),
            DeValue::Boolean(flag) => Kind::Bool(*flag),
            DeValue::Datetime(date) => Kind::Date(date.to_string().into()),
            DeValue::Float(float) => Kind::Number(float.as_str().into()),
            DeValue::Integer(integer) => Kind::Number(decimal(integer)),
            DeValue::String(text) => Kind::Text(text.as_ref().into()),
            DeValue::Table(table) => Kind::Table(self.table(table, depth + 1)?),
        };
        let origin = self.0.origin(span);
        Ok(Node { origin, kind })
    }
}

/// The digits in base ten; those of a number that no type holds stay as they are.
fn decimal(integer: &DeInteger<'_>) -> Box<str> {
    match i128::from_str_radix(integer.as_str(), integer.radix()) {
        Ok(number) => number.to_string().into(),
        Err(_) => integer.to_string().into(),
    }
}
