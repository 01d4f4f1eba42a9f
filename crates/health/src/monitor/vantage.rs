//! Beyond this checker's own probes: what other checkers say, and whether this one can see at all.

use eaves_common::time::Now;

use super::{Monitor, event::Evidence, track::Track};
use crate::{
    pool::{OriginId, Slot},
    state::Vote,
};

/// How the targets stand by which the checker tests itself.
#[derive(Debug, Default)]
pub(super) struct Canaries {
    pub(super) slots: Vec<Slot>,
    /// Those whose latest probe failed, or that are not back yet.
    pub(super) red: usize,
}

impl Canaries {
    /// Says whether the checker fails its own test: it does not see what is surely there.
    pub(super) fn is_red(&self) -> bool {
        self.red > 0 && self.red * 2 >= self.slots.len()
    }
}

impl Monitor {
    /// Takes what another checker, at `vantage`, says of an origin. From then on the origin is down if
    /// most say so, this monitor's probes included, for as long as the votes are
    /// [renewed](super::policy::Probes::vote_life).
    ///
    /// ```
    /// use eaves_common::time::Now;
    /// use eaves_health::{Monitor, PoolConfig, monitor::Standing, pool::OriginConfig, state::Vote};
    ///
    /// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
    /// let now = Now::default();
    /// let mut monitor = Monitor::new(config, 1, now).unwrap();
    /// let probe = monitor.poll_probe().unwrap();
    /// monitor.handle_probe(probe.id, &eaves_health::probe::Verdict::Pass { latency: Default::default() }, now);
    /// monitor.handle_vote(probe.origin, "north", Vote::Down, now);
    /// assert_eq!(monitor.status().origins[0].standing, Standing::Healthy); // one to one: its own counts
    /// monitor.handle_vote(probe.origin, "south", Vote::Down, now);
    /// assert_eq!(monitor.status().origins[0].standing, Standing::Down);
    /// ```
    pub fn handle_vote(&mut self, id: OriginId, vantage: &str, vote: Vote, now: Now) {
        self.now = now;
        let life = self.policy.probes.vote_life;
        let Some(slot) = self.members.slot(id) else {
            return;
        };
        if let Some(track) = self.track_mut(slot) {
            let votes = track.votes.get_or_insert_default();
            votes.cast(vantage, vote, life, now.mono);
        }
        self.evaluate(slot);
        self.publish_news();
    }

    /// What all checkers say together.
    pub(super) fn verdict(&self, track: &Track) -> Option<Vote> {
        track.verdict(self.policy.probes.vote_life, self.now.mono)
    }

    /// Says whether only this checker says down, and most others do not.
    pub(super) fn is_outvoted(&self, track: &Track) -> bool {
        track.probe.is_up() == Some(false) && self.verdict(track) == Some(Vote::Up)
    }

    /// Why the verdict is what it is.
    pub(super) fn says_down(&self, track: &Track) -> Evidence {
        let (life, now) = (self.policy.probes.vote_life, self.now.mono);
        let own = track
            .probe
            .is_up()
            .map(|up| if up { Vote::Up } else { Vote::Down });
        match &track.votes {
            Some(votes) if votes.count(None, life, now).1 > 0 => {
                let (down, of) = votes.count(own, life, now);
                Evidence::Votes { down, of }
            }
            _ => Evidence::ProbesFailed {
                in_row: track.probe.in_row(),
                reason: track.reason.clone(),
            },
        }
    }

    /// Notes how a canary's probe ended.
    pub(super) fn note_canary(&mut self, slot: Slot) {
        if self.track(slot).is_some_and(|track| track.is_canary) {
            self.count_canaries();
        }
    }

    pub(super) fn count_canaries(&mut self) {
        let slots = self.canaries.slots.iter();
        let fails = |track: &Track| track.red.is_some() || track.probe.is_up() == Some(false);
        let red = |slot: &&Slot| self.track(**slot).is_some_and(fails);
        self.canaries.red = slots.filter(red).count();
    }

    /// Has the canaries probed at once, since others fail: are they down, or is the checker blind?
    pub(super) fn ask_canaries(&mut self) {
        for at in 0..self.canaries.slots.len() {
            self.trigger_probe(self.canaries.slots[at]);
        }
    }
}
