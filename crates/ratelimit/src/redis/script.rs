//! The scripts' arguments and replies.

use eaves_common::time::Mono;

use super::{
    entry::MEMORY,
    sync::{Batch, Item},
    terms::Terms,
};
use crate::key::KeyHash;

/// Adds up deltas.
pub(super) const SYNC: &str = include_str!("sync.lua");
/// Decides a request.
pub(super) const STRICT: &str = include_str!("strict.lua");

/// How long a node counts as one of those that share limits, after it was heard of.
const NODE_MEMORY_MICROS: u64 = 10_000_000;

/// What the store says of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// What it owes everywhere, in nanoseconds; below zero for how long it has owed nothing.
    pub(crate) debt: f64,
    /// Units that all nodes were asked for, fading.
    pub(crate) demand: f64,
    /// Whether the store knew the key before.
    pub(crate) known: bool,
}

/// The reply to a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    /// Nodes that the store has heard of lately.
    pub(super) nodes: u32,
    /// What it says of each key, in the batch's order.
    pub(super) told: Vec<Told>,
}

/// A call of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Call {
    pub(super) keys: Vec<String>,
    pub(super) args: Vec<String>,
}

/// The name of a rule's key in the store.
pub(super) fn name(prefix: &str, rule: &str, key: KeyHash) -> String {
    format!("{prefix}:{rule}:{:016x}", key.as_u64())
}

/// Asks for a batch to be added up; `node` tells nodes apart.
pub(super) fn sync(batch: &Batch, prefix: &str, node: u64, now: Mono) -> Call {
    let node = format!("{node:016x}");
    let mut call = Call {
        keys: vec![format!("{prefix}!{node}"), format!("{prefix}!nodes")],
        args: vec![
            batch.number.to_string(),
            node,
            NODE_MEMORY_MICROS.to_string(),
            MEMORY.as_micros().to_string(),
        ],
    };
    for item in &batch.items {
        call.keys.push(name(prefix, item.replica.rule(), item.key));
        call.args.extend(delta(item, batch.ceiling(item), now));
    }
    call
}

fn delta(item: &Item, ceiling: f64, now: Mono) -> [String; 4] {
    let (cost, age) = item.unsent.bill(item.replica.terms(), now);
    [
        micros(age),
        micros(cost),
        micros(ceiling),
        format!("{:.3}", item.unsent.demand(now)),
    ]
}

/// What a strict rule is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) rule: &'a str,
    pub(super) terms: &'a Terms,
    pub(super) key: KeyHash,
    pub(super) cost: u64,
    pub(super) wanted: u64,
    pub(super) ceiling: f64,
    pub(super) denies: bool,
}

/// Asks for a decision by several rules.
pub(super) fn strict(prefix: &str, questions: &[Question<'_>]) -> Call {
    let mut call = Call {
        keys: Vec::with_capacity(questions.len()),
        args: vec![MEMORY.as_micros().to_string()],
    };
    for asked in questions {
        call.keys.push(name(prefix, asked.rule, asked.key));
        let cost = i64::try_from(asked.cost).unwrap_or(i64::MAX);
        call.args.extend([
            micros(asked.terms.cost(cost)),
            micros(asked.terms.tolerance()),
            micros(asked.ceiling),
            asked.wanted.to_string(),
            u8::from(asked.denies).to_string(),
        ]);
    }
    call
}

/// Asks what a strict rule asks, of a key that owes nothing and is nobody's.
pub(super) fn probe(prefix: &str) -> Call {
    let nothing = ["0", "0", "0", "0", "0"].map(str::to_owned);
    Call {
        keys: vec![format!("{prefix}!probe")],
        args: [vec![MEMORY.as_micros().to_string()], nothing.into()].concat(),
    }
}

/// Reads the reply to a batch of so many keys.
pub(super) fn read_sync(numbers: &[i64], keys: usize) -> Option<Reply> {
    let (nodes, rest) = numbers.split_first()?;
    if rest.len() != 3 * keys {
        return None;
    }
    let told = rest.chunks_exact(3).map(told).collect();
    Some(Reply {
        nodes: u32::try_from(*nodes).ok()?,
        told,
    })
}

/// Reads the reply to so many questions: whether the request may pass, and for each rule what it says and
/// whether the request fitted.
pub(super) fn read_strict(numbers: &[i64], rules: usize) -> Option<(bool, Vec<(Told, bool)>)> {
    let (pass, rest) = numbers.split_first()?;
    if rest.len() != 4 * rules {
        return None;
    }
    let each = rest
        .chunks_exact(4)
        .map(|four| (told(&four[..3]), four[3] == 1));
    Some((*pass == 1, each.collect()))
}

fn told(three: &[i64]) -> Told {
    Told {
        debt: three[0] as f64,
        demand: three[1].max(0) as f64 / 1_000.0,
        known: three[2] == 1,
    }
}

/// Nanoseconds as microseconds, to a thousandth of a nanosecond.
fn micros(nanos: f64) -> String {
    format!("{:.6}", nanos / 1_000.0)
}
