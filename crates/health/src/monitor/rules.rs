//! The rules: when an origin is put out, and when it is taken back.

use std::sync::Arc;

use super::{
    Monitor, Standing,
    event::{Change, Evidence},
    track::Track,
};
use crate::{
    passive::{Window, share},
    pool::{Mode, Slot},
};

impl Monitor {
    pub(super) fn evaluate_all(&mut self) {
        for index in 0..self.tracks.len() {
            self.evaluate(Slot::new(index as u32));
        }
    }

    /// Looks at all evidence about one origin and changes its standing if it must.
    pub(super) fn evaluate(&mut self, slot: Slot) {
        let Some(track) = self.track(slot) else {
            return;
        };
        let change = match track.standing {
            Standing::Unknown => first_verdict(track),
            Standing::Healthy | Standing::Warming => {
                self.fault(track).or_else(|| self.warmed(track))
            }
            Standing::Down | Standing::Ejected => self.recovery(track),
        };
        match change {
            Some((to, evidence)) => self.turn(slot, to, evidence),
            None => self.note_trial(slot),
        }
    }

    /// What speaks against an origin that serves.
    fn fault(&self, track: &Track) -> Option<(Standing, Evidence)> {
        if track.errors_in_row >= self.policy.consecutive_errors {
            return Some((Standing::Ejected, errors(track)));
        }
        let window = self.window(track);
        let elsewhere = self.elsewhere(&window);
        let bad = window.bad_share();
        if window.samples() >= self.policy.min_samples
            && bad > self.policy.error_share
            && bad > elsewhere * self.policy.error_ratio
        {
            let samples = window.samples();
            return Some((
                Standing::Ejected,
                Evidence::ErrorShare {
                    share: bad,
                    samples,
                    elsewhere,
                },
            ));
        }
        if track.probe.is_up() == Some(false) && !self.is_vetoed(&window) {
            return Some((Standing::Down, probes_failed(track)));
        }
        None
    }

    fn warmed(&self, track: &Track) -> Option<(Standing, Evidence)> {
        let warm =
            track.standing == Standing::Warming && self.now.mono - track.since >= self.policy.ramp;
        warm.then_some((Standing::Healthy, Evidence::Time))
    }

    /// What speaks for an origin that was put out.
    fn recovery(&self, track: &Track) -> Option<(Standing, Evidence)> {
        let proven = track.good_in_row >= self.policy.trial_successes;
        let traffic = Evidence::Traffic {
            in_row: track.good_in_row,
        };
        if !track.is_probed_up() {
            // Only panic mode sends traffic here; if it fares well, the probes are wrong.
            let vetoed = proven && self.is_vetoed(&self.window(track));
            return vetoed.then_some((Standing::Healthy, traffic));
        }
        if proven && self.mode == Mode::Panic {
            return Some((Standing::Healthy, traffic));
        }
        let since = track.trial_since?;
        if proven {
            return Some((Standing::Warming, traffic));
        }
        let quiet = self.now.mono - since >= self.policy.trial_patience;
        quiet.then_some((
            Standing::Warming,
            Evidence::ProbesPassed {
                in_row: track.probe.in_row(),
            },
        ))
    }

    /// Notes when an origin's trial begins: after its hold, with green probes.
    fn note_trial(&mut self, slot: Slot) {
        let now = self.now.mono;
        let Some(track) = self.track_mut(slot).filter(|track| track.standing.is_out()) else {
            return;
        };
        let on_trial = track.is_probed_up() && now >= track.held_until;
        track.trial_since = on_trial.then(|| track.trial_since.unwrap_or(now));
    }

    /// An error on trial begins another, longer hold.
    pub(super) fn note_trial_error(&mut self, slot: Slot) {
        let (now, terms) = (self.now.mono, self.policy.hold_terms());
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        if track.standing.is_out() && track.trial_since.is_some() {
            track.held_until = now + track.hold.next(terms, now);
            track.trial_since = None;
        }
    }

    fn turn(&mut self, slot: Slot, to: Standing, evidence: Evidence) {
        let (now, terms) = (self.now.mono, self.policy.hold_terms());
        let half_life = self.policy.half_life;
        let Some(track) = self.tracks.get_mut(slot.index()).and_then(Option::as_mut) else {
            return;
        };
        let from = std::mem::replace(&mut track.standing, to);
        track.since = now;
        track.trial_since = None;
        if to.is_out() {
            track.held_until = now + track.hold.next(terms, now);
            track.good_in_row = 0;
            self.traffic.subtract(&track.window, half_life, now);
            track.window.clear();
            track.latency.clear();
        }
        if from.is_out() {
            track.errors_in_row = 0;
        }
        let change = Change::Origin {
            id: track.id,
            name: Arc::clone(&track.name),
            from,
            to,
        };
        self.tell(change, evidence);
        self.unpublished = true;
    }

    fn window(&self, track: &Track) -> Window {
        track.window.faded(self.policy.half_life, self.now.mono)
    }

    fn elsewhere(&self, own: &Window) -> f64 {
        let all = self.traffic.faded(self.policy.half_life, self.now.mono);
        let bad = (all.bad() - own.bad()).max(0.0);
        share(bad, (all.samples() - own.samples()).max(0.0))
    }

    /// Good traffic outweighs probes that fail.
    fn is_vetoed(&self, window: &Window) -> bool {
        window.samples() >= self.policy.veto_samples && window.bad_share() < self.policy.veto_share
    }
}

fn first_verdict(track: &Track) -> Option<(Standing, Evidence)> {
    Some(if track.probe.is_up()? {
        let in_row = track.probe.in_row();
        (Standing::Healthy, Evidence::ProbesPassed { in_row })
    } else {
        (Standing::Down, probes_failed(track))
    })
}

fn errors(track: &Track) -> Evidence {
    Evidence::Errors {
        in_row: track.errors_in_row,
        last: track.failure,
    }
}

fn probes_failed(track: &Track) -> Evidence {
    Evidence::ProbesFailed {
        in_row: track.probe.in_row(),
        reason: track.reason.clone(),
    }
}
