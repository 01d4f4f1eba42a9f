//! [`List`]: several values or tables under one key.

use std::{fmt, ops::RangeInclusive};

use super::{
    names,
    scalar::Scalar,
    table::Table,
    value::{Mistake, Value},
};
use crate::config::{
    origin::Origin,
    report::{Mark, Report},
    tree::{Kind, Node},
};

/// A list that was asked for: [`required`](Self::required) or [`or_empty`](Self::or_empty) says
/// what its absence means. Items with mistakes are reported and left out.
///
/// ```
/// use std::net::SocketAddr;
/// use eaves_common::config::{Format, Reader};
///
/// let read = |text| {
///     let reader = Reader::new().text("a.toml", Format::Toml, text);
///     reader.read_with(|table| table.values::<SocketAddr>("listen").count(1..=2).required())
/// };
/// assert_eq!(read("listen = ['127.0.0.1:80', '[::1]:80']").unwrap().value().len(), 2);
/// let problems = read("listen = []").unwrap_err();
/// let line = "a.toml:1:10: listen: 0 items are too few, use 1 to 2";
/// assert_eq!(problems.iter().next().unwrap().to_string(), line);
/// ```
#[must_use = "a list is read by its last call: required or or_empty"]
pub struct List<'t, T> {
    path: String,
    items: Vec<T>,
    node: Option<&'t Node>,
    /// How many items are written, faulty ones too; `None` if it is no list.
    count: Option<usize>,
    table: &'t Origin,
    report: &'t mut Report,
}

impl<'t, T> List<'t, T> {
    pub(super) fn new(
        path: String,
        node: Option<&'t Node>,
        table: &'t Origin,
        report: &'t mut Report,
    ) -> Self {
        Self {
            path,
            items: Vec::new(),
            node,
            count: None,
            table,
            report,
        }
    }

    /// Refuses lists of another length.
    pub fn count(self, range: RangeInclusive<usize>) -> Self {
        let (Some(node), Some(count)) = (self.node, self.count) else {
            return self;
        };
        if !range.contains(&count) {
            let size = if count < *range.start() {
                "few"
            } else {
                "many"
            };
            let (min, max) = (range.start(), range.end());
            let message = || format!("{count} items are too {size}, use {min} to {max}");
            self.report.wrong(&self.path, message, &node.origin);
        }
        self
    }

    /// Returns the items; reports the list if it is not there. `None` then.
    pub fn required(self) -> Option<Vec<T>> {
        if self.node.is_none() {
            let message = "is missing, write it here".to_owned();
            self.report.missing(&self.path, message, self.table);
            return None;
        }
        Some(self.items)
    }

    /// Returns the items, none if the list is not there.
    #[must_use]
    pub fn or_empty(self) -> Vec<T> {
        self.items
    }

    pub(super) fn tables(&mut self, mut read: impl FnMut(&mut Table<'_>) -> Option<T>) {
        let Some(node) = self.node else {
            return;
        };
        let Kind::List(list) = &node.kind else {
            let message = || Mistake::expected("a list of tables", &Value::of(&node.kind)).message;
            self.report.wrong(&self.path, message, &node.origin);
            return;
        };
        self.count = Some(list.len());
        for (index, node) in list.iter().enumerate() {
            let path = names::index(&self.path, index);
            let item = Table::scope(Some(node), &node.origin, path, self.report, &mut read);
            self.items.extend(item);
        }
    }
}

impl<T: Scalar> List<'_, T> {
    /// Returns the items, or `items` if the list is not there.
    pub fn default(self, items: Vec<T>) -> Vec<T> {
        if self.node.is_some() {
            return self.items;
        }
        self.report.setting(&self.path, Some(printed(&items)), None);
        items
    }

    pub(super) fn values(&mut self) {
        let Some(node) = self.node else {
            return;
        };
        match &node.kind {
            Kind::List(list) => {
                self.count = Some(list.len());
                for (index, node) in list.iter().enumerate() {
                    self.value(index, &Value::of(&node.kind), &node.origin);
                }
            }
            Kind::Plain(text)
                if matches!(node.origin, Origin::Variable(_)) && is_bracketed(text) =>
            {
                let message =
                    || "write the items with commas between them, without brackets".to_owned();
                self.report.wrong(&self.path, message, &node.origin);
                return;
            }
            Kind::Plain(text) if matches!(node.origin, Origin::Variable(_)) => {
                let parts = text.split(',').map(str::trim);
                let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
                self.count = Some(parts.len());
                for (index, part) in parts.into_iter().enumerate() {
                    self.value(index, &Value::Plain(part), &node.origin);
                }
            }
            other => {
                let message = || Mistake::expected("a list", &Value::of(other)).message;
                self.report.wrong(&self.path, message, &node.origin);
                return;
            }
        }
        let items = printed(&self.items);
        let origin = Some(&node.origin);
        self.report.setting(&self.path, Some(items), origin);
    }

    fn value(&mut self, index: usize, value: &Value<'_>, origin: &Origin) {
        match T::read(value) {
            Ok(item) => self.items.push(item),
            Err(mistake) => {
                let path = names::index(&self.path, index);
                // A variable's value holds all items: a part of one has no place in it.
                let part = mistake.within.filter(|_| matches!(origin, Origin::Text(_)));
                let mark = Mark {
                    part,
                    ..Mark::from(origin)
                };
                let message = || mistake.message;
                self.report.wrong(&path, message, mark);
            }
        }
    }
}

/// As lists are written in files; an address such as `[::1]:80` ends in its port.
fn is_bracketed(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('[') && text.ends_with(']')
}

fn printed<T: Scalar>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(T::print).collect();
    format!("[{}]", items.join(", "))
}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
