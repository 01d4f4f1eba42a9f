//! Where a problem is shown: a line of a text, or a variable, with the part to underline.

use std::{ops::Range, sync::Arc};

use crate::config::origin::{Origin, Span, Text};

/// What a problem points at.
#[derive(Clone, Debug)]
pub(in crate::config) struct Mark<'o> {
    pub(in crate::config) origin: &'o Origin,
    /// A part of the value's text, instead of all of it.
    pub(in crate::config) part: Option<Range<usize>>,
    pub(in crate::config) excerpt: Excerpt,
}

/// Whether the line is shown; that of a secret is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Excerpt {
    Hidden,
    Shown,
}

impl<'o> From<&'o Origin> for Mark<'o> {
    fn from(origin: &'o Origin) -> Self {
        Self {
            origin,
            part: None,
            excerpt: Excerpt::Shown,
        }
    }
}

/// A place that stands for itself: it keeps the line, not the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A text as a whole.
    Whole {
        text: usize,
        name: Arc<str>,
    },
    Line(Line),
    Variable(Underlined),
    Nowhere,
}

/// A line of a text. Line and column count from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) text: usize,
    pub(super) number: usize,
    pub(super) column: usize,
    pub(super) name: Arc<str>,
    /// `None` if it is too long to show, or secret.
    pub(super) excerpt: Option<Underlined>,
}

/// A line and the bytes in it to underline, which fall on characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Underlined {
    pub(super) line: Box<str>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Place {
    pub(super) fn of(mark: Mark<'_>, texts: &[Text]) -> Self {
        match mark.origin {
            Origin::Nowhere => match texts {
                [] => Self::Nowhere,
                [first, ..] => Self::whole(0, first),
            },
            Origin::Text(span) => match texts.get(span.text) {
                None => Self::Nowhere,
                Some(text) => Self::Line(Line::of(*span, text, mark)),
            },
            Origin::Variable(variable) if mark.excerpt == Excerpt::Hidden => {
                let line = format!("{}=(hidden)", variable.name);
                let marked = variable.name.len() + 1..line.len();
                Self::Variable(Underlined::new(&line, marked))
            }
            Origin::Variable(variable) => {
                let value_at = variable.name.len() + 1;
                let part = mark.part.unwrap_or(0..variable.value.len());
                let line = format!("{}={}", variable.name, variable.value);
                let marked = value_at + part.start..value_at + part.end;
                Self::Variable(Underlined::new(&line, marked))
            }
        }
    }

    pub(super) fn whole(index: usize, text: &Text) -> Self {
        Self::Whole {
            text: index,
            name: Arc::clone(&text.name),
        }
    }
}

impl Line {
    fn of(span: Span, text: &Text, mark: Mark<'_>) -> Self {
        let is_shown = mark.excerpt == Excerpt::Shown;
        let marked = match mark.part.and_then(|part| inside(span, &text.text, part)) {
            Some(marked) => marked,
            None => span.start..span.end,
        };
        let start = floor(&text.text, marked.start);
        let index = text.line_of(start);
        let range = text.line(index);
        let line = &text.text[range.clone()];
        let before = start.min(range.end) - range.start;
        let until = marked.end.min(range.end).max(start) - range.start;
        Self {
            text: span.text,
            number: index + 1,
            column: line[..before].chars().count() + 1,
            name: Arc::clone(&text.name),
            excerpt: (is_shown && line.len() <= MAX_LINE)
                .then(|| Underlined::new(line, before..until)),
        }
    }
}

/// A part of a text, if the text stands there as it is: on one line and without escapes.
fn inside(span: Span, text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let written = text.get(span.start..span.end)?;
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let skipped = match quote {
        None => 0,
        Some(quote) => {
            let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
            if inner.contains([quote, '\\']) {
                return None;
            }
            1
        }
    };
    if written.contains('\n') || skipped + part.end > written.len() {
        return None;
    }
    let start = span.start + skipped;
    Some(start + part.start..start + part.end)
}

impl Underlined {
    fn new(line: &str, marked: Range<usize>) -> Self {
        let start = floor(line, marked.start);
        let end = ceil(line, marked.end.max(start));
        Self {
            line: line.into(),
            start,
            end,
        }
    }
}

/// The start of the character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    let starts = |at: &usize| text.is_char_boundary(*at);
    (0..=at).rev().find(starts).unwrap_or(0)
}

/// The end of the character before or at `at`.
fn ceil(text: &str, at: usize) -> usize {
    let starts = |at: &usize| text.is_char_boundary(*at);
    (at..text.len()).find(starts).unwrap_or(text.len())
}

/// Longer lines are not shown: nobody reads them, and rendering takes long.
const MAX_LINE: usize = 4096;
