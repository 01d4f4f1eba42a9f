//! [`Heap`]: slots in the order in which they are due.

use super::chunked::Chunked;

/// A heap of slot numbers, first due on top, that knows the place of each slot.
///
/// A node's four children lie side by side in one cache line: the root is at [`ROOT`], and the children of `place` begin at
/// a multiple of four. Places that nothing has are due at the end of time, so that a node is chosen from four always.
#[derive(Debug)]
pub(super) struct Heap {
    /// Due points; apart from the numbers, so that the children's share a cache line.
    dues: Chunked<f64>,
    ids: Chunked<u32>,
    /// Place of each slot, by slot number.
    places: Chunked<u32>,
    /// The place after the last one.
    end: u32,
}

impl Heap {
    pub(super) const fn new() -> Self {
        Self {
            dues: Chunked::new(),
            ids: Chunked::new(),
            places: Chunked::new(),
            end: ROOT,
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.dues.bytes() + self.ids.bytes() + self.places.bytes()
    }

    /// The slot that is due first, and when.
    #[inline]
    pub(super) fn first(&self) -> Option<(u32, f64)> {
        (self.end > ROOT).then(|| (self.ids[ROOT], self.dues[ROOT]))
    }

    /// The slot that will be due first once the first has left or was put off, unless that stays the first.
    #[inline]
    pub(super) fn second(&self) -> Option<u32> {
        self.least_child(ROOT).map(|(place, _)| self.ids[place])
    }

    /// Adds slot `id`, which is not there.
    pub(super) fn push(&mut self, id: u32, due: f64) {
        while self.places.len() <= id {
            self.places.push(0);
        }
        let end = self.end;
        while self.dues.len() <= end | (CHILDREN - 1) {
            self.dues.push(f64::INFINITY);
            self.ids.push(0);
        }
        self.end += 1;
        self.rise(end, id, due);
    }

    /// Removes slot `id`, which is there.
    pub(super) fn remove(&mut self, id: u32) {
        let place = self.places[id];
        self.end -= 1;
        let (last, due) = (self.ids[self.end], self.dues[self.end]);
        self.dues[self.end] = f64::INFINITY;
        if place != self.end {
            self.settle(place, last, due);
        }
    }

    /// Sets when slot `id`, which is there, is due.
    pub(super) fn change(&mut self, id: u32, due: f64) {
        self.settle(self.places[id], id, due);
    }

    /// Puts a node where it belongs, given a place to begin at that is free to be overwritten.
    fn settle(&mut self, place: u32, id: u32, due: f64) {
        if place > ROOT && self.dues[parent(place)] > due {
            self.rise(place, id, due);
        } else {
            self.sink(place, id, due);
        }
    }

    fn rise(&mut self, mut place: u32, id: u32, due: f64) {
        while place > ROOT && self.dues[parent(place)] > due {
            let above = parent(place);
            self.set(place, self.ids[above], self.dues[above]);
            place = above;
        }
        self.set(place, id, due);
    }

    fn sink(&mut self, mut place: u32, id: u32, due: f64) {
        while let Some((child, least)) = self.least_child(place) {
            if least >= due {
                break;
            }
            self.set(place, self.ids[child], least);
            place = child;
        }
        self.set(place, id, due);
    }

    /// The child that is due first, and when. Without branches on what is due: those would be guessed wrong half of the time.
    #[inline]
    fn least_child(&self, place: u32) -> Option<(u32, f64)> {
        let first = children(place)?;
        if first >= self.end {
            return None;
        }
        let [a, b, c, d] = *self.dues.four(first);
        let (left, low) = if b < a { (1, b) } else { (0, a) };
        let (right, high) = if d < c { (3, d) } else { (2, c) };
        Some(if high < low {
            (first + right, high)
        } else {
            (first + left, low)
        })
    }

    #[inline]
    fn set(&mut self, place: u32, id: u32, due: f64) {
        self.dues[place] = due;
        self.ids[place] = id;
        self.places[id] = place;
    }
}

/// Children of a node: a flat heap takes fewer cache misses than a binary one.
const CHILDREN: u32 = 4;

/// Where the root is. The three places before it are never used.
const ROOT: u32 = CHILDREN - 1;

/// The first of four; `None` beyond what slots can be numbered.
#[inline]
const fn children(place: u32) -> Option<u32> {
    (place - (ROOT - 1)).checked_mul(CHILDREN)
}

#[inline]
const fn parent(place: u32) -> u32 {
    place / CHILDREN + (ROOT - 1)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

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
