//! The spanned tree that every format becomes, and the budget that bounds it.

use std::{collections::BTreeMap, ops::Range};

use super::{
    limits::Limits,
    origin::{Origin, Span},
};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) kind: Kind,
}

/// What a value is. Numbers keep their digits, so that nothing is rounded before its type is known.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Bool(bool),
    Date(Box<str>),
    List(Vec<Node>),
    Null,
    Number(Box<str>),
    /// Text without quotes (YAML, environment): the schema says what it is.
    Plain(Box<str>),
    Table(Entries),
    Text(Box<str>),
}

/// A table's keys in order; a tree, since hashes of keys from outside could be made to collide.
pub(super) type Entries = BTreeMap<Box<str>, Entry>;

/// A table's value with its key's place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Origin,
    pub(super) node: Node,
}

/// What a format's parser made of a text: as much of the tree as there is, and what was wrong.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) root: Entries,
    pub(super) mistakes: Vec<Syntax>,
    /// How many more there were.
    pub(super) more: usize,
}

/// A mistake of form.
#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) message: String,
    pub(super) span: Range<usize>,
}

impl Syntax {
    pub(super) fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        let message = message.into();
        Self { message, span }
    }
}

/// What every format says of a key that stands twice in a table.
pub(super) const DUPLICATE: &str = "duplicate key, write it once";

/// How much of the tree may still be built.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    text: usize,
    values: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits, text: usize) -> Self {
        Self {
            limits: *limits,
            text,
            values: 0,
        }
    }

    /// Counts a value at `depth` (1 for what stands at the top) before what is in it is looked at.
    ///
    /// # Errors
    /// If a limit is reached: parsing ends, as what follows would be refused as well.
    pub(super) fn enter(&mut self, span: &Range<usize>, depth: usize) -> Result<(), Syntax> {
        self.values += 1;
        let refuse = |message| Err(Syntax::new(message, span.clone()));
        if depth > self.limits.depth {
            return refuse(format!("nested over {} levels deep", self.limits.depth));
        }
        if self.values > self.limits.values {
            return refuse(format!("more than {} values", self.limits.values));
        }
        Ok(())
    }

    pub(super) fn origin(&self, span: Range<usize>) -> Origin {
        Origin::Text(Span {
            text: self.text,
            start: span.start,
            end: span.end,
        })
    }
}
