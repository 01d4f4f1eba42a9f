//! A seeded world of nodes, a network and a store, in which the exchange of deltas is played.

mod load;
mod play;
mod store;
mod world;
