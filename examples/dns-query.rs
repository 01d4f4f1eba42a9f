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

use eaves_common::{Error, ErrorKind};
use eaves_dns::Rtype;
use eaves_examples::dns::query::{Ask, USAGE, query, render, transfer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    if std::env::args()
        .skip(1)
        .any(|arg| arg == "-h" || arg == "--help")
    {
        writeln!(stdout(), "{USAGE}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let ask = match Ask::parse(std::env::args().skip(1)) {
        Ok(ask) => ask,
        Err(problem) => {
            writeln!(stderr(), "{problem}\n{USAGE}")?;
            return Ok(ExitCode::from(2));
        }
    };
    // The standard library seeds hash tables from the system's randomness.
    let id = RandomState::new().hash_one(0) as u16;
    match show(&ask, id).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            writeln!(stderr(), "{}", error.chain())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn show(ask: &Ask, id: u16) -> Result<(), Error> {
    let mut print = |text: &str| stdout().write_all(text.as_bytes());
    let printed = if ask.rtype == Rtype::AXFR {
        let done = transfer(ask, id, &mut print).await?;
        let (records, messages, octets) = (done.records, done.messages, done.octets);
        print(&format!(
            ";; XFR size: {records} records (messages {messages}, bytes {octets})\n"
        ))
    } else {
        print(&render(&query(ask, id).await?))
    };
    printed.map_err(|error| Error::with_source(ErrorKind::Unavailable, "printing", error))
}
