//! [`Table`]: the cursor over one table, and [`FromConfig`], what reads itself from it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{
    field::{Field, Print},
    list::List,
    names,
    scalar::Scalar,
    suggest,
    value::{Mistake, Value, shown},
};
use crate::config::{
    origin::Origin,
    report::Report,
    tree::{Entries, Kind, Node},
};

/// A type that reads itself from a table.
///
/// Ask for all keys first and use `?` after: a missing key then hides no other mistake.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::config::{FromConfig, Table};
///
/// struct Probe {
///     path: String,
///     every: Duration,
///     timeout: Duration,
/// }
///
/// impl FromConfig for Probe {
///     fn from_config(table: &mut Table<'_>) -> Option<Self> {
///         let path = table.value("path").required();
///         let every = table.value("every").default(Duration::from_secs(5));
///         let timeout = table.value("timeout").default(Duration::from_secs(1));
///         if timeout > every {
///             table.problem("timeout", &["every"], "is longer than `every`, use at most that");
///         }
///         Some(Self { path: path?, every, timeout })
///     }
/// }
/// ```
pub trait FromConfig: Sized {
    /// Reads the keys of `table`. `None` means that a key is missing or wrong, which the table has
    /// reported.
    fn from_config(table: &mut Table<'_>) -> Option<Self>;
}

/// A table that is being read; keys that nobody asked for are reported when it is done.
///
/// See [`FromConfig`] for an example.
pub struct Table<'a> {
    entries: &'a Entries,
    origin: &'a Origin,
    path: String,
    asked: Vec<&'static str>,
    report: &'a mut Report,
}

/// What stands for a table that is not written.
static NONE: Entries = BTreeMap::new();

impl<'a> Table<'a> {
    /// Reads the root.
    pub(in crate::config) fn root<T>(
        root: &'a Node,
        report: &'a mut Report,
        read: impl FnOnce(&mut Table<'_>) -> Option<T>,
    ) -> Option<T> {
        Self::scope(Some(root), &Origin::Nowhere, String::new(), report, read)
    }

    /// Returns this table's path, for example `pools[1]`; empty at the top.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Asks for one value.
    pub fn value<T: Scalar + 'static>(&mut self, key: &'static str) -> Field<'_, T> {
        self.field(key, T::read, Box::new(T::print))
    }

    /// Asks for a value whose text `T` parses; `expected` names it with an example, such as
    /// `a URL such as "https://example.org"`.
    pub fn parsed<T>(&mut self, key: &'static str, expected: &str) -> Field<'_, T>
    where
        T: FromStr<Err: fmt::Display> + fmt::Display + 'static,
    {
        let read = |value: &Value<'_>| match value {
            Value::Plain(text) | Value::Text(text) => text.parse().map_err(|error| {
                let text = shown(text);
                Mistake::new(format!("\"{text}\" is not {expected}: {error}"))
            }),
            other => Err(Mistake::expected(expected, other)),
        };
        self.field(key, read, Box::new(T::to_string))
    }

    /// Asks for a text that is a key or password: neither it nor its line is in problems, nor in
    /// [`effective`](crate::config::Config::effective).
    pub fn secret(&mut self, key: &'static str) -> Field<'_, String> {
        let (path, node) = self.ask(key);
        let field = Field::absent(path, self.origin, self.report, Box::new(String::clone));
        let field = field.hidden();
        let read = |value: &Value<'_>| {
            String::read(value).map_err(|_| Mistake::new("expected a text, write it in quotes"))
        };
        match node {
            Some(node) => field.read(node, read),
            None => field,
        }
    }

    /// Asks for one of several words and returns what stands beside it.
    pub fn word<T: Clone + PartialEq + 'static>(
        &mut self,
        key: &'static str,
        words: &'static [(&'static str, T)],
    ) -> Field<'_, T> {
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        let read = |value: &Value<'_>| {
            let (Value::Plain(text) | Value::Text(text)) = value else {
                return Err(Mistake::expected(&suggest::one_of(&names), value));
            };
            let word = words.iter().find(|(name, _)| name == text);
            word.map(|(_, value)| value.clone()).ok_or_else(|| {
                let advice = suggest::advice(text, &names);
                Mistake::new(format!("`{}` is not allowed, {advice}", shown(text)))
            })
        };
        let print = |value: &T| {
            let word = words.iter().find(|(_, other)| other == value);
            word.map_or_else(String::new, |(name, _)| (*name).to_owned())
        };
        self.field(key, read, Box::new(print))
    }

    /// Asks for a list of values; in the environment they stand with commas between them.
    pub fn values<T: Scalar>(&mut self, key: &'static str) -> List<'_, T> {
        let (path, node) = self.ask(key);
        let mut list = List::new(path, node, self.origin, self.report);
        list.values();
        list
    }

    /// Asks for a list of tables, each read by `read`; faulty ones are reported and left out.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        read: impl FnMut(&mut Table<'_>) -> Option<T>,
    ) -> List<'_, T> {
        let (path, node) = self.ask(key);
        let mut list = List::new(path, node, self.origin, self.report);
        list.tables(read);
        list
    }

    /// Reads the table at `key`; one that is not written is read as an empty one, so that its
    /// defaults apply and its required keys are missed.
    pub fn table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Table<'_>) -> Option<T>,
    ) -> Option<T> {
        let (path, node) = self.ask(key);
        Self::scope(node, self.origin, path, self.report, read)
    }

    /// Reads the table at `key` if it is written.
    pub fn optional_table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Table<'_>) -> Option<T>,
    ) -> Option<T> {
        let (path, node) = self.ask(key);
        node.and_then(|node| Self::scope(Some(node), self.origin, path, self.report, read))
    }

    /// Reads a table of tables whose keys are names of the user's choice, in their order; faulty
    /// ones are reported and left out.
    pub fn map<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&str, &mut Table<'_>) -> Option<T>,
    ) -> Vec<(String, T)> {
        let (path, node) = self.ask(key);
        let Some(node) = node else {
            return Vec::new();
        };
        let Some(entries) = entries(node, &path, self.report) else {
            return Vec::new();
        };
        let mut items = Vec::new();
        for (name, entry) in entries {
            let path = names::key(&path, name);
            let read = |table: &mut Table<'_>| read(name, table);
            let item = Self::scope(Some(&entry.node), &entry.key, path, self.report, read);
            items.extend(item.map(|item| (name.to_string(), item)));
        }
        items
    }

    /// Reports a problem with the value of `key` beside those of `others`: `message` says what is
    /// wrong and what to write, such as "is longer than `every`, use at most that". There may be
    /// several for one key.
    ///
    /// Nothing is reported if the value, or one of the others or in them, is wrong by itself, since
    /// what stands for it then was not written by anyone.
    pub fn problem(&mut self, key: &str, others: &[&str], message: impl fmt::Display) {
        let path = names::key(&self.path, key);
        let mut others = others.iter().map(|other| names::key(&self.path, other));
        if self.report.is_wrong(&path) || others.any(|path| self.report.is_wrong_within(&path)) {
            return;
        }
        let origin = match self.entries.get(key) {
            Some(entry) => &entry.node.origin,
            None => self.origin,
        };
        self.report.beside(&path, || message.to_string(), origin);
    }

    /// Reads one table and reports the keys that nobody asked for.
    pub(super) fn scope<'s, T>(
        node: Option<&'s Node>,
        parent: &'s Origin,
        path: String,
        report: &'s mut Report,
        read: impl FnOnce(&mut Table<'_>) -> Option<T>,
    ) -> Option<T> {
        let (entries, origin) = match node {
            Some(node) => (entries(node, &path, report)?, &node.origin),
            None => (&NONE, parent),
        };
        let mut table = Table {
            entries,
            origin,
            path,
            asked: Vec::new(),
            report,
        };
        let value = read(&mut table);
        table.refuse_unknown();
        value
    }

    fn field<'t, T>(
        &'t mut self,
        key: &'static str,
        read: impl FnOnce(&Value<'_>) -> Result<T, Mistake>,
        print: Print<T>,
    ) -> Field<'t, T> {
        let (path, node) = self.ask(key);
        let field = Field::absent(path, self.origin, self.report, print);
        match node {
            Some(node) => field.read(node, read),
            None => field,
        }
    }

    /// Notes that `key` is known; returns its path and what is written.
    fn ask(&mut self, key: &'static str) -> (String, Option<&'a Node>) {
        self.asked.push(key);
        let node = self.entries.get(key).map(|entry| &entry.node);
        (names::key(&self.path, key), node)
    }

    fn refuse_unknown(&mut self) {
        for (key, entry) in self.entries {
            if !self.asked.contains(&&**key) {
                let message = || format!("unknown key, {}", suggest::advice(key, &self.asked));
                let path = names::key(&self.path, key);
                self.report.wrong(&path, message, &entry.key);
            }
        }
    }
}

impl fmt::Debug for Table<'_> {
    /// Prints no values: there may be secrets among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The entries of a table; nothing (YAML's `cache:`) is an empty one.
fn entries<'n>(node: &'n Node, path: &str, report: &mut Report) -> Option<&'n Entries> {
    match &node.kind {
        Kind::Table(entries) => Some(entries),
        Kind::Null => Some(&NONE),
        other => {
            let message = || Mistake::expected("a table", &Value::of(other)).message;
            report.wrong(path, message, &node.origin);
            None
        }
    }
}
