//! [`Fate`]: what a cache asks about entries that may leave, and whom it tells.

/// Someone who knows more about entries than their weight. `()` knows nothing.
///
/// ```
/// use eaves_cache::store::tinylfu::{Config, Fate, TinyLfu};
/// use eaves_common::units::ByteSize;
/// use std::cell::RefCell;
///
/// struct Heir(RefCell<Vec<&'static str>>);
///
/// impl Fate<&'static str, ()> for Heir {
///     fn left(&self, key: &'static str, (): ()) {
///         self.0.borrow_mut().push(key);
///     }
/// }
///
/// let heir = Heir(RefCell::default());
/// let cache = TinyLfu::new(Config::new(ByteSize::from_bytes(100)).shards(1).entry_cost(0));
/// cache.insert_with("one", (), 60, &heir)?;
/// cache.insert_with("two", (), 60, &heir)?;
/// assert_eq!(heir.0.into_inner(), ["one"]);
/// # Ok::<(), eaves_cache::store::tinylfu::Refusal>(())
/// ```
pub trait Fate<K, V> {
    /// Says whether an entry is known dead: such entries leave first, where the search for room meets them, whatever
    /// they were worth.
    ///
    /// Called under a lock: it should compare a number or two, and must not use the cache.
    fn is_dead(&self, key: &K, value: &V) -> bool {
        let _ = (key, value);
        false
    }

    /// Takes an entry that was evicted; no lock is held. Entries that were dead are dropped instead.
    fn left(&self, key: K, value: V) {
        drop((key, value));
    }
}

impl<K, V> Fate<K, V> for () {}

/// One who knows the dead and inherits nothing.
pub(super) struct Dead<F>(pub(super) F);

impl<K, V, F: Fn(&K, &V) -> bool> Fate<K, V> for Dead<F> {
    fn is_dead(&self, key: &K, value: &V) -> bool {
        self.0(key, value)
    }
}
