//! Objects whose every byte follows from a number, so that a reader needs no list of what was written.

use eaves_cache::key::Key;

/// A small generator of numbers (xorshift).
#[derive(Clone, Debug)]
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

/// The key of an object.
pub(super) fn key(id: u64) -> Key {
    let uri = format!("http://origin.example/objects/{id}");
    let uri = uri.parse().expect("digits make a path");
    Key::of_uri(&uri).expect("it has a host")
}

/// One version of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) id: u64,
    pub(super) seed: u64,
    pub(super) len: usize,
}

impl Version {
    /// The head tells what the body must be; a second number may change without it.
    pub(super) fn head(self, mark: u64) -> Vec<u8> {
        format!("{} {} {} {mark}", self.id, self.seed, self.len).into_bytes()
    }

    pub(super) fn of_head(head: &[u8]) -> Option<Self> {
        let mut numbers = std::str::from_utf8(head).ok()?.split(' ').map(str::parse);
        let mut number = || numbers.next()?.ok();
        let (id, seed, len): (u64, u64, u64) = (number()?, number()?, number()?);
        Some(Self {
            id,
            seed,
            len: usize::try_from(len).ok()?,
        })
    }

    pub(super) fn body(self) -> Vec<u8> {
        let mut numbers = Numbers::new(self.seed ^ self.id << 32);
        let mut body = Vec::with_capacity(self.len + 8);
        while body.len() < self.len {
            body.extend_from_slice(&numbers.next().to_le_bytes());
        }
        body.truncate(self.len);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_its_body() {
        let version = Version {
            id: 7,
            seed: 9,
            len: 1000,
        };
        assert_eq!(Version::of_head(&version.head(3)), Some(version));
        assert_ne!(version.body(), Version { seed: 8, ..version }.body());
        assert_eq!(Version::of_head(b"7 9"), None);
    }
}
