//! [`Heap`]: slots in the order in which they are due.

use super::chunked::Chunked;

/// A heap of slot numbers, first due on top, that knows the place of each slot.
#[derive(Debug)]
pub(super) struct Heap {
    /// Due points; apart from the numbers, so that four children share a cache line.
    dues: Chunked<f64>,
    ids: Chunked<u32>,
    /// Place of each slot, by slot number.
    places: Chunked<u32>,
    len: u32,
}

impl Heap {
    pub(super) const fn new() -> Self {
        Self {
            dues: Chunked::new(),
            ids: Chunked::new(),
            places: Chunked::new(),
            len: 0,
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.dues.bytes() + self.ids.bytes() + self.places.bytes()
    }

    /// The slot that is due first, and when.
    pub(super) fn first(&self) -> Option<(u32, f64)> {
        (self.len > 0).then(|| (self.ids[0], self.dues[0]))
    }

    /// Adds slot `id`, which is not there.
    pub(super) fn push(&mut self, id: u32, due: f64) {
        while self.places.len() <= id {
            self.places.push(0);
        }
        if self.dues.len() == self.len {
            self.dues.push(due);
            self.ids.push(id);
        }
        self.len += 1;
        self.rise(self.len - 1, id, due);
    }

    /// Removes slot `id`, which is there.
    pub(super) fn remove(&mut self, id: u32) {
        let place = self.places[id];
        self.len -= 1;
        if place != self.len {
            self.settle(place, self.ids[self.len], self.dues[self.len]);
        }
    }

    /// Sets when slot `id`, which is there, is due.
    pub(super) fn change(&mut self, id: u32, due: f64) {
        self.settle(self.places[id], id, due);
    }

    /// Puts a node where it belongs, given a place to begin at that is free to be overwritten.
    fn settle(&mut self, place: u32, id: u32, due: f64) {
        if place > 0 && self.dues[parent(place)] > due {
            self.rise(place, id, due);
        } else {
            self.sink(place, id, due);
        }
    }

    fn rise(&mut self, mut place: u32, id: u32, due: f64) {
        while place > 0 && self.dues[parent(place)] > due {
            self.shift(parent(place), place);
            place = parent(place);
        }
        self.set(place, id, due);
    }

    fn sink(&mut self, mut place: u32, id: u32, due: f64) {
        while let Some(child) = self.least_child(place) {
            if self.dues[child] >= due {
                break;
            }
            self.shift(child, place);
            place = child;
        }
        self.set(place, id, due);
    }

    fn least_child(&self, place: u32) -> Option<u32> {
        let first = place.checked_mul(CHILDREN)?.checked_add(1)?;
        let end = first.saturating_add(CHILDREN).min(self.len);
        let mut children = first..end;
        let mut least = children.next()?;
        for child in children {
            if self.dues[child] < self.dues[least] {
                least = child;
            }
        }
        Some(least)
    }

    fn shift(&mut self, from: u32, to: u32) {
        self.set(to, self.ids[from], self.dues[from]);
    }

    fn set(&mut self, place: u32, id: u32, due: f64) {
        self.dues[place] = due;
        self.ids[place] = id;
        self.places[id] = place;
    }
}

/// Children of a node: a flat heap takes fewer cache misses than a binary one.
const CHILDREN: u32 = 4;

const fn parent(place: u32) -> u32 {
    (place - 1) / CHILDREN
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
