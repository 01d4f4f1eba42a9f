//! [`Source`]: where a layer finds its limiter.

use std::{ops::Deref, sync::Arc};

use crate::Limiter;

/// Something that has the limiter of the moment: the limiter itself, shared, or behind a value that
/// is replaced while it is read.
///
/// ```
/// use std::{ops::Deref, sync::Arc};
/// use eaves_common::live::Live;
/// use eaves_ratelimit::{Limiter, tower::Source};
///
/// struct Reloaded(Live<Limiter>);
///
/// impl Source for Reloaded {
///     fn load(&self) -> impl Deref<Target = Limiter> + '_ {
///         self.0.load()
///     }
/// }
/// # fn source<S: Source>() {}
/// # source::<Arc<Reloaded>>();
/// ```
pub trait Source: Send + Sync {
    /// Returns the limiter that decides about the next request.
    fn load(&self) -> impl Deref<Target = Limiter> + '_;
}

impl Source for Limiter {
    fn load(&self) -> impl Deref<Target = Self> + '_ {
        self
    }
}

impl<S: Source> Source for Arc<S> {
    fn load(&self) -> impl Deref<Target = Limiter> + '_ {
        (**self).load()
    }
}
