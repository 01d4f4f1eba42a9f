//! [`Score`]: what came of a run.

use std::time::Duration;

use eaves_common::time::Mono;

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Requests that came.
    pub requests: u64,
    /// Those that failed in the end.
    pub failed: u64,
    /// Good answers that took long.
    pub slow: u64,
    /// Probes sent.
    pub probes: u64,
    /// From the first fault that made an origin bad until it was out; nothing if it never was.
    pub detected: Option<Duration>,
    /// Origins put out that had not been bad.
    pub false_ejections: u64,
    /// What happened second by second.
    pub seconds: Vec<Second>,
}

/// One second of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Second {
    /// Requests that failed.
    pub failed: u64,
    /// Good answers that took long.
    pub slow: u64,
    /// Each origin's weight at the end of the second.
    pub weights: Vec<f64>,
}

/// Watches who is out, and judges whether rightly.
#[derive(Debug)]
pub(super) struct Umpire {
    out: Vec<bool>,
    last_bad: Vec<Option<Mono>>,
    first_bad: Option<(usize, Mono)>,
}

impl Umpire {
    pub(super) fn new(origins: usize) -> Self {
        Self {
            // At the start nobody is known; being out then is no verdict.
            out: vec![true; origins],
            last_bad: vec![None; origins],
            first_bad: None,
        }
    }

    pub(super) fn note_truth(&mut self, truth: &[bool], now: Mono) {
        for (origin, _) in truth.iter().enumerate().filter(|(_, bad)| **bad) {
            self.last_bad[origin] = Some(now);
            self.first_bad.get_or_insert((origin, now));
        }
    }

    /// Notes whether an origin is out now.
    pub(super) fn note(
        &mut self,
        origin: usize,
        is_out: bool,
        within: Duration,
        now: Mono,
        score: &mut Score,
    ) {
        let was_out = std::mem::replace(&mut self.out[origin], is_out);
        if !is_out || was_out {
            return;
        }
        let since_bad = self.last_bad[origin].map(|bad| now - bad);
        if since_bad.is_none_or(|age| age > within) {
            score.false_ejections += 1;
        }
        if let Some((_, began)) = self.first_bad.filter(|first| first.0 == origin) {
            score.detected.get_or_insert(now - began);
        }
    }
}
