//! [`Wheel`]: one timer for each slot, at a cost that does not grow with their number.

use std::time::Duration;

use eaves_common::time::Mono;

use crate::pool::Slot;

/// A hashed timer wheel. Times are rounded up to ticks of 8 ms: probes that are due close together
/// go out together, which spares wake-ups and is what makes many probes cheap.
#[derive(Debug)]
pub(crate) struct Wheel {
    buckets: Box<[Vec<Slot>]>,
    /// One bit for each bucket that holds anything.
    occupied: [u64; BUCKETS / 64],
    /// The tick at which each slot is due; `NEVER` if it is not.
    due: Vec<u64>,
    /// The first tick that has not been looked at.
    next: u64,
}

const TICK: Duration = Duration::from_millis(8);
const BUCKETS: usize = 512;
const NEVER: u64 = u64::MAX;

impl Wheel {
    pub(crate) fn new(now: Mono) -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
            occupied: [0; BUCKETS / 64],
            due: Vec::new(),
            next: tick_before(now),
        }
    }

    /// Sets the slot's timer, whatever it was before.
    pub(crate) fn set(&mut self, slot: Slot, at: Mono) {
        if self.due.len() <= slot.index() {
            self.due.resize(slot.index() + 1, NEVER);
        }
        let tick = tick_after(at).max(self.next);
        if self.due[slot.index()] == tick {
            return;
        }
        self.due[slot.index()] = tick;
        let bucket = (tick % BUCKETS as u64) as usize;
        self.buckets[bucket].push(slot);
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
    }

    /// Stops the slot's timer.
    pub(crate) fn clear(&mut self, slot: Slot) {
        if let Some(due) = self.due.get_mut(slot.index()) {
            *due = NEVER;
        }
    }

    /// Moves all slots that are due at `now` to `out`.
    pub(crate) fn expire(&mut self, now: Mono, out: &mut Vec<Slot>) {
        let last = tick_before(now);
        if last < self.next {
            return;
        }
        // After a long sleep each bucket is looked at once, however many ticks have passed.
        let ticks = (last - self.next + 1).min(BUCKETS as u64);
        for tick in self.next..self.next + ticks {
            self.expire_bucket((tick % BUCKETS as u64) as usize, last, out);
        }
        self.next = last + 1;
    }

    /// Returns when to look again: never later than the first timer, but perhaps earlier.
    pub(crate) fn next_due(&self) -> Option<Mono> {
        let start = (self.next % BUCKETS as u64) as usize;
        let distance = (0..BUCKETS as u64).find(|&step| {
            let bucket = (start + step as usize) % BUCKETS;
            self.occupied[bucket / 64] >> (bucket % 64) & 1 == 1
        })?;
        let nanos = (self.next + distance).saturating_mul(TICK.as_nanos() as u64);
        Some(Mono::from_nanos(nanos))
    }

    fn expire_bucket(&mut self, bucket: usize, last: u64, out: &mut Vec<Slot>) {
        let due = &mut self.due;
        self.buckets[bucket].retain(|&slot| {
            let at = &mut due[slot.index()];
            if *at <= last {
                *at = NEVER;
                out.push(slot);
                return false;
            }
            // Timers that were moved elsewhere or stopped leave; those of a later lap stay.
            *at != NEVER && (*at % BUCKETS as u64) as usize == bucket
        });
        if self.buckets[bucket].is_empty() {
            self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        }
    }
}

fn tick_after(at: Mono) -> u64 {
    at.as_nanos().div_ceil(TICK.as_nanos() as u64)
}

fn tick_before(at: Mono) -> u64 {
    at.as_nanos() / TICK.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(ms: u64) -> Mono {
        Mono::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn timers_expire_once_and_can_be_moved() {
        let mut wheel = Wheel::new(Mono::ZERO);
        let mut out = Vec::new();
        wheel.set(Slot::new(0), millis(10));
        wheel.set(Slot::new(1), millis(10_000));
        wheel.set(Slot::new(2), millis(20));
        wheel.set(Slot::new(2), millis(500));
        wheel.set(Slot::new(3), millis(20));
        wheel.clear(Slot::new(3));
        assert_eq!(wheel.next_due(), Some(millis(16)));
        wheel.expire(millis(9), &mut out);
        assert!(out.is_empty());
        wheel.expire(millis(100), &mut out);
        assert_eq!(out, [Slot::new(0)]);
        wheel.expire(millis(60_000), &mut out);
        assert_eq!(out, [Slot::new(0), Slot::new(2), Slot::new(1)]);
        assert_eq!(wheel.next_due(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_timer_is_early_and_none_is_lost(
            timers in prop::collection::vec((0_u32..50, 0_u64..20_000), 1..100),
            steps in prop::collection::vec(1_u64..3_000, 1..30),
        ) {
            let mut wheel = Wheel::new(Mono::ZERO);
            let mut wanted = std::collections::HashMap::new();
            for (slot, at) in timers {
                wheel.set(Slot::new(slot), millis(at));
                wanted.insert(slot, at);
            }
            let mut now = 0;
            for step in steps.into_iter().chain([30_000]) {
                now += step;
                let mut out = Vec::new();
                prop_assert!(wheel.next_due().is_some() || wanted.is_empty());
                wheel.expire(millis(now), &mut out);
                for slot in out {
                    let at = wanted.remove(&(slot.index() as u32));
                    prop_assert!(at.is_some_and(|at| at <= now));
                }
                prop_assert!(wanted.values().all(|&at| at + 8 > now));
            }
            prop_assert!(wanted.is_empty());
        }
    }
}
