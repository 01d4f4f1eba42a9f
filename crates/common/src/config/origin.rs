//! Where a value stands, and the texts that spans point into.

use std::{ops::Range, sync::Arc};

/// Where a value or a key was written.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// The whole configuration, and what is not written anywhere.
    Nowhere,
    Text(Span),
    Variable(Arc<Variable>),
}

/// A range of bytes in one of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// An environment variable that overrides a value.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: Box<str>,
    pub(super) value: Box<str>,
}

/// A text with the starts of its lines.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: Arc<str>,
    pub(super) text: String,
    lines: Vec<usize>,
}

impl Text {
    pub(super) fn new(name: &str, text: String) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: name.into(),
            lines: std::iter::once(0).chain(after_breaks).collect(),
            text,
        }
    }

    /// The index of the line that holds the byte at `at`, counted from 0.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at) - 1
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    /// The line's range, without its line break.
    pub(super) fn line(&self, index: usize) -> Range<usize> {
        let start = self.lines[index];
        let end = self
            .lines
            .get(index + 1)
            .map_or(self.text.len(), |end| *end);
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }
}
