//! [`Distributed`], [`OnStoreError`]: how a rule is shared by nodes.

/// How the nodes of a service share a rule.
///
/// ```
/// use eaves_ratelimit::{Rule, redis::{Distributed, OnStoreError}, table::Capacity};
///
/// let login = Rule::new("login", "5/1m".parse()?, Capacity::new(65_536)?)?
///     .distributed(Distributed::Strict)
///     .on_store_error(OnStoreError::Deny);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Distributed {
    /// Nodes decide alone and tell one another what they admitted: no request waits.
    ///
    /// Between two syncs each node may admit a unit that the others do not know of. A burst of fewer
    /// units than there are nodes could be exceeded by that, though the rate not: an engine
    /// [refuses](crate::redis::Engine::attach) it.
    Delta,
    /// The store decides about each request, which waits for it.
    Strict,
}

/// What a distributed rule does while the store is slow or gone.
///
/// ```
/// use eaves_ratelimit::redis::OnStoreError;
///
/// assert_eq!(OnStoreError::default(), OnStoreError::Local);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum OnStoreError {
    /// It allows all requests, and counts them.
    Allow,
    /// It denies all requests.
    Deny,
    /// Each node goes on alone with the share of the limit that it had last.
    #[default]
    Local,
}
