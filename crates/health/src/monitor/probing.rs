//! Which probe goes out when, and what its answer means.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use eaves_common::time::Mono;

use super::Monitor;
use crate::{
    pool::{OriginId, Slot},
    probe::{Check, Reason, Verdict},
    schedule::Wheel,
};

/// A probe to be sent now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// To be given back with the verdict.
    pub id: ProbeId,
    /// Whom it concerns.
    pub origin: OriginId,
    /// Where it goes.
    pub addr: SocketAddr,
    /// What it asks, and how long it may take.
    pub check: Arc<Check>,
}

/// Names a probe that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeId {
    slot: Slot,
    number: u64,
}

/// The timers and queues of probing.
#[derive(Debug)]
pub(super) struct Prober {
    wheel: Wheel,
    ready: VecDeque<Slot>,
    is_ready: Vec<bool>,
    under_way: usize,
    sent: u64,
    /// Probes that errors may set off now, beyond the planned ones.
    credit: f64,
    credited: Mono,
    due: Vec<Slot>,
}

/// Left to a prober after a probe's deadline to report it; then the monitor gives the probe up by itself.
const GRACE: Duration = Duration::from_millis(500);

impl Prober {
    pub(super) fn new(now: Mono) -> Self {
        Self {
            wheel: Wheel::new(now),
            ready: VecDeque::new(),
            is_ready: Vec::new(),
            under_way: 0,
            sent: 0,
            credit: 0.0,
            credited: now,
            due: Vec::new(),
        }
    }

    pub(super) fn next_due(&self) -> Option<Mono> {
        self.wheel.next_due()
    }

    fn enqueue(&mut self, slot: Slot) {
        if self.is_ready.len() <= slot.index() {
            self.is_ready.resize(slot.index() + 1, false);
        }
        if !self.is_ready[slot.index()] {
            self.is_ready[slot.index()] = true;
            self.ready.push_back(slot);
        }
    }

    fn dequeue(&mut self) -> Option<Slot> {
        let slot = self.ready.pop_front()?;
        self.is_ready[slot.index()] = false;
        Some(slot)
    }
}

impl Monitor {
    /// Returns how many probes were sent.
    #[must_use]
    pub fn probes_sent(&self) -> u64 {
        self.prober.sent
    }

    pub(super) fn next_probe(&mut self) -> Option<Probe> {
        while self.prober.under_way < self.policy.probes.at_once {
            let slot = self.prober.dequeue()?;
            if let Some(probe) = self.begin_probe(slot) {
                return Some(probe);
            }
        }
        None
    }

    fn begin_probe(&mut self, slot: Slot) -> Option<Probe> {
        let id = ProbeId {
            slot,
            number: self.prober.sent,
        };
        let origin = Arc::clone(self.members.at(slot)?);
        let now = self.now.mono;
        let track = self.track_mut(slot)?;
        if track.under_way.is_some() || !origin.admin().is_probed() {
            return None;
        }
        track.under_way = Some(id);
        track.overdue = None;
        track.asked = now;
        let check = Arc::clone(&track.check);
        let patience = self.patience(slot).unwrap_or(check.timeout + GRACE);
        self.prober.sent += 1;
        self.prober.under_way += 1;
        self.prober.wheel.set(slot, now + patience);
        Some(Probe {
            id,
            origin: origin.id(),
            addr: origin.addr(),
            check,
        })
    }

    pub(super) fn expire_probes(&mut self) {
        let mut due = std::mem::take(&mut self.prober.due);
        let now = self.now.mono;
        self.prober.wheel.expire(now, &mut due);
        for slot in due.drain(..) {
            let Some(track) = self.track(slot) else {
                continue;
            };
            let late = now.checked_since(track.asked).unwrap_or_default();
            match track.under_way {
                Some(id) if late < track.check.timeout => self.miss(id),
                Some(id) => {
                    let deadline = track.check.timeout;
                    self.settle_probe(id, &Verdict::Fail(Reason::Timeout { deadline }));
                }
                None => self.prober.enqueue(slot),
            }
        }
        self.prober.due = due;
    }

    /// Returns how long to wait for an answer where its history says more than the check's deadline.
    fn patience(&self, slot: Slot) -> Option<Duration> {
        let track = self.track(slot)?;
        // Who is out has been found out; an early verdict gains nothing.
        let usual = track.answers.deadline(self.policy.overdue.phi)?;
        let patience = usual.max(self.policy.overdue.least);
        let speaks =
            self.policy.overdue.phi > 0.0 && track.is_probed_up() && patience < track.check.timeout;
        speaks.then_some(patience)
    }

    /// Counts a probe as failed that is so late as hardly ever; its answer may yet come.
    fn miss(&mut self, id: ProbeId) {
        let waited = self.now.mono;
        let Some(track) = self.track_mut(id.slot) else {
            return;
        };
        let deadline = waited - track.asked;
        self.settle_probe(id, &Verdict::Fail(Reason::Timeout { deadline }));
        if let Some(track) = self.track_mut(id.slot) {
            track.overdue = Some(id);
        }
    }

    pub(super) fn settle_probe(&mut self, id: ProbeId, verdict: &Verdict) {
        let slot = id.slot;
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        let is_late = track.overdue == Some(id);
        if !is_late && track.under_way != Some(id) {
            return;
        }
        if is_late {
            track.overdue = None;
        } else {
            track.under_way = None;
            self.prober.under_way -= 1;
        }
        self.note_verdict(slot, verdict);
        self.note_canary(slot);
        self.evaluate(slot);
        if !is_late {
            self.schedule(slot);
        }
        if self.has_turned(slot) {
            self.note_change(slot);
        }
    }

    fn note_verdict(&mut self, slot: Slot, verdict: &Verdict) {
        let now = self.now.mono;
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        let (rise, fall) = (track.check.rise, track.check.fall);
        // A prober that breaks says nothing about the origin.
        if !matches!(verdict, Verdict::Fail(Reason::Broken { .. })) {
            track.probe.observe(verdict.is_pass(), rise, fall);
            track.note_probe(verdict.is_pass(), now);
        }
        if verdict.is_pass() {
            track.answers.observe(now - track.asked);
            let turned = track.ease.observe(!verdict.is_degraded(), rise, fall);
            match verdict {
                Verdict::Degraded { concern, .. } => track.concern = Some(concern.clone()),
                // The event that tells of the end names what has ended.
                _ if !turned && track.ease.is_up() == Some(true) => track.concern = None,
                _ => {}
            }
            return;
        }
        if let Verdict::Fail(reason) = verdict {
            track.reason = Some(reason.clone());
        }
        self.ask_canaries();
    }

    /// Sets the timer for the next planned probe.
    fn schedule(&mut self, slot: Slot) {
        let unit = self.random.unit();
        let now = self.now.mono;
        let Some(track) = self.track(slot) else {
            return;
        };
        let check = &track.check;
        let interval = if track.probe.is_pending() {
            check.pending_interval
        } else if track.is_probed_up() {
            check.interval
        } else {
            check.down_interval
        };
        let factor = 1.0 + check.jitter * (2.0 * unit - 1.0);
        self.prober.wheel.set(slot, now + interval.mul_f64(factor));
    }

    pub(super) fn probe_now(&mut self, slot: Slot) {
        self.prober.enqueue(slot);
    }

    /// Forgets the probe under way and stops the timer.
    pub(super) fn stop_probing(&mut self, slot: Slot) {
        self.prober.wheel.clear(slot);
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        if track.under_way.take().is_some() {
            self.prober.under_way -= 1;
        }
    }

    /// Probes at once because traffic met an error, as far as the credit for such probes goes.
    pub(super) fn trigger_probe(&mut self, slot: Slot) {
        self.renew_credit();
        let now = self.now.mono;
        let credit = self.prober.credit;
        let Some(track) = self.track_mut(slot) else {
            return;
        };
        let rested = now - track.triggered >= track.check.pending_interval;
        if track.under_way.is_some() || !rested || credit < 1.0 {
            return;
        }
        track.triggered = now;
        self.prober.credit -= 1.0;
        self.prober.enqueue(slot);
    }

    fn renew_credit(&mut self) {
        let members = self.members.len() as f64;
        let rate = self.policy.probes.triggered_share * members / self.check.interval.as_secs_f64();
        let age = (self.now.mono - self.prober.credited).as_secs_f64();
        let most = (members * self.policy.probes.triggered_share).max(2.0);
        self.prober.credit = (self.prober.credit + age * rate).min(most);
        self.prober.credited = self.now.mono;
    }
}
