//! [`Heap`]: slots in the order in which they are due.

use std::mem;

use super::chunked::Chunked;

/// A heap of slot numbers, first due on top, that knows the place of each slot.
///
/// A node has five children, which are one [`Brood`]: sinking takes a cache line for each level, and one for the place of
/// who moved up. Places that nothing has are due at the end of time, so that it is always chosen from five.
#[derive(Debug)]
pub(super) struct Heap {
    broods: Chunked<Brood>,
    /// Place of each slot, by slot number.
    places: Chunked<u32>,
    /// The place after the last one.
    end: u32,
    /// Whether the first has left and nothing has taken its place yet. What comes next is mostly a newcomer, which then
    /// need not rise from the end, nor the last one be taken up.
    hollow: bool,
}

/// The children of one node: a cache line.
#[derive(Debug)]
#[repr(align(64))]
struct Brood {
    dues: [f64; CHILDREN],
    ids: [u32; CHILDREN],
}

impl Heap {
    pub(super) const fn new() -> Self {
        Self {
            broods: Chunked::new(),
            places: Chunked::new(),
            end: ROOT,
            hollow: false,
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.broods.bytes() + self.places.bytes()
    }

    /// The slot that is due first, and when.
    #[inline]
    pub(super) fn first(&mut self) -> Option<(u32, f64)> {
        self.fill();
        (self.end > ROOT).then(|| self.at(ROOT))
    }

    /// The slot that will be due first once the first has left or was put off, unless that stays the first.
    #[inline]
    pub(super) fn second(&self) -> Option<u32> {
        let (_, id, _) = self.least_child(ROOT)?;
        Some(id)
    }

    /// Adds slot `id`, which is not there.
    pub(super) fn push(&mut self, id: u32, due: f64) {
        while self.places.len() <= id {
            self.places.push(0);
        }
        if mem::take(&mut self.hollow) {
            return self.sink(ROOT, id, due);
        }
        let end = self.end;
        while self.broods.len() <= end >> BITS {
            self.broods.push(Brood::default());
        }
        self.end = after(end);
        self.rise(end, id, due);
    }

    /// Removes slot `id`, which is there.
    pub(super) fn remove(&mut self, id: u32) {
        self.fill();
        let place = self.places[id];
        if place == ROOT {
            self.hollow = true;
        } else {
            self.vacate(place);
        }
    }

    /// Sets when slot `id`, which is there, is due.
    pub(super) fn change(&mut self, id: u32, due: f64) {
        self.fill();
        self.settle(self.places[id], id, due);
    }

    /// Sees to it that there is a first.
    #[inline]
    fn fill(&mut self) {
        if mem::take(&mut self.hollow) {
            self.vacate(ROOT);
        }
    }

    /// Puts the last node where there is none.
    fn vacate(&mut self, place: u32) {
        self.end = before(self.end);
        let (last, due) = self.at(self.end);
        self.broods[self.end >> BITS].dues[spot(self.end)] = f64::INFINITY;
        if place != self.end {
            self.settle(place, last, due);
        }
    }

    /// Puts a node where it belongs, given a place to begin at that is free to be overwritten.
    fn settle(&mut self, place: u32, id: u32, due: f64) {
        if place > ROOT && self.at(parent(place)).1 > due {
            self.rise(place, id, due);
        } else {
            self.sink(place, id, due);
        }
    }

    fn rise(&mut self, mut place: u32, id: u32, due: f64) {
        while place > ROOT {
            let (above, later) = self.at(parent(place));
            if later <= due {
                break;
            }
            self.set(place, above, later);
            place = parent(place);
        }
        self.set(place, id, due);
    }

    fn sink(&mut self, mut place: u32, id: u32, due: f64) {
        while let Some((child, child_id, least)) = self.least_child(place) {
            if least >= due {
                break;
            }
            self.set(place, child_id, least);
            place = child;
        }
        self.set(place, id, due);
    }

    /// The child that is due first: its place, slot, and when. Without branches on what is due: those would be guessed wrong
    /// half of the time.
    #[inline]
    fn least_child(&self, place: u32) -> Option<(u32, u32, f64)> {
        let brood = brood_of(place)?;
        let first = brood << BITS;
        if first >= self.end {
            return None;
        }
        let Brood { dues, ids } = &self.broods[brood];
        let sooner = |a: (usize, f64), b: (usize, f64)| if b.1 < a.1 { b } else { a };
        let [a, b, c, d, e] = *dues;
        let (low, high) = (sooner((0, a), (1, b)), sooner((2, c), (3, d)));
        let (least, due) = sooner(sooner(low, high), (4, e));
        Some((first + least as u32, ids[least], due))
    }

    #[inline]
    fn at(&self, place: u32) -> (u32, f64) {
        let brood = &self.broods[place >> BITS];
        (brood.ids[spot(place)], brood.dues[spot(place)])
    }

    #[inline]
    fn set(&mut self, place: u32, id: u32, due: f64) {
        let brood = &mut self.broods[place >> BITS];
        brood.dues[spot(place)] = due;
        brood.ids[spot(place)] = id;
        self.places[id] = place;
    }
}

impl Default for Brood {
    fn default() -> Self {
        Self {
            dues: [f64::INFINITY; CHILDREN],
            ids: [0; CHILDREN],
        }
    }
}

/// As many as have room in a cache line, with their due points.
const CHILDREN: usize = 5;

/// Low bits of a place: which of its brood. The rest is the number of the brood.
const BITS: u32 = 3;

/// The root is the last of a brood whose others are never used: then one formula has the children of all.
const ROOT: u32 = CHILDREN as u32 - 1;

#[inline]
const fn spot(place: u32) -> usize {
    (place & ((1 << BITS) - 1)) as usize
}

/// Which brood the children of a place are; `None` beyond what slots can be numbered.
#[inline]
const fn brood_of(place: u32) -> Option<u32> {
    let nth = (place >> BITS) * CHILDREN as u32 + spot(place) as u32;
    if nth >> (32 - BITS) == 0 {
        Some(nth - (ROOT - 1))
    } else {
        None
    }
}

#[inline]
const fn parent(place: u32) -> u32 {
    let nth = (place >> BITS) + (ROOT - 1);
    ((nth / CHILDREN as u32) << BITS) | (nth % CHILDREN as u32)
}

const fn after(place: u32) -> u32 {
    if spot(place) == CHILDREN - 1 {
        ((place >> BITS) + 1) << BITS
    } else {
        place + 1
    }
}

const fn before(place: u32) -> u32 {
    if spot(place) == 0 {
        (((place >> BITS) - 1) << BITS) | (CHILDREN as u32 - 1)
    } else {
        place - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn every_place_is_a_child_of_its_parent_and_comes_after_the_one_before() {
        let (mut place, mut nth) = (ROOT, 0);
        while nth < 10_000 {
            let children = brood_of(place).unwrap() << BITS;
            assert_eq!(parent(children), place);
            assert_eq!(parent(children + ROOT), place);
            assert_eq!(before(after(place)), place);
            assert_eq!(children >> BITS, nth + 1, "broods are numbered in a row");
            (place, nth) = (after(place), nth + 1);
        }
        assert_eq!(size_of::<Brood>(), 64);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Change(u32, i16),
        Pop,
        Push(i16),
        Remove(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..64_u32, any::<i16>()).prop_map(|(id, due)| Step::Change(id, due)),
            Just(Step::Pop),
            any::<i16>().prop_map(Step::Push),
            (0..64_u32).prop_map(Step::Remove),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_first_due_comes_first(steps in vec(step(), 0..400)) {
            let mut heap = Heap::new();
            let mut model = std::collections::BTreeMap::new();
            for step in steps {
                match step {
                    Step::Change(id, due) => if let Some(was) = model.get_mut(&id) {
                        *was = due;
                        heap.change(id, f64::from(due));
                    },
                    Step::Pop => if let Some((id, due)) = heap.first() {
                        prop_assert_eq!(Some(&(due as i16)), model.values().min());
                        prop_assert_eq!(model.remove(&id).map(f64::from), Some(due));
                        heap.remove(id);
                    },
                    Step::Push(due) => {
                        let id = (0..).find(|id| !model.contains_key(id)).unwrap();
                        model.insert(id, due);
                        heap.push(id, f64::from(due));
                    },
                    Step::Remove(id) => if model.remove(&id).is_some() {
                        heap.remove(id);
                    },
                }
                prop_assert_eq!(heap.first().is_none(), model.is_empty());
            }
        }
    }
}
