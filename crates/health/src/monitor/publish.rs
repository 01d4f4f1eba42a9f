//! From verdicts to the snapshot that selectors read.

use std::sync::Arc;

use super::{
    Monitor, Standing,
    event::{Change, Evidence},
    track::Track,
};
use crate::pool::{Bitmap, Draft, FULL, Mode, Slot, Snapshot};

impl Monitor {
    /// Publishes a snapshot if anything has changed since the last.
    pub(super) fn publish_news(&mut self) {
        if !self.unpublished {
            return;
        }
        let healthy = self.healthy();
        self.settle_mode(&healthy);
        let accept = self.acceptances();
        // A growing share changes with time: the next tick publishes again.
        self.unpublished = self
            .tracks
            .iter()
            .flatten()
            .any(|track| track.standing == Standing::Warming);
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
        let accept = |track: &Option<Track>| match track {
            None => 0,
            Some(_) if self.mode == Mode::Panic => FULL,
            Some(track) => to_acceptance(self.readiness(track, self.now.mono) * self.pace(track)),
        };
        self.tracks.iter().map(accept).collect()
    }

    /// How much less a slow origin gets.
    fn pace(&self, track: &Track) -> f64 {
        let (Some(own), Some(usual)) = (track.latency.seconds(), self.usual_latency) else {
            return 1.0;
        };
        let slow = own > usual * self.policy.slow_ratio;
        if slow { (usual / own).powi(2) } else { 1.0 }
    }
}

fn to_acceptance(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * f64::from(FULL)) as u16
}
