//! Who enters and who leaves.

use super::{fate::Fate, refusal::Refusal, shard::Shard, slab::NIL};

/// An entry that asks to be taken.
#[derive(Debug)]
pub(super) struct Offer<K, V> {
    pub(super) hash: u64,
    /// Once it is taken: what it took the place of.
    pub(super) entry: Option<(K, V)>,
    pub(super) weight: u64,
    /// Uses known from an entry of the same key that had to go first; 0 if there was none.
    pub(super) uses: u8,
}

/// What left, to be dropped when the lock is free again. One victim is the usual number.
#[derive(Debug)]
pub(super) struct Departed<K, V> {
    first: Option<(K, V)>,
    more: Vec<(K, V)>,
    pub(super) dead: Vec<(K, V)>,
    /// The value of the same key that had to go first.
    pub(super) replaced: Option<V>,
}

/// How far one critical section came with an offer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It was taken.
    Taken,
    /// As many left as may in one critical section; there is not room enough yet.
    More,
    /// It was refused.
    Refused(Refusal),
}

/// How much room is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// What the entry weighs with it.
    pub(super) total: u64,
    /// What has to be made free now.
    pub(super) more: u64,
}

impl Room {
    const fn whole(weight: u64) -> Self {
        Self {
            total: weight,
            more: weight,
        }
    }
}

/// What a search for victims came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nothing is left that could leave.
    Empty,
    /// They weigh what is needed.
    Enough,
    /// As many were looked at as one critical section may.
    More,
    /// One is worth more than the newcomer.
    Outvalued,
}

/// Entries that one critical section looks at, to evict them or to put them off.
pub(super) const LOOKS: u32 = 64;

impl<K: Eq, V> Shard<K, V> {
    /// Takes an offer that was not offered before.
    pub(super) fn offer(
        &mut self,
        offer: &mut Offer<K, V>,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> Step {
        self.catch_up();
        if self.replace(offer, gone) {
            return Step::Taken;
        }
        self.foresee(offer.hash);
        self.learn(offer.hash);
        self.admit(offer, fate, gone)
    }

    /// Goes on with an offer that needs more room than one critical section makes.
    pub(super) fn offer_again(
        &mut self,
        offer: &mut Offer<K, V>,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> Step {
        if self.replace(offer, gone) {
            return Step::Taken;
        }
        self.admit(offer, fate, gone)
    }

    /// Makes room for an offer whose key is not there, if it is worth it, and takes it.
    fn admit(
        &mut self,
        offer: &mut Offer<K, V>,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> Step {
        let uses = self.sketch.estimate(offer.hash).max(offer.uses).max(1);
        let step = self.make_room(Room::whole(offer.weight), uses, fate, gone);
        match step {
            Step::Taken => self.add(offer.hash, offer.entry.take(), offer.weight, uses),
            Step::More => {}
            Step::Refused(refusal) => {
                self.refuse(refusal);
                self.haunt(offer.hash, offer.weight, uses);
            }
        }
        step
    }

    /// Replaces the entry of the same key in place, or removes it where that does not fit: whatever
    /// becomes of the offer, the old value is not served after it. Says whether the offer took its place.
    fn replace(&mut self, offer: &mut Offer<K, V>, gone: &mut Departed<K, V>) -> bool {
        let Some((key, value)) = &mut offer.entry else {
            return true;
        };
        let id = self
            .index
            .find(&self.slab, offer.hash, |other| other == key);
        if id == NIL {
            return false;
        }
        if self.swap(id, value, offer.weight) {
            return true;
        }
        offer.uses = self.slab[id].uses_in(self.sketch.epoch());
        self.heap.remove(id);
        self.counts.removed += 1;
        gone.replaced = self.take(id).map(|(_, old)| old);
        false
    }

    /// Evicts what is due first until there is room, if none of it is worth more.
    pub(super) fn make_room(
        &mut self,
        room: Room,
        uses: u8,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> Step {
        let Room {
            total: weight,
            more,
        } = room;
        if weight > self.budget {
            let limit = self.budget;
            return Step::Refused(Refusal::TooLarge { weight, limit });
        }
        if !self.slab.has_room() {
            return Step::Refused(Refusal::Crowded { weight, victims: 0 });
        }
        let need = (self.weight + more).saturating_sub(self.budget);
        let limit = self.worth.of(uses, weight) * SLACK;
        match self.choose(need, limit, fate, gone) {
            Choice::Enough => self.evict(gone),
            Choice::More => {
                self.evict(gone);
                return Step::More;
            }
            Choice::Empty => {
                self.spare();
                return Step::Refused(Refusal::Reserved { weight });
            }
            Choice::Outvalued => {
                self.spare();
                return Step::Refused(Refusal::Outvalued { weight });
            }
        }
        Step::Taken
    }

    /// Moves victims from the heap to `victims` until they weigh what is needed. Whatever the end,
    /// the age rises to what is due first, so that nobody is outvalued for ever.
    pub(super) fn choose(
        &mut self,
        mut need: u64,
        limit: f64,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> Choice {
        let age = self.age;
        for _ in 0..LOOKS {
            if need == 0 {
                return Choice::Enough;
            }
            let Some((id, due)) = self.heap.first() else {
                return Choice::Empty;
            };
            if let Some(next) = self.heap.second() {
                self.slab.touch(next);
            }
            let slot = &self.slab[id];
            let (hash, weight) = (slot.hash, slot.weight);
            if slot
                .entry
                .as_ref()
                .is_some_and(|(key, value)| fate.is_dead(key, value))
            {
                self.bury(id, gone);
                need = need.saturating_sub(weight);
                continue;
            }
            if slot.touched && self.put_off(id) > due {
                continue;
            }
            if self.victims.is_empty() {
                self.age = self.age.max(due);
            }
            if due - age >= limit {
                return Choice::Outvalued;
            }
            self.index.touch(hash);
            self.sketch.touch(hash);
            self.heap.remove(id);
            self.victims.push((id, due));
            need = need.saturating_sub(weight);
        }
        if need == 0 {
            Choice::Enough
        } else {
            Choice::More
        }
    }

    pub(super) fn evict(&mut self, gone: &mut Departed<K, V>) {
        let mut victims = std::mem::take(&mut self.victims);
        for (id, due) in victims.drain(..) {
            self.age = self.age.max(due);
            self.bury_chosen(id, gone);
        }
        self.victims = victims;
    }

    /// Puts chosen victims back.
    fn spare(&mut self) {
        while let Some((id, due)) = self.victims.pop() {
            self.heap.push(id, due);
        }
    }

    /// Evicts an entry that is known dead and still on the heap.
    fn bury(&mut self, id: u32, gone: &mut Departed<K, V>) {
        self.heap.remove(id);
        self.counts.dead += 1;
        gone.dead.extend(self.take(id));
    }

    fn bury_chosen(&mut self, id: u32, gone: &mut Departed<K, V>) {
        let slot = &self.slab[id];
        let (hash, weight, uses) = (slot.hash, slot.weight, slot.uses_in(self.sketch.epoch()));
        self.haunt(hash, weight, uses);
        self.counts.evicted += 1;
        self.counts.evicted_weight += weight;
        gone.push(self.take(id));
    }

    /// Counts a refusal.
    pub(super) const fn refuse(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::Crowded { .. } => self.counts.crowded += 1,
            Refusal::Outvalued { .. } => self.counts.outvalued += 1,
            Refusal::Reserved { .. } => self.counts.no_room += 1,
            Refusal::TooLarge { .. } => self.counts.too_large += 1,
        }
    }
}

/// A victim may be worth this much more than a newcomer per unit: at 1 a newcomer loses every tie,
/// and keys that are used twice within a short time never meet.
const SLACK: f64 = 3.0;

impl<K, V> Departed<K, V> {
    pub(super) const fn new() -> Self {
        Self {
            first: None,
            more: Vec::new(),
            dead: Vec::new(),
            replaced: None,
        }
    }

    /// Takes apart what was evicted; the dead go with the rest.
    pub(super) fn evicted(self) -> impl Iterator<Item = (K, V)> {
        self.first.into_iter().chain(self.more)
    }

    fn push(&mut self, entry: Option<(K, V)>) {
        if self.first.is_none() {
            self.first = entry;
        } else {
            self.more.extend(entry);
        }
    }
}
