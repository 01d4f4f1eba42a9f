//! [`Report`]: gathers problems and settings while the tree is walked.

use std::{collections::BTreeSet, ops::Bound};

use super::{
    place::{Mark, Place},
    problem::{Problem, Problems},
    setting::{Setting, Source},
};
use crate::config::{
    limits::Limits,
    origin::{Origin, Text},
};

/// What was found so far. Problems beyond the limit are counted, not kept.
#[derive(Debug)]
pub(in crate::config) struct Report {
    pub(in crate::config) texts: Vec<Text>,
    problems: Vec<Problem>,
    more: usize,
    most: usize,
    settings: Vec<Setting>,
    /// Where the form is broken, what is read is not to be trusted.
    broken: Vec<Broken>,
    /// Paths of values that were wrong, whether they are shown or stand where the form is broken.
    wrong: BTreeSet<Box<str>>,
}

impl Report {
    pub(in crate::config) fn new(limits: &Limits) -> Self {
        Self {
            texts: Vec::new(),
            problems: Vec::new(),
            more: 0,
            most: limits.problems,
            settings: Vec::new(),
            broken: Vec::new(),
            wrong: BTreeSet::new(),
        }
    }

    /// Reports a text that could not be read or parsed at all, or a mistake of its form.
    pub(in crate::config) fn syntax(&mut self, message: String, origin: &Origin) {
        let place = Place::of(origin.into(), &self.texts);
        if let (Place::Line(line), false) = (&place, self.is_full()) {
            let broken = Broken::at(line.text, line.number, &self.texts[line.text]);
            self.broken.push(broken);
        }
        self.keep(|| problem("", message, place));
    }

    /// Counts mistakes of form that are not told one by one.
    pub(in crate::config) fn uncounted(&mut self, more: usize) {
        self.more = self.more.saturating_add(more);
    }

    /// Reports a text as a whole.
    pub(in crate::config) fn unreadable(&mut self, message: String, text: usize) {
        let place = match self.texts.get(text) {
            Some(named) => Place::whole(text, named),
            None => Place::Nowhere,
        };
        // Keys that are missing from a text that was not read are no further problem.
        self.broken.push(Broken {
            text,
            first: 0,
            last: 0,
        });
        self.keep(|| problem("", message, place));
    }

    /// Reports what is wrong with a value or key.
    pub(in crate::config) fn wrong<'o>(
        &mut self,
        path: &str,
        message: impl FnOnce() -> String,
        mark: impl Into<Mark<'o>>,
    ) {
        if !self.is_full() {
            self.wrong.insert(path.into());
        }
        self.beside(path, message, mark);
    }

    /// Reports what is wrong with a value beside others, though each is right by itself.
    pub(in crate::config) fn beside<'o>(
        &mut self,
        path: &str,
        message: impl FnOnce() -> String,
        mark: impl Into<Mark<'o>>,
    ) {
        if self.is_full() {
            self.more += 1;
            return;
        }
        let place = Place::of(mark.into(), &self.texts);
        let is_broken = matches!(&place, Place::Line(line)
            if self.broken.iter().any(|broken| broken.holds(line.text, line.number)));
        if !is_broken {
            self.problems.push(problem(path, message(), place));
        }
    }

    /// Whether the value at `path` was wrong by itself.
    pub(in crate::config) fn is_wrong(&self, path: &str) -> bool {
        self.wrong.contains(path)
    }

    /// Whether the value at `path`, or one in it, was wrong by itself.
    pub(in crate::config) fn is_wrong_within(&self, path: &str) -> bool {
        let from = (Bound::Included(path), Bound::Unbounded);
        let at_or_after = self.wrong.range::<str, _>(from);
        let mut rests = at_or_after.map_while(|other| other.strip_prefix(path));
        rests.any(|rest| matches!(rest.chars().next(), None | Some('.' | '[')))
    }

    /// Reports a key that should be there. Where the form is broken it may well be there.
    pub(in crate::config) fn missing(&mut self, path: &str, message: String, table: &Origin) {
        if self.broken.is_empty() {
            self.wrong(path, || message, table);
        }
    }

    pub(in crate::config) fn setting(
        &mut self,
        path: &str,
        value: Option<String>,
        origin: Option<&Origin>,
    ) {
        let source = origin.map_or(Source::Default, |origin| self.source(origin));
        self.settings.push(Setting {
            path: path.into(),
            value: value.map(Into::into),
            source,
        });
    }

    /// The value with the settings in the order they were read, or all that is wrong.
    pub(in crate::config) fn finish<T>(
        mut self,
        value: Option<T>,
    ) -> Result<(T, Vec<Setting>), Problems> {
        let is_clean = self.problems.is_empty() && self.more == 0;
        match value {
            Some(value) if is_clean => return Ok((value, self.settings)),
            None if is_clean => self.unreadable(REASONLESS.into(), 0),
            _ => {}
        }
        self.problems
            .sort_by(|a, b| order(&a.place).cmp(&order(&b.place)));
        Err(Problems::new(self.problems, self.more))
    }

    fn keep(&mut self, problem: impl FnOnce() -> Problem) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.problems.push(problem());
        }
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= self.most
    }

    fn source(&self, origin: &Origin) -> Source {
        match origin {
            Origin::Nowhere => Source::Default,
            Origin::Text(span) => match self.texts.get(span.text) {
                None => Source::Default,
                Some(text) => Source::File {
                    name: text.name.clone(),
                    line: text.line_of(span.start) + 1,
                },
            },
            Origin::Variable(variable) => Source::Variable((&*variable.name).into()),
        }
    }
}

/// Lines of a text, counted from 1, that a mistake of form makes unreliable.
#[derive(Debug)]
struct Broken {
    text: usize,
    first: usize,
    last: usize,
}

impl Broken {
    /// The line; if it is a table's header, also what would have been in that table.
    fn at(index: usize, number: usize, text: &Text) -> Self {
        let is_header = |number: &usize| {
            let line = &text.text[text.line(number - 1)];
            line.trim_start().starts_with('[')
        };
        let last = if is_header(&number) {
            let next = (number + 1..=text.count()).find(is_header);
            next.map_or_else(|| text.count(), |next| next - 1)
        } else {
            number
        };
        Self {
            text: index,
            first: number,
            last,
        }
    }

    fn holds(&self, text: usize, number: usize) -> bool {
        self.text == text && (self.first..=self.last).contains(&number)
    }
}

/// Messages and paths quote what was written: they are made short, and safe for a terminal.
fn problem(path: &str, message: String, place: Place) -> Problem {
    let clean = |text: &str| -> Box<str> {
        let escape = |c: char| -> Box<dyn Iterator<Item = char>> {
            if c.is_control() {
                Box::new(c.escape_debug())
            } else {
                Box::new(std::iter::once(c))
            }
        };
        text.chars().take(MAX_MESSAGE).flat_map(escape).collect()
    };
    Problem {
        path: clean(path),
        message: clean(&message),
        place,
    }
}

const MAX_MESSAGE: usize = 500;

const REASONLESS: &str =
    "the configuration was refused without a reason, report this to the program's authors";

/// Texts in the order they were given, each from its top; then the environment by name.
fn order(place: &Place) -> (usize, usize, usize, &str) {
    match place {
        Place::Nowhere => (0, 0, 0, ""),
        Place::Whole { text, .. } => (*text, 0, 0, ""),
        Place::Line(line) => (line.text, line.number, line.column, ""),
        Place::Variable(variable) => (usize::MAX, 0, 0, &variable.line),
    }
}
