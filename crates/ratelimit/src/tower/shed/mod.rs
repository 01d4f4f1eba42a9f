//! A waiting room in front of a service: [`ShedLayer`].

mod answer;
mod future;
mod layer;
mod room;

pub use answer::Dismiss;
pub use future::ShedFuture;
pub use layer::{Alike, Classify, ShedLayer, Shedding};
