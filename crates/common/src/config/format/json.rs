//! JSON: `jsonc-parser` with all its extensions off.

use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions,
    ast::{Array, Object, Value},
    common::Ranged,
    parse_to_ast,
};

use crate::config::tree::{Budget, DUPLICATE, Entries, Entry, Kind, Node, Parsed, Syntax};

pub(super) fn parse(text: &str, budget: Budget) -> Parsed {
    let mut mistakes = Vec::new();
    let root = root(text, Builder(budget, &mut mistakes)).unwrap_or_else(|mistake| {
        mistakes.push(mistake);
        Entries::new()
    });
    Parsed {
        root,
        mistakes,
        more: 0,
    }
}

fn root(text: &str, mut builder: Builder<'_>) -> Result<Entries, Syntax> {
    let parsed = parse_to_ast(text, &COLLECT, &STRICT).map_err(|error| {
        let range = error.range();
        Syntax::new(worded(&error.kind().to_string()), range.start..range.end)
    })?;
    match parsed.value {
        Some(Value::Object(object)) => builder.table(&object, 1),
        Some(other) => {
            let range = other.range();
            Err(Syntax::new(
                "expected an object, write for example `{}`",
                range.start..range.end,
            ))
        }
        None => Err(Syntax::new(
            "expected an object, write for example `{}`",
            0..text.len(),
        )),
    }
}

/// The parser's words in our case, and what to write instead where they leave that open.
fn worded(message: &str) -> String {
    let advice = match message {
        "Expected string for object property" => ", write the key in quotes",
        "Single-quoted strings are not allowed" => ", use `\"`",
        "Unexpected token" => ", write a text in quotes",
        _ => "",
    };
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first
        .into_iter()
        .chain(letters)
        .chain(advice.chars())
        .collect()
}

struct Builder<'m>(Budget, &'m mut Vec<Syntax>);

impl Builder<'_> {
    fn table(&mut self, object: &Object<'_>, depth: usize) -> Result<Entries, Syntax> {
        let mut entries = Entries::new();
        for property in &object.properties {
            let range = property.name.range();
            let key = range.start..range.end;
            let entry = Entry {
                key: self.0.origin(key.clone()),
                node: self.node(&property.value, depth)?,
            };
            if entries
                .insert(property.name.as_str().into(), entry)
                .is_some()
            {
                self.1.push(Syntax::new(DUPLICATE, key));
            }
        }
        Ok(entries)
    }

    fn list(&mut self, array: &Array<'_>, depth: usize) -> Result<Vec<Node>, Syntax> {
        let elements = array.elements.iter();
        elements.map(|value| self.node(value, depth)).collect()
    }

    fn node(&mut self, value: &Value<'_>, depth: usize) -> Result<Node, Syntax> {
        let range = value.range();
        let span = range.start..range.end;
        self.0.enter(&span, depth)?;
        let kind = match value {
            Value::Array(array) => Kind::List(self.list(array, depth + 1)?),
            Value::BooleanLit(flag) => Kind::Bool(flag.value),
            Value::NullKeyword(_) => Kind::Null,
            Value::NumberLit(number) => Kind::Number(number.value.into()),
            Value::Object(object) => Kind::Table(self.table(object, depth + 1)?),
            Value::StringLit(text) => Kind::Text(text.value.as_ref().into()),
        };
        let origin = self.0.origin(span);
        Ok(Node { origin, kind })
    }
}

const COLLECT: CollectOptions = CollectOptions {
    comments: CommentCollectionStrategy::Off,
    tokens: false,
};

const STRICT: ParseOptions = ParseOptions {
    allow_bare_decimal_point_numbers: false,
    allow_comments: false,
    allow_extended_string_escapes: false,
    allow_hexadecimal_numbers: false,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_non_finite_numbers: false,
    allow_single_quoted_strings: false,
    allow_trailing_commas: false,
    allow_unary_plus_numbers: false,
};
