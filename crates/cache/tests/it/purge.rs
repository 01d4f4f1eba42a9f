//! Purges: what they reach, when, and that nothing older is served once they have returned.

mod layer;
mod table;
mod threads;
