//! Evidence from traffic: reports of errors at once, boards at every tick.

use std::time::Duration;

use super::Monitor;
use crate::{
    passive::Shares,
    pool::Slot,
    select::{Failure, Report, Tally},
};

/// The half-life of the window that tells how much traffic an origin gets.
pub(super) const LONG: Duration = Duration::from_secs(20);

impl Monitor {
    /// Takes a report, with all that its slot's boards have counted until now.
    pub(super) fn absorb_report(&mut self, report: Report) {
        let tally = self.hub.read(report.slot);
        self.absorb(report.slot, tally, Some(report.failure));
        self.evaluate(report.slot);
        self.trigger_probe(report.slot);
    }

    /// Takes what all boards have counted, and tells each worker of the others' load.
    pub(super) fn absorb_boards(&mut self) {
        for index in 0..self.tracks.len() {
            let slot = Slot::new(index as u32);
            let tally = self.hub.read(slot);
            self.absorb(slot, tally, None);
            self.note_waiting(slot);
        }
        self.hub.share_loads(self.tracks.len());
        self.usual_latency = self.median_latency();
    }

    fn absorb(&mut self, slot: Slot, tally: Tally, failure: Option<Failure>) {
        if tally == Tally::default() && failure.is_none() {
            return;
        }
        let (now, half_life) = (self.now.mono, self.policy.errors.half_life);
        let shares = self.shares(slot);
        self.traffic.add(tally.good, tally.bad, half_life, now);
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        track.window.add(tally.good, tally.bad, half_life, now);
        track.long_window.add(tally.good, tally.bad, LONG, now);
        track.drift.add(tally.good, tally.bad, shares);
        if let Some(red) = &mut track.red {
            red.good = red.good.saturating_add(tally.good);
            red.bad = red.bad.saturating_add(tally.bad);
        }
        track.latency.add(tally.good, tally.latency, now);
        track.waiting_since = None;
        if tally.good > 0 {
            track.last_good = now;
        }
        track.failure = failure.or(track.failure);
        if tally.bad > 0 {
            // In which order good and bad ones came is not known; errors in a row must be certain.
            let before = if tally.good > 0 {
                0
            } else {
                track.errors_in_row
            };
            let certain = if tally.good > 0 { 1 } else { tally.bad };
            track.errors_in_row = before.saturating_add(certain);
            track.good_in_row = 0;
        } else if tally.good > 0 {
            track.errors_in_row = 0;
            track.good_in_row = track.good_in_row.saturating_add(tally.good);
        }
        if tally.bad > 0 {
            self.note_trial_error(slot);
        }
    }

    /// The share of errors that is usual in the rest of the pool, and the one that must not be.
    fn shares(&self, slot: Slot) -> Shares {
        let (elsewhere, strain) = self.track(slot).map_or((0.0, 0.0), |track| {
            (self.elsewhere(&self.window(track)), self.strain(track))
        });
        let floor = self.policy.errors.floor.max(strain);
        Shares {
            usual: elsewhere.max(floor).min(0.99),
            wrong: self.policy.errors.share,
        }
    }

    /// Notes since when requests wait without an answer.
    fn note_waiting(&mut self, slot: Slot) {
        let (now, waiting) = (self.now.mono, self.hub.waiting(slot));
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        track.waiting = waiting;
        track.waiting_since = (waiting > 0).then(|| track.waiting_since.unwrap_or(now));
    }

    fn median_latency(&self) -> Option<f64> {
        let tracks = self.tracks.iter().flatten();
        let mut all: Vec<f64> = tracks.filter_map(|track| track.latency.seconds()).collect();
        let middle = all.len() / 2;
        if all.is_empty() {
            return None;
        }
        Some(*all.select_nth_unstable_by(middle, f64::total_cmp).1)
    }
}
