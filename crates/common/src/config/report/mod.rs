//! What a read tells: [`Problems`] if it failed, [`Setting`]s if it did not.

mod collect;
mod place;
mod problem;
mod setting;

pub(super) use collect::Report;
pub(super) use place::{Excerpt, Mark};
pub use problem::{Problem, Problems};
pub use setting::{Setting, Source};
