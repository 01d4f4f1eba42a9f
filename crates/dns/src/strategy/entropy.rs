//! A run of octets that values are made from.

use crate::name::NameBuf;

/// Octets that are used up as values are made; after the last come zeros.
///
/// ```
/// use eaves_dns::strategy::Entropy;
///
/// let mut entropy = Entropy::new(&[7]);
/// assert_eq!((entropy.octet(), entropy.octet()), (7, 0));
/// ```
#[derive(Clone, Debug)]
pub struct Entropy<'e> {
    left: &'e [u8],
}

impl<'e> Entropy<'e> {
    /// Starts with these octets.
    #[must_use]
    pub fn new(octets: &'e [u8]) -> Self {
        Self { left: octets }
    }

    /// Takes one octet.
    pub fn octet(&mut self) -> u8 {
        let Some((first, rest)) = self.left.split_first() else {
            return 0;
        };
        self.left = rest;
        *first
    }

    /// Takes a number below `end`, which must not be zero.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (usize::from(self.octet()) << 8 | usize::from(self.octet())) % end
    }

    /// Takes as many octets.
    pub(super) fn exactly(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.octet()).collect()
    }

    /// Takes up to `max` octets.
    pub(super) fn some(&mut self, max: usize) -> Vec<u8> {
        let len = self.below(max + 1);
        self.exactly(len)
    }

    /// Makes a name of a few labels, mostly of letters of either case.
    pub(super) fn name(&mut self) -> NameBuf {
        let mut name = NameBuf::default();
        for _ in 0..self.below(5) {
            let len = 1 + self.below(8);
            let mut label = self.exactly(len);
            if self.octet() < 200 {
                for octet in &mut label {
                    *octet = b"abcdefghXYZ-0123"[usize::from(*octet % 16)];
                }
            }
            name = NameBuf::child(&label, &name).unwrap_or(name);
        }
        name
    }
}
