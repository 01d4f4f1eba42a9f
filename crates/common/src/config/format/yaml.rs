//! YAML: `saphyr-parser`'s events, built into a tree without recursion.
//!
//! Anchors, aliases and tags are refused: they let a short text stand for a huge one, and a
//! configuration reads better without. Plain scalars have no type until the schema asks for one,
//! so that `no` is a country where a text is asked for.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::config::{
    origin::Origin,
    tree::{Budget, DUPLICATE, Entries, Entry, Kind, Node, Parsed, Syntax},
};

pub(super) fn parse(text: &str, budget: Budget) -> Parsed {
    let mut builder = Builder {
        offsets: Offsets::new(text),
        budget,
        open: Vec::new(),
        root: None,
        mistakes: Vec::new(),
    };
    if let Err(mistake) = builder.build(text) {
        builder.mistakes.push(mistake);
    }
    builder.finish()
}

struct Builder {
    offsets: Offsets,
    budget: Budget,
    open: Vec<Open>,
    root: Option<Node>,
    mistakes: Vec<Syntax>,
}

/// A list or table whose end is still to come.
struct Open {
    origin: Origin,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    /// The entries so far, and the key whose value comes next.
    Table(Entries, Option<(Box<str>, Range<usize>)>),
}

impl Builder {
    fn build(&mut self, text: &str) -> Result<(), Syntax> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let at = self.offsets.byte(error.marker().index());
                mistake(error.info(), text, at)
            })?;
            let span = self.offsets.range(span);
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Syntax> {
        match event {
            Event::Alias(_) => Err(refused("aliases", span)),
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(anchor, tag)
            | Event::MappingStart(anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                Err(refused("anchors and tags", span))
            }
            Event::Scalar(text, style, ..) => self.scalar(&text, style, span),
            Event::SequenceStart(..) => self.open(Items::List(Vec::new()), span),
            Event::MappingStart(..) => self.open(Items::Table(Entries::new(), None), span),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(refused("further documents", span))
            }
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Range<usize>) -> Result<(), Syntax> {
        if self.takes_key() {
            return self.key(text, span);
        }
        let kind = match (style, text) {
            (ScalarStyle::Plain, "" | "~" | "null") => Kind::Null,
            (ScalarStyle::Plain, _) => Kind::Plain(text.into()),
            _ => Kind::Text(text.into()),
        };
        self.budget.enter(&span, self.open.len())?;
        let origin = self.budget.origin(span);
        self.place(Node { origin, kind });
        Ok(())
    }

    /// Whether a table is open whose next scalar is a key.
    fn takes_key(&self) -> bool {
        let items = self.open.last().map(|open| &open.items);
        matches!(items, Some(Items::Table(_, None)))
    }

    fn key(&mut self, text: &str, span: Range<usize>) -> Result<(), Syntax> {
        if let Some(Open {
            items: Items::Table(entries, key),
            ..
        }) = self.open.last_mut()
        {
            if entries.contains_key(text) {
                self.mistakes.push(Syntax::new(DUPLICATE, span.clone()));
            }
            *key = Some((text.into(), span));
        }
        Ok(())
    }

    fn open(&mut self, items: Items, span: Range<usize>) -> Result<(), Syntax> {
        if self.takes_key() {
            return Err(Syntax::new("a key must be a text", span));
        }
        self.budget.enter(&span, self.open.len())?;
        let origin = self.budget.origin(span);
        self.open.push(Open { origin, items });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Syntax> {
        let Some(Open { origin, items }) = self.open.pop() else {
            return Ok(()); // the parser pairs starts with ends
        };
        let kind = match items {
            Items::List(list) => Kind::List(list),
            Items::Table(entries, _) => Kind::Table(entries),
        };
        self.place(Node { origin, kind });
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(list)) => list.push(node),
            Some(Items::Table(entries, key)) => {
                if let Some((name, span)) = key.take() {
                    let key = self.budget.origin(span);
                    entries.insert(name, Entry { key, node });
                }
            }
        }
    }

    fn finish(mut self) -> Parsed {
        let root = match self.root.take() {
            Some(Node {
                kind: Kind::Table(entries),
                ..
            }) => entries,
            None
            | Some(Node {
                kind: Kind::Null, ..
            }) => Entries::new(),
            Some(Node { origin, .. }) => {
                let span = match origin {
                    Origin::Text(span) => span.start..span.end,
                    Origin::Nowhere | Origin::Variable(_) => 0..0,
                };
                let message = "expected keys and values, write for example `key: value`";
                self.mistakes.push(Syntax::new(message, span));
                Entries::new()
            }
        };
        Parsed {
            root,
            mistakes: self.mistakes,
            more: 0,
        }
    }
}

/// The parser's words, and what to write instead where they leave that open.
fn mistake(message: &str, text: &str, at: usize) -> Syntax {
    if message.contains("tab") {
        let tab = tab_near(text, at);
        return Syntax::new("a tab cannot indent, use spaces", tab..tab);
    }
    let advice = if message.ends_with("did not find expected key") {
        ", indent the keys of a table alike"
    } else if message.contains("unexpected character") {
        ", write a text in quotes"
    } else if message.ends_with("unknown escape character") {
        ", write `\\\\` for a backslash"
    } else {
        ""
    };
    Syntax::new(format!("{message}{advice}"), at..at)
}

/// The tab that the parser met: in the indentation of the line it stopped in, else in a line after it.
fn tab_near(text: &str, at: usize) -> usize {
    let (before, after) = text.split_at(at);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let indented = text[line..]
        .find(|c| c != ' ' && c != '\t')
        .map_or(at, |len| line + len);
    let here = text[line..indented].find('\t').map(|tab| line + tab);
    here.or_else(|| after.find('\t').map(|tab| at + tab))
        .unwrap_or(at)
}

fn refused(what: &str, span: Range<usize>) -> Syntax {
    Syntax::new(
        format!("{what} are not supported, write the value out"),
        span,
    )
}

/// The parser counts characters, we count bytes.
struct Offsets {
    starts: Option<Vec<usize>>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let starts = || text.char_indices().map(|(at, _)| at).collect();
        Self {
            starts: (!text.is_ascii()).then(starts),
            len: text.len(),
        }
    }

    fn byte(&self, char_index: usize) -> usize {
        match &self.starts {
            None => char_index.min(self.len),
            Some(starts) => starts.get(char_index).map_or(self.len, |at| *at),
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }
}
