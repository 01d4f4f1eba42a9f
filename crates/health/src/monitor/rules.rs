//! The rules: when an origin is put out, and when it is taken back.

use std::{sync::Arc, time::Duration};

use super::{
    Monitor, Standing,
    event::{Change, Evidence},
    track::Track,
    traffic::LONG,
};
use crate::{
    passive::{LEAST_GAP, Window, share},
    pool::{FULL, Mode, Slot},
    select::Failure,
    state::Vote,
};

/// What is rarer than this is no accident.
const BY_CHANCE: f64 = 1e-7;

/// So large a share of the members must be missing before the rest is strained.
const STRAIN: f64 = 0.05;

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
            _ if track.is_canary => canary_verdict(track),
            Standing::Unknown => first_verdict(track),
            Standing::Degraded | Standing::Healthy | Standing::Warming => self
                .fault(track)
                .or_else(|| self.warmed(track))
                .or_else(|| self.fit(track)),
            Standing::Down | Standing::Ejected => self.recovery(track),
        };
        match change {
            Some((Standing::Ejected, _)) if !self.make_room(slot) => {}
            Some((to, evidence)) => self.turn(slot, to, evidence),
            None => self.note_trial(slot),
        }
    }

    /// What speaks against an origin that serves.
    fn fault(&self, track: &Track) -> Option<(Standing, Evidence)> {
        if let Some(evidence) = self.stall(track) {
            return Some((Standing::Ejected, evidence));
        }
        let window = self.window(track);
        let elsewhere = self.elsewhere(&window);
        if self.is_streak(track, elsewhere) {
            return Some((Standing::Ejected, errors(track)));
        }
        if track.drift.is_alarm() && self.stands_out(track, &window, elsewhere) {
            let (share, samples) = (window.bad_share(), window.samples());
            return Some((
                Standing::Ejected,
                Evidence::ErrorShare {
                    share,
                    samples,
                    elsewhere,
                },
            ));
        }
        let doubted = || self.is_mending(track) || self.is_vetoed(track) || self.is_deferred(track);
        (self.verdict(track) == Some(Vote::Down) && !doubted())
            .then(|| (Standing::Down, self.says_down(track)))
    }

    /// Says whether recent errors are an origin's own. The drift takes each result for itself, but errors
    /// that come of too much load come in bursts, to one after another: an origin that has no more
    /// of them than the others is left alone, and while members are missing the share that must not be has
    /// to be reached over all that is recent, so that a burst is not enough.
    fn stands_out(&self, track: &Track, window: &Window, elsewhere: f64) -> bool {
        let floor = if self.strain(track) > 0.0 {
            self.policy.errors.share
        } else {
            0.0
        };
        is_own(window.bad_share(), elsewhere, floor)
    }

    /// Errors in a row mean the less, the more errors everybody has: the row must be so long that
    /// chance would make it once in ten million requests.
    fn is_streak(&self, track: &Track, elsewhere: f64) -> bool {
        // Nobody refuses connections for having too much to do; other errors may come of that.
        let refused = track.failure == Some(Failure::Connect);
        let floor = if refused { 0.0 } else { self.strain(track) };
        let usual = elsewhere.max(floor).clamp(0.001, 0.999);
        let chance = usual.powf(f64::from(track.errors_in_row));
        track.errors_in_row >= self.policy.errors.in_row && chance < BY_CHANCE
    }

    /// The share of errors to be expected because others are missing, whose load the rest has to take.
    pub(super) fn strain(&self, track: &Track) -> f64 {
        let own = usize::from(track.published != FULL);
        let missing = self.members.len().saturating_sub(self.full + own);
        if missing as f64 >= STRAIN * self.members.len() as f64 && missing > 0 {
            self.policy.errors.strained_floor
        } else {
            0.0
        }
    }

    /// Requests pile up and none is answered, for far longer than answers take here.
    fn stall(&self, track: &Track) -> Option<Evidence> {
        let waited = self.now.mono - track.waiting_since?;
        let patience = Duration::from_secs_f64(track.latency.seconds()? * self.policy.stall.ratio);
        let stalled = waited >= patience.max(self.policy.stall.least)
            && track.waiting >= self.policy.stall.requests;
        stalled.then_some(Evidence::Stall {
            in_flight: track.waiting,
            waited,
        })
    }

    fn warmed(&self, track: &Track) -> Option<(Standing, Evidence)> {
        let warm = track.standing == Standing::Warming
            && self.now.mono - track.since >= self.policy.ramp.time;
        warm.then_some((Standing::Healthy, Evidence::Time))
    }

    /// What speaks for an origin that was put out.
    fn recovery(&self, track: &Track) -> Option<(Standing, Evidence)> {
        let traffic = Evidence::Traffic {
            in_row: track.good_in_row,
        };
        // In panic it serves like everybody else, which tells more than a trial would.
        if self.mode == Mode::Panic && track.good_in_row >= self.policy.trial.successes_in_panic {
            return Some((Standing::Healthy, traffic));
        }
        if track.standing == Standing::Down && self.is_deferred(track) {
            return Some((Standing::Healthy, self.doubt()));
        }
        if track.standing == Standing::Down && self.is_outvoted(track) {
            return Some((Standing::Warming, self.says_down(track)));
        }
        let proven = track.good_in_row >= track.trials_needed;
        let since = track.trial_since?;
        if proven {
            return Some((Standing::Warming, traffic));
        }
        let quiet = self.now.mono - since >= self.policy.trial.patience;
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
        let on_trial = track.is_green() && now >= track.held_until;
        track.trial_since = on_trial.then(|| track.trial_since.unwrap_or(now));
    }

    /// An error on trial begins another, longer hold.
    pub(super) fn note_trial_error(&mut self, slot: Slot) {
        let (now, terms) = (self.now.mono, self.policy.ejection.hold_terms());
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        if track.standing.is_out() && track.trial_since.is_some() {
            track.held_until = now + track.hold.next(terms, now);
            track.trial_since = None;
        }
    }

    pub(super) fn turn(&mut self, slot: Slot, to: Standing, evidence: Evidence) {
        let (now, terms) = (self.now.mono, self.policy.ejection.hold_terms());
        let half_life = self.policy.errors.half_life;
        let Some(track) = self.tracks.get_mut(slot.index()).and_then(Option::as_mut) else {
            return;
        };
        let from = std::mem::replace(&mut track.standing, to);
        track.since = now;
        track.trial_since = None;
        track.waiting_since = None;
        if to.is_out() {
            track.green = false;
            track.held_until = now + track.hold.next(terms, now);
            track.good_in_row = 0;
            self.traffic.subtract(&track.window, half_life, now);
            track.window.clear();
            track.latency.clear();
            track.drift.clear();
            track.severity = severity(&evidence);
            track.trials_needed = if matches!(evidence, Evidence::ErrorShare { .. }) {
                self.policy.trial.successes_after_share
            } else {
                self.policy.trial.successes
            };
        }
        if from.is_out() {
            track.errors_in_row = 0;
            track.drift.clear();
        }
        self.ejected += usize::from(to == Standing::Ejected);
        self.ejected -= usize::from(from == Standing::Ejected);
        let Some(track) = self.track(slot) else {
            return;
        };
        let change = Change::Origin {
            id: track.id,
            name: Arc::clone(&track.name),
            from,
            to,
        };
        self.tell(change, evidence);
        self.note_change(slot);
    }

    pub(super) fn window(&self, track: &Track) -> Window {
        track
            .window
            .faded(self.policy.errors.half_life, self.now.mono)
    }

    pub(super) fn elsewhere(&self, own: &Window) -> f64 {
        let all = self
            .traffic
            .faded(self.policy.errors.half_life, self.now.mono);
        let bad = (all.bad() - own.bad()).max(0.0);
        share(bad, (all.samples() - own.samples()).max(0.0))
    }

    /// Good traffic outweighs probes that fail: either what is recent, or all since they began to. Traffic that has
    /// ceased outweighs nothing: it says how things were.
    fn is_vetoed(&self, track: &Track) -> bool {
        if self.now.mono - track.last_good
            >= self.telling_time(track, LONGEST_SILENCE).max(LEAST_SILENCE)
        {
            return false;
        }
        let window = self.window(track);
        let recent = window.samples() >= self.policy.veto.samples
            && window.bad_share() < self.policy.veto.share;
        let since = track.red.is_some_and(|red| {
            let samples = f64::from(red.good) + f64::from(red.bad);
            red.good >= self.policy.veto.successes
                && f64::from(red.bad) <= samples * self.policy.veto.share
        });
        recent || since
    }

    /// Says whether probes that traffic outweighed have begun to pass again: that is no reason to believe them now. Where
    /// traffic has met errors, too, they were right.
    fn is_mending(&self, track: &Track) -> bool {
        let outweighed = self.window(track).bad_share() < self.policy.veto.share;
        outweighed && track.green && track.votes.is_none()
    }

    /// Several origins seem down to the prober and to nobody else: it may be the one that is cut
    /// off. Traffic that comes often enough to tell soon is waited for then.
    fn is_deferred(&self, track: &Track) -> bool {
        let Some(red) = track.red.filter(|red| red.bad == 0) else {
            return false;
        };
        if self.canaries.is_red() {
            return true;
        }
        if !self.is_checker_suspect() {
            return false;
        }
        let patience = self.telling_time(track, Duration::MAX);
        patience <= LONGEST_WAIT && self.now.mono - red.since < patience
    }

    /// Says within which time traffic as it was lately brings enough results to tell, but no more than this.
    fn telling_time(&self, track: &Track, most: Duration) -> Duration {
        let samples = track.long_window.faded(LONG, self.now.mono).samples();
        let rate = samples * std::f64::consts::LN_2 / LONG.as_secs_f64();
        Duration::try_from_secs_f64(RESULTS_AWAITED / rate).map_or(most, |time| time.min(most))
    }
}

impl Monitor {
    /// Says why probes are not believed.
    fn doubt(&self) -> Evidence {
        if self.canaries.is_red() {
            return Evidence::CanaryFails {
                red: self.canaries.red,
            };
        }
        Evidence::CheckerSuspect {
            red: self.unconfirmed_red,
        }
    }

    fn is_checker_suspect(&self) -> bool {
        let share = self.policy.probes.suspect_share * self.members.len() as f64;
        self.unconfirmed_red >= 2 && self.unconfirmed_red as f64 >= share
    }

    /// Counts the origins whose probes fail while traffic has met no error there.
    pub(super) fn count_unconfirmed(&mut self) {
        let unconfirmed = |track: &&Track| track.red.is_some_and(|red| red.bad == 0);
        self.unconfirmed_red = self.tracks.iter().flatten().filter(unconfirmed).count();
    }
}

/// Traffic decides when so many results are due...
const RESULTS_AWAITED: f64 = 6.0;
/// ...within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(6);
/// Traffic has ceased when nothing has succeeded for the time in which so many results were due, held between these.
const LEAST_SILENCE: Duration = Duration::from_secs(1);
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// Says whether a share of errors is an origin's own: at least twice that of the others, and no less than the
/// floor.
fn is_own(share: f64, elsewhere: f64, floor: f64) -> bool {
    share >= elsewhere * LEAST_GAP && share >= floor
}

fn first_verdict(track: &Track) -> Option<(Standing, Evidence)> {
    Some(if track.probe.is_up()? {
        let in_row = track.probe.in_row();
        (Standing::Healthy, Evidence::ProbesPassed { in_row })
    } else {
        (Standing::Down, probes_failed(track))
    })
}

/// Nobody doubts what is asked only to test the checker.
fn canary_verdict(track: &Track) -> Option<(Standing, Evidence)> {
    let (to, evidence) = first_verdict(track)?;
    (to != track.standing).then_some((to, evidence))
}

fn errors(track: &Track) -> Evidence {
    Evidence::Errors {
        in_row: track.errors_in_row,
        last: track.failure,
    }
}

/// The share of errors that evidence speaks of.
fn severity(evidence: &Evidence) -> f64 {
    match evidence {
        Evidence::ErrorShare { share, .. } => *share,
        _ => 1.0,
    }
}

fn probes_failed(track: &Track) -> Evidence {
    Evidence::ProbesFailed {
        in_row: track.probe.in_row(),
        reason: track.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        PoolConfig,
        monitor::{
            Policy,
            policy::{Initial, Probes},
        },
        pool::OriginConfig,
    };

    #[test]
    fn an_alarm_counts_with_twice_the_errors_of_the_others() {
        for (share, elsewhere, own) in [
            (0.0, 0.0, true),
            (0.06, 0.0, true),
            (0.06, 0.03, true),
            (0.06, 0.031, false),
            (0.06, 0.059, false),
            (0.5, 0.25, true),
            (1.0, 0.5, true),
            (1.0, 0.51, false),
            (1.0, 1.0, false),
        ] {
            assert_eq!(is_own(share, elsewhere, 0.0), own, "{share} {elsewhere}");
        }
    }

    #[test]
    fn it_needs_the_share_that_must_not_be_only_while_members_are_missing() {
        for (missing, bad, own) in [(0, 24, true), (1, 24, false), (1, 25, true), (1, 100, true)] {
            let monitor = with_missing(20, missing);
            let track = monitor.track(Slot::new(19)).unwrap();
            let mut window = Window::default();
            window.add(
                100 - bad,
                bad,
                monitor.policy.errors.half_life,
                monitor.now.mono,
            );
            let found = monitor.stands_out(track, &window, 0.01);
            assert_eq!(found, own, "{bad} % with {missing} missing");
        }
    }

    #[test]
    fn one_missing_of_many_strains_nobody() {
        let is_strained = |of, missing| {
            let monitor = with_missing(of, missing);
            monitor.strain(monitor.track(Slot::new(of as u32 - 1)).unwrap()) > 0.0
        };
        assert_eq!(
            [1, 2].map(|missing| is_strained(21, missing)),
            [false, true]
        );
        assert!(is_strained(20, 1) && !is_strained(20, 0));
    }

    /// A pool whose first members take nothing.
    fn with_missing(of: usize, missing: usize) -> Monitor {
        let addr = "192.0.2.1:80".parse().unwrap();
        let probes = Probes {
            initial: Initial::Up,
            ..Probes::default()
        };
        let policy = Policy {
            probes,
            ..Policy::default()
        };
        let origins = (0..of).map(|at| OriginConfig::new(at.to_string(), addr));
        let config = PoolConfig::new("web").origins(origins).policy(policy);
        let mut monitor = Monitor::new(config, 1, Default::default()).unwrap();
        for at in 0..missing as u32 {
            let evidence = Evidence::Time;
            monitor.turn(Slot::new(at), Standing::Ejected, evidence);
        }
        monitor.publish_news();
        monitor
    }
}
