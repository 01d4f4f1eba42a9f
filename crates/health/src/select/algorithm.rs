//! [`Algorithm`]: how a selector chooses among those that may be picked.

/// How a selector chooses. Each respects weights, skips who is down and answers in bounded time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Algorithm {
    /// Draws two and takes the one with less in flight for its weight: close to the best balance at the cost of
    /// two draws.
    #[default]
    PowerOfTwo,
    /// Draws one.
    Random,
    /// Takes turns, the heavy ones more often and evenly spread; each selector counts for itself.
    RoundRobin,
}
