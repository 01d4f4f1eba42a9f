//! A seeded world of nodes, a network and a store, in which the exchange of deltas is played.

mod bounds;
mod herd;
mod load;
mod lua;
mod play;
#[expect(dead_code, reason = "the tests beside `tests/it` need less of it")]
#[path = "../../../tests/it/redis_server.rs"]
mod server;
mod store;
mod world;
