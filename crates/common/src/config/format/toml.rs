//! TOML: the `toml` crate's parser goes on after mistakes and bounds its recursion.

use std::ops::Range;

use ::toml::{
    Spanned,
    de::{DeArray, DeInteger, DeTable, DeValue},
};

use crate::config::tree::{Budget, Entries, Entry, Kind, Node, Parsed, Syntax};

pub(super) fn parse(text: &str, budget: Budget, most: usize) -> Parsed {
    let (table, errors) = DeTable::parse_recoverable(text);
    let at_end = text.len()..text.len();
    // One more than are shown, so that the report knows that there are more.
    let mut mistakes: Vec<_> = errors
        .iter()
        .take(most.saturating_add(1))
        .map(|error| {
            Syntax::new(
                worded(error.message()),
                error.span().unwrap_or_else(|| at_end.clone()),
            )
        })
        .collect();
    let mut builder = Builder(budget);
    let root = builder.table(table.get_ref(), 1).unwrap_or_else(|limit| {
        mistakes.push(limit);
        Entries::new()
    });
    Parsed { root, mistakes }
}

/// The parser's words; what it takes for a number is most often a text that lacks its quotes.
fn worded(message: &str) -> String {
    match message.strip_suffix(", expected nothing") {
        Some(rest) if rest.starts_with("invalid") => format!("{rest}; write a text in quotes"),
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
