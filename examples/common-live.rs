//! A value that is checked, staged, tried on a share of clients, committed and taken back.
//!
//! Try it: `cargo run --example common-live`.

fn main() -> Result<(), std::fmt::Error> {
    let mut told = String::new();
    eaves_examples::common::rollout(&mut told)?;
    print!("{told}");
    Ok(())
}
