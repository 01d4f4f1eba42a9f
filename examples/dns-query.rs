//! Asks a DNS server, over UDP (and TCP when the answer is truncated) or with `+tcp` over TCP.
//!
//! Try: start `cargo run --example edge`, then with the port it prints
//! `cargo run --example dns-query -- www.edge.test A @127.0.0.1:PORT`.

use std::{
    io::{Write as _, stderr, stdout},
    process::ExitCode,
};

use eaves_examples::dns::query::{Ask, query};

fn main() -> std::io::Result<ExitCode> {
    let ask = match Ask::parse(std::env::args().skip(1)) {
        Ok(ask) => ask,
        Err(problem) => {
            writeln!(
                stderr(),
                "{problem}\nusage: dns-query NAME [TYPE] @SERVER[:PORT] [+tcp]"
            )?;
            return Ok(ExitCode::from(2));
        }
    };
    // A new process has an identifier of its own, which is as good as chance here.
    match query(&ask, std::process::id() as u16) {
        Ok(answer) => {
            stdout().write_all(answer.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(stderr(), "{}", error.chain())?;
            Ok(ExitCode::FAILURE)
        }
    }
}
