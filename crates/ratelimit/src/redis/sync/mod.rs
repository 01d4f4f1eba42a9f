//! The exchange of deltas with the store, as a state machine: what to send when, and what a reply
//! means. It has no clock, socket or task; `now` and a seed come in.

mod breaker;
mod core;
mod lane;
mod pace;

pub(super) use self::{
    breaker::{Breaker, State},
    core::{Plan, Sync},
    lane::{Batch, Item, ceiling},
};

/// A random number from 0 to 1, from a state that goes on (splitmix64; Steele, Lea, Flood 2014).
pub(super) fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (word ^ (word >> 31)) as f64 / u64::MAX as f64
}
