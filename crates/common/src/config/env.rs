//! Environment variables over the tree: `PREFIX` + path, `__` between its parts.

use std::{ffi::OsString, sync::Arc};

use super::{
    origin::{Origin, Variable},
    tree::{Entries, Entry, Kind, Node},
};

/// A variable with our prefix, and the place it overrides.
#[derive(Debug)]
pub(super) struct Override {
    parts: Vec<Part>,
    pub(super) variable: Arc<Variable>,
}

/// One part of a path; indexes sort as numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Index(usize),
    Key(Box<str>),
}

/// A variable that cannot be placed.
#[derive(Debug)]
pub(super) struct Misplaced {
    pub(super) variable: Arc<Variable>,
    pub(super) message: String,
}

impl Misplaced {
    fn new(variable: &Arc<Variable>, message: impl Into<String>) -> Self {
        Self {
            variable: Arc::clone(variable),
            message: message.into(),
        }
    }
}

/// Picks the variables that begin with `prefix`; parents stand before what is in them.
pub(super) fn select(
    prefix: &str,
    deepest: usize,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> (Vec<Override>, Vec<Misplaced>) {
    let mut wrong = Vec::new();
    let mut found: Vec<_> = variables
        .into_iter()
        .filter_map(|(name, value)| {
            let name = name.to_string_lossy();
            let path = name.strip_prefix(prefix)?;
            let read = read(&name, path, value, deepest);
            read.map_err(|misplaced| wrong.push(misplaced)).ok()
        })
        .collect();
    found.sort_by(|a, b| a.parts.cmp(&b.parts));
    wrong.extend(twice(&found));
    (found, wrong)
}

/// Variables that name the key of the one before, in capitals or not: which of them holds would be chance.
fn twice(found: &[Override]) -> impl Iterator<Item = Misplaced> {
    let pairs = found
        .windows(2)
        .filter(|pair| pair[0].parts == pair[1].parts);
    pairs.map(|pair| {
        let other = &pair[0].variable.name;
        Misplaced::new(
            &pair[1].variable,
            format!("`{other}` sets the same key, use one of them"),
        )
    })
}

fn read(name: &str, path: &str, value: OsString, deepest: usize) -> Result<Override, Misplaced> {
    let (value, is_text) = match value.into_string() {
        Ok(value) => (value, true),
        Err(value) => (value.to_string_lossy().into_owned(), false),
    };
    let variable = Arc::new(Variable {
        name: name.into(),
        value: value.into(),
    });
    if !is_text {
        return Err(Misplaced::new(&variable, "the value is not UTF-8"));
    }
    if path.split("__").any(str::is_empty) {
        let message = "expected keys with `__` between them after the prefix";
        return Err(Misplaced::new(&variable, message));
    }
    let part = |text: &str| match text.parse() {
        Ok(index) => Part::Index(index),
        Err(_) => Part::Key(text.to_lowercase().into()),
    };
    let parts: Vec<_> = path.split("__").map(part).collect();
    if parts.len() > deepest {
        return Err(Misplaced::new(
            &variable,
            format!("nested over {deepest} levels deep"),
        ));
    }
    Ok(Override { parts, variable })
}

/// Puts the value into the tree, over what is there.
pub(super) fn apply(root: &mut Node, new: &Override) -> Result<(), Misplaced> {
    let mut node = root;
    for part in &new.parts {
        let child = child(node, part, &new.variable);
        node = child.map_err(|message| Misplaced::new(&new.variable, message))?;
    }
    *node = Node {
        origin: Origin::Variable(Arc::clone(&new.variable)),
        kind: Kind::Plain(new.variable.value.clone()),
    };
    Ok(())
}

/// The node at `part` of `node`; made if it is not there.
fn child<'n>(
    node: &'n mut Node,
    part: &Part,
    variable: &Arc<Variable>,
) -> Result<&'n mut Node, String> {
    let vacant = || Node {
        origin: Origin::Variable(Arc::clone(variable)),
        kind: Kind::Null,
    };
    if matches!(node.kind, Kind::Null) {
        node.kind = match part {
            Part::Index(_) => Kind::List(Vec::new()),
            Part::Key(_) => Kind::Table(Entries::new()),
        };
    }
    match (&mut node.kind, part) {
        (Kind::Table(entries), part) => {
            let key = Origin::Variable(Arc::clone(variable));
            let entry = || Entry {
                key,
                node: vacant(),
            };
            Ok(&mut entries.entry(part.to_key()).or_insert_with(entry).node)
        }
        (Kind::List(list), Part::Index(index)) => {
            let len = list.len();
            if *index == len {
                list.push(vacant());
            }
            let refuse = || format!("there is no place {index} in a list of {len}, use 0 to {len}");
            list.get_mut(*index).ok_or_else(refuse)
        }
        (Kind::List(_), Part::Key(key)) => Err(format!(
            "`{key}` is no place in a list, use a number from 0"
        )),
        (_, part) => Err(format!("there is no table to hold `{}`", part.to_key())),
    }
}

impl Part {
    fn to_key(&self) -> Box<str> {
        match self {
            Self::Index(index) => index.to_string().into(),
            Self::Key(key) => key.clone(),
        }
    }
}
