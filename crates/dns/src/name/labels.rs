//! Walking over the labels of a name.

use core::iter::FusedIterator;

/// The labels of a name from left to right, the root's empty one left out.
///
/// ```
/// use eaves_dns::NameBuf;
///
/// let name: NameBuf = "www.example.".parse()?;
/// let labels: Vec<&[u8]> = name.labels().collect();
/// assert_eq!(labels, [b"www".as_slice(), b"example"]);
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    buf: &'a [u8],
    at: usize,
}

impl<'a> Labels<'a> {
    /// Walks over a name that was checked when its `NameRef` or `Name` was made.
    #[inline]
    pub(crate) fn new(buf: &'a [u8], at: usize) -> Self {
        Self { buf, at }
    }

    /// Walks over the labels with the offsets of their length octets.
    #[inline]
    pub(crate) fn places(mut self) -> impl Iterator<Item = (usize, &'a [u8])> {
        core::iter::from_fn(move || {
            let label = self.next()?;
            Some((self.at - label.len() - 1, label))
        })
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let mut len = *self.buf.get(self.at)?;
        while len >= 0xc0 {
            let low = *self.buf.get(self.at + 1)?;
            self.at = usize::from(len & 0x3f) << 8 | usize::from(low);
            len = *self.buf.get(self.at)?;
        }
        if len == 0 {
            return None;
        }
        let start = self.at + 1;
        self.at = start + usize::from(len);
        self.buf.get(start..self.at)
    }
}

impl FusedIterator for Labels<'_> {}
