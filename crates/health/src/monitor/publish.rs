//! From verdicts to the snapshot that selectors read.

use std::sync::Arc;

use super::{
    Monitor, Standing,
    event::{Change, Evidence},
    track::Track,
};
use crate::pool::{Bitmap, Draft, FULL, Mode, Slot, Snapshot};

/// What a very slow origin still gets, so that its recovery is noticed.
const LEAST_PACE: f64 = 0.002;

/// An origin whose slowness nobody has seen for so many seconds gets twice as much.
const FORGIVING: f64 = 5.0;

impl Monitor {
    /// Publishes a snapshot if anything has changed since the last.
    pub(super) fn publish_news(&mut self) {
        if !self.unpublished {
            return;
        }
        let healthy = self.healthy();
        self.settle_mode(&healthy);
        let accept = self.acceptances();
        for (track, &accept) in self.tracks.iter_mut().zip(&accept) {
            if let Some(track) = track {
                track.published = accept;
            }
        }
        self.unpublished = false;
        self.version += 1;
        let draft = Draft {
            version: self.version,
            mode: self.mode,
            members: Arc::clone(&self.members),
            healthy,
            accept,
        };
        self.hub.snapshot.store(Arc::new(Snapshot::new(draft)));
    }

    /// Says whether ramps or latencies have moved somebody's share since the last snapshot.
    pub(super) fn has_drifted(&self) -> bool {
        self.tracks
            .iter()
            .flatten()
            .any(|track| self.is_moved(track))
    }

    /// Says whether this slot's share has moved since the last snapshot.
    pub(super) fn has_turned(&self, slot: Slot) -> bool {
        self.track(slot).is_some_and(|track| self.is_moved(track))
    }

    fn is_moved(&self, track: &Track) -> bool {
        let now = self.acceptance(track);
        let turned = (now == 0) != (track.published == 0);
        turned || now.abs_diff(track.published) > FULL / 50
    }

    fn healthy(&self) -> Bitmap {
        let mut healthy = Bitmap::new(self.tracks.len());
        for (index, track) in self.tracks.iter().enumerate() {
            if track
                .as_ref()
                .is_some_and(|track| track.standing.is_healthy())
            {
                healthy.insert(Slot::new(index as u32));
            }
        }
        healthy
    }

    fn settle_mode(&mut self, healthy: &Bitmap) {
        let takers = self.members.takers();
        let of = takers.len();
        let count = takers
            .iter()
            .filter(|&&slot| healthy.contains(slot))
            .count();
        let few = (count as f64) < of as f64 * self.policy.panic_share;
        let panic = of > 0 && (few || count == 0);
        let to = if panic { Mode::Panic } else { Mode::Normal };
        let from = std::mem::replace(&mut self.mode, to);
        // Before the first verdicts everybody serves by rule; that is no news.
        if from != to && self.version > 0 {
            self.tell(
                Change::Mode { from, to },
                Evidence::Healthy { healthy: count, of },
            );
        }
    }

    fn acceptances(&self) -> Vec<u16> {
        let tracks = self.tracks.iter();
        tracks
            .map(|track| track.as_ref().map_or(0, |track| self.acceptance(track)))
            .collect()
    }

    fn acceptance(&self, track: &Track) -> u16 {
        if self.mode == Mode::Panic {
            return FULL;
        }
        (self.share(track).clamp(0.0, 1.0) * f64::from(FULL)) as u16
    }

    /// Returns the share of what falls to it that an origin takes, panic apart.
    pub(super) fn share(&self, track: &Track) -> f64 {
        self.by_standing(track) * self.pace(track)
    }

    fn by_standing(&self, track: &Track) -> f64 {
        match track.standing {
            Standing::Healthy => 1.0,
            Standing::Unknown => 0.0,
            Standing::Warming => {
                let age = (self.now.mono - track.since).as_secs_f64();
                let grown = (age / self.policy.ramp.as_secs_f64().max(0.001)).min(1.0);
                self.policy.ramp_from + (1.0 - self.policy.ramp_from) * grown
            }
            Standing::Down | Standing::Ejected if track.is_green() => self.policy.trial_share,
            Standing::Down | Standing::Ejected => 0.0,
        }
    }

    /// How much less a slow origin gets.
    fn pace(&self, track: &Track) -> f64 {
        let (Some(own), Some(usual)) = (track.latency.seconds(), self.usual_latency) else {
            return 1.0;
        };
        let slow = own > usual * self.policy.slow_ratio;
        if !slow {
            return 1.0;
        }
        let age = track.latency.age(self.now.mono).as_secs_f64();
        let forgiven = (age / FORGIVING).exp2();
        ((usual / own).powi(3).max(LEAST_PACE) * forgiven).min(1.0)
    }
}
