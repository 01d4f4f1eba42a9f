//! Asks a DNS server over UDP (and TCP when the answer is truncated), `+tcp`, `+tls` or `+https`.
//!
//! Try: start `cargo run --example edge`, then with the port it prints
//! `cargo run --example dns-query -- www.edge.test A @127.0.0.1:PORT`.
//! With a network: `cargo run --example dns-query -- example.com AAAA @9.9.9.9 +https +dnssec`.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{Write as _, stderr, stdout},
    process::ExitCode,
};

use eaves_examples::dns::query::{Ask, USAGE, query, render};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let ask = match Ask::parse(std::env::args().skip(1)) {
        Ok(ask) => ask,
        Err(problem) => {
            writeln!(stderr(), "{problem}\n{USAGE}")?;
            return Ok(ExitCode::from(2));
        }
    };
    // The standard library seeds hash tables from the system's randomness.
    let id = RandomState::new().hash_one(0) as u16;
    match query(&ask, id).await {
        Ok(answer) => {
            stdout().write_all(render(&answer).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(stderr(), "{}", error.chain())?;
            Ok(ExitCode::FAILURE)
        }
    }
}
