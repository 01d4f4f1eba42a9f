//! [`Problem`] and [`Problems`]: what is wrong, where, and what to write instead.

use std::fmt;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use super::place::{Place, Underlined};
use crate::{Error, ErrorKind};

/// All that is wrong with a configuration.
///
/// Prints each problem with its source line and a caret, without colours; for a terminal
/// [`to_ansi`](Self::to_ansi) has them.
///
/// ```
/// use eaves_common::config::{Format, Reader};
///
/// let read = Reader::new()
///     .text("a.toml", Format::Toml, "port = 70000\nhots = 'x'")
///     .read_with(|table| table.value::<u16>("port").required());
/// let problems = read.unwrap_err();
/// let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
/// assert_eq!(lines, [
///     "a.toml:1:8: port: 70000 is out of range, use 0 to 65535",
///     "a.toml:2:1: hots: unknown key, use `port`",
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    shown: Vec<Problem>,
    more: usize,
}

impl Problems {
    pub(super) fn new(shown: Vec<Problem>, more: usize) -> Self {
        Self { shown, more }
    }

    /// Returns the problems in the order of the text, those of the environment last.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.shown.iter()
    }

    /// Returns how many there are, with those beyond the limit that are not shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shown.len().saturating_add(self.more)
    }

    /// Renders like [`Display`](fmt::Display), with ANSI colours.
    #[must_use]
    pub fn to_ansi(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let mut rendered = String::new();
        for problem in &self.shown {
            rendered.push_str(&problem.render(renderer));
            rendered.push('\n');
        }
        match self.more {
            0 => {}
            1 => rendered.push_str("and one more problem\n"),
            more => rendered.push_str(&format!("and {more} more problems\n")),
        }
        rendered
    }
}

impl<'p> IntoIterator for &'p Problems {
    type Item = &'p Problem;
    type IntoIter = std::slice::Iter<'p, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Problems {}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        let message = match problems.count() {
            1 => "the configuration has a problem".into(),
            count => format!("the configuration has {count} problems"),
        };
        Self::with_source(ErrorKind::Invalid, message, problems)
    }
}

/// One thing that is wrong.
///
/// Prints in one line: `edge.toml:12:10: pools[1].weight: 0 is out of range, use 1 to 1000`.
///
/// ```
/// use eaves_common::config::{Format, Reader};
///
/// let read = Reader::new()
///     .text("edge.toml", Format::Toml, "[cache]\nmemory = '64MIB'")
///     .read_with(|table| {
///         table.table("cache", |cache| {
///             cache.value::<eaves_common::units::ByteSize>("memory").required()
///         })
///     });
/// let problems = read.unwrap_err();
/// let problem = problems.iter().next().unwrap();
/// assert_eq!((problem.path(), problem.place()), ("cache.memory", Some("edge.toml")));
/// assert_eq!(problem.position(), Some((2, 13)));
/// assert_eq!(problem.message(), "`MIB` is not a unit of size, did you mean `MiB`?");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(super) path: Box<str>,
    pub(super) message: Box<str>,
    pub(super) place: Place,
}

impl Problem {
    /// Returns the path of the key, for example `pools[1].weight`; empty for mistakes of form.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns what is wrong and what to write instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the name of the text, or of the environment variable.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match &self.place {
            Place::Whole { name, .. } => Some(name),
            Place::Line(line) => Some(&line.name),
            Place::Variable(variable) => variable.line.split('=').next(),
            Place::Nowhere => None,
        }
    }

    /// Returns line and column in the text, from 1, the column in characters.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        match &self.place {
            Place::Line(line) => Some((line.number, line.column)),
            _ => None,
        }
    }

    fn title(&self) -> String {
        match &*self.path {
            "" => self.message.clone().into(),
            path => format!("{path}: {}", self.message),
        }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let group = Level::ERROR.primary_title(self.title());
        renderer.render(&[group.elements(self.element())])
    }

    fn element(&self) -> Option<Element<'_>> {
        match &self.place {
            Place::Nowhere => None,
            Place::Whole { name, .. } => Some(Origin::path(&**name).into()),
            Place::Line(line) => Some(match &line.excerpt {
                Some(excerpt) => {
                    let snippet = snippet(excerpt).line_start(line.number);
                    snippet.path(&*line.name).into()
                }
                None => {
                    let origin = Origin::path(&*line.name).line(line.number);
                    origin.char_column(line.column).into()
                }
            }),
            Place::Variable(variable) => Some(snippet(variable).line_numbering(false).into()),
        }
    }
}

fn snippet(excerpt: &Underlined) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let marked = AnnotationKind::Primary.span(excerpt.start..excerpt.end);
    Snippet::source(&*excerpt.line).annotation(marked)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}:")?;
            if let Some((line, column)) = self.position() {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.title())
    }
}
