//! [`Chunked`]: an array that grows a chunk at a time and never moves what it holds.

use std::ops::{Index, IndexMut};

/// Elements in a chunk.
const CHUNK: usize = GROUP * GROUPS;
const GROUPS: usize = 16;
const GROUP: usize = 16;

/// An array in chunks: growing it costs one chunk however long it is, where a `Vec` would copy
/// everything while a lock is held.
#[derive(Debug)]
pub(super) struct Chunked<T> {
    chunks: Vec<Box<[Group<T>; GROUPS]>>,
    len: u32,
}

/// Elements that begin with a cache line, so that each lies on as few of them as it can. Sixteen of anything whose size
/// is a multiple of four fill whole lines.
#[derive(Debug)]
#[repr(align(64))]
struct Group<T>([T; GROUP]);

impl<T> Chunked<T> {
    pub(super) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    /// Four elements that begin with `at`, a multiple of four.
    #[inline]
    pub(super) fn four(&self, at: u32) -> &[T; 4] {
        let at = at as usize;
        let group = &self.chunks[at / CHUNK][at / GROUP % GROUPS].0;
        let (fours, _) = group.as_chunks::<4>();
        &fours[at % GROUP / 4]
    }

    /// Bytes that the chunks take.
    pub(super) const fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>()
    }
}

impl<T: Default> Chunked<T> {
    /// Appends one element and returns its number.
    pub(super) fn push(&mut self, element: T) -> u32 {
        let at = self.len;
        if at as usize == self.chunks.len() * CHUNK {
            self.chunks.push(chunk());
        }
        self.len += 1;
        self[at] = element;
        at
    }
}

impl<T> Index<u32> for Chunked<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: u32) -> &T {
        let at = at as usize;
        &self.chunks[at / CHUNK][at / GROUP % GROUPS].0[at % GROUP]
    }
}

impl<T> IndexMut<u32> for Chunked<T> {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut T {
        let at = at as usize;
        &mut self.chunks[at / CHUNK][at / GROUP % GROUPS].0[at % GROUP]
    }
}

/// Makes a chunk where it is to stay: on the stack there is one group of it at a time.
fn chunk<T: Default>() -> Box<[Group<T>; GROUPS]> {
    let group = |_| Group(std::array::from_fn(|_| T::default()));
    let groups: Box<[Group<T>]> = (0..GROUPS).map(group).collect();
    let Ok(chunk) = groups.try_into() else {
        unreachable!("a chunk has GROUPS groups");
    };
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_numbers_over_many_chunks() {
        let mut array = Chunked::new();
        for n in 0..1000_u32 {
            assert_eq!(array.push(n * 3), n);
        }
        assert_eq!(array.len(), 1000);
        assert!((0..1000).all(|n| array[n] == n * 3));
        assert_eq!(array.bytes(), 1024 * 4);
        assert_eq!(*array.four(516), [516, 517, 518, 519].map(|n| n * 3));
    }
}
