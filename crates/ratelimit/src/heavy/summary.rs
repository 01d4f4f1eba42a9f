//! [`TopSummary`] and [`BoundsSummary`]: what a node sends to the one that adds up.

use super::Heavy;

/// All that a [`TopK`](super::TopK) has counted, without its seed: 8 bytes a bucket and the candidates.
///
/// With the `serde` feature it goes through any format. It is taken at its word: let only nodes of
/// your own send it.
///
/// ```
/// use eaves_common::units::ByteSize;
/// use eaves_ratelimit::heavy::TopK;
///
/// let mut here = TopK::new(ByteSize::from_kib(16), 50, 0x5eed)?;
/// let mut there = here.clone();
/// here.observe(&"203.0.113.9", 3);
/// there.observe(&"203.0.113.9", 4);
/// here.absorb(&there.summary())?;
/// assert_eq!(here.count(&"203.0.113.9"), 7);
/// # Ok::<(), eaves_ratelimit::heavy::SketchError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct TopSummary<K> {
    pub(super) tag: u64,
    pub(super) candidates: Vec<Heavy<K>>,
    /// Fingerprint and count of each bucket.
    pub(super) buckets: Vec<(u32, u32)>,
}

/// All that a [`CountMin`](super::CountMin) has counted, without its seed.
///
/// With the `serde` feature it goes through any format.
///
/// ```
/// use eaves_common::units::ByteSize;
/// use eaves_ratelimit::heavy::CountMin;
///
/// let mut here = CountMin::new(ByteSize::from_kib(16), 0x5eed)?;
/// let mut there = here.clone();
/// there.observe("203.0.113.9", 4);
/// here.absorb(&there.summary())?;
/// assert_eq!(here.bound("203.0.113.9"), 4);
/// # Ok::<(), eaves_ratelimit::heavy::SketchError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct BoundsSummary {
    pub(super) tag: u64,
    pub(super) counters: Vec<u32>,
}
