//! Zone files beside the peers.
fn main() {}
