//! [`Note`]: what a caller attaches to what is stored.

use bytes::Bytes;

/// Bytes of a caller's own that are stored with a response and come back with each hit.
///
/// The inner service puts it into the extensions of its response; it is found in the extensions of those that are served
/// from the store, and nowhere in their fields. A validation keeps it.
///
/// ```
/// use eaves_cache::tower::Note;
///
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(Note("rendered by 7".into()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a plain wrapper")]
pub struct Note(
    /// The bytes.
    pub Bytes,
);
