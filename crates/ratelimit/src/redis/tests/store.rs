//! The store of the simulation: what the script does, in Rust.

use std::collections::HashMap;

use super::super::script::Call;

#[derive(Debug, Default)]
pub(super) struct Model {
    keys: HashMap<String, Kept>,
    batches: HashMap<String, u64>,
    nodes: HashMap<String, f64>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    tat: f64,
    demand: f64,
    at: f64,
}

impl Model {
    /// Runs the script at this time, in microseconds.
    pub(super) fn sync(&mut self, call: &Call, now: f64) -> Vec<i64> {
        let number: u64 = call.args[0].parse().unwrap();
        let heard = self.batches.entry(call.keys[0].clone()).or_default();
        let new = number > *heard;
        *heard = number.max(*heard);
        self.nodes.insert(call.args[1].clone(), now);
        let memory: f64 = call.args[3].parse().unwrap();
        let mut out = vec![self.nodes.len() as i64];
        for (key, args) in call.keys[2..].iter().zip(call.args[4..].chunks(4)) {
            let arg = |at: usize| args[at].parse::<f64>().unwrap();
            let kept = self.keys.get(key).copied();
            let known = kept.is_some();
            let mut kept = kept.unwrap_or(Kept {
                tat: 0.0,
                demand: 0.0,
                at: now,
            });
            kept.demand *= ((kept.at - now).min(0.0) / memory).exp();
            kept.at = now;
            kept.tat = kept.tat.min(now + arg(2));
            if new {
                kept.tat = (kept.tat.max(now - arg(0)) + arg(1)).min(now + arg(2));
                kept.demand += arg(3);
                self.keys.insert(key.clone(), kept);
            }
            out.push(((kept.tat - now) * 1_000.0) as i64);
            out.push((kept.demand * 1_000.0) as i64);
            out.push(i64::from(known));
        }
        out
    }

    /// Forgets all, as a server that was started anew.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
