//! From verdicts to the snapshot that selectors read.

use std::sync::Arc;

use super::{
    Monitor, Standing,
    event::{Change, Evidence},
    track::Track,
};
use crate::pool::{Draft, FULL, Mode, Slot, Snapshot, capacity};

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
        self.weigh();
        self.settle_mode();
        self.unpublished = false;
        self.version += 1;
        let draft = Draft {
            version: self.version,
            mode: self.mode,
            members: Arc::clone(&self.members),
            healthy: self.healthy.clone(),
            degraded: &self.degraded,
            merits: &self.merits,
            spill: self.policy.tiers.spill(),
            scopes: &self.scopes,
            former: self.rebuilds.former(),
        };
        self.hub.snapshot.publish(Snapshot::new(draft));
    }

    /// Notes that a slot's share may have changed.
    pub(super) fn note_change(&mut self, slot: Slot) {
        self.changed.push(slot);
        self.unpublished = true;
    }

    /// Notes that anybody's share may have changed.
    pub(super) fn note_changes(&mut self) {
        self.all_changed = true;
        self.unpublished = true;
    }

    /// Works out the shares of those that may have changed. One that fails must not cost a look at ten thousand.
    fn weigh(&mut self) {
        let slots = self.tracks.len();
        self.merits.resize(slots, 0);
        self.healthy.grow(slots);
        self.degraded.grow(slots);
        let mut changed = std::mem::take(&mut self.changed);
        if std::mem::take(&mut self.all_changed) {
            (0..slots).for_each(|index| self.weigh_one(Slot::new(index as u32)));
        } else {
            changed.iter().for_each(|&slot| self.weigh_one(slot));
        }
        changed.clear();
        self.changed = changed;
    }

    fn weigh_one(&mut self, slot: Slot) {
        let merit = self.track(slot).map_or(0, |track| self.merit(track));
        let before = std::mem::replace(&mut self.merits[slot.index()], merit);
        self.full += usize::from(merit == FULL);
        self.full -= usize::from(before == FULL);
        let standing = self.track(slot).map(|track| track.standing);
        if let Some(track) = self.track_mut(slot) {
            track.published = merit;
        }
        for (set, belongs) in [
            (
                &mut self.healthy,
                standing.is_some_and(Standing::is_healthy),
            ),
            (&mut self.degraded, standing == Some(Standing::Degraded)),
        ] {
            if belongs {
                set.insert(slot);
            } else {
                set.remove(slot);
            }
        }
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
        let now = self.merit(track);
        let turned = (now == 0) != (track.published == 0);
        turned || now.abs_diff(track.published) > FULL / 50
    }

    fn settle_mode(&mut self) {
        let of = self.members.takers().len();
        let count = self.members.taking(&self.healthy);
        let panic = of > 0 && (count == 0 || self.is_short(count, of));
        let to = if panic { Mode::Panic } else { Mode::Normal };
        let from = std::mem::replace(&mut self.mode, to);
        // Before the first verdicts everybody serves by rule; that is no news. Later it is news of
        // panic, too, that the last healthy one goes, or the first comes back.
        let none_left = panic && count == 0;
        let turned = from != to && self.version > 0;
        let emptied = panic && self.has_served && none_left != self.none_left;
        self.none_left = none_left;
        self.has_served |= !panic && of > 0;
        if turned || emptied {
            self.tell(
                Change::Mode { from, to },
                Evidence::Healthy { healthy: count, of },
            );
        }
    }

    /// Says whether so few are healthy that the verdicts are not believed. With tiers that is a matter
    /// of what all tiers can take together: the first may well be gone.
    fn is_short(&self, healthy: usize, of: usize) -> bool {
        let share = self.policy.panic_share;
        if self.members.groups().is_flat() {
            return (healthy as f64) < of as f64 * share;
        }
        capacity(&self.members, &self.merits, self.policy.tiers.overprovision) < share
    }

    fn merit(&self, track: &Track) -> u16 {
        (self.share(track).clamp(0.0, 1.0) * f64::from(FULL)) as u16
    }

    /// Returns the share of what falls to it that an origin takes, panic apart.
    pub(super) fn share(&self, track: &Track) -> f64 {
        self.by_standing(track) * self.pace(track)
    }

    fn by_standing(&self, track: &Track) -> f64 {
        match track.standing {
            Standing::Degraded | Standing::Healthy => 1.0,
            Standing::Unknown => 0.0,
            Standing::Warming => {
                let age = (self.now.mono - track.since).as_secs_f64();
                let grown = (age / self.policy.ramp.time.as_secs_f64().max(0.001)).min(1.0);
                self.policy.ramp.from + (1.0 - self.policy.ramp.from) * grown
            }
            Standing::Down | Standing::Ejected if track.is_green() => self.policy.trial.share,
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
