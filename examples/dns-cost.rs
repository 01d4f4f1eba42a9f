//! Reads (or writes) a hostile input of a given size, so that what it costs can be counted.
//!
//! Try: `valgrind --tool=callgrind target/debug/examples/dns-cost pointers 60000`, and twice as much.

use std::{
    io::{Write as _, stderr, stdout},
    process::ExitCode,
};

use eaves_examples::dns::cost::Kind;

fn main() -> std::io::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [kind, len] = args.as_slice()
        && let Some(kind) = Kind::ALL.into_iter().find(|known| known.name() == kind)
        && let Ok(len) = len.parse()
    {
        writeln!(stdout(), "{}", kind.run(len))?;
        return Ok(ExitCode::SUCCESS);
    }
    let kinds = Kind::ALL.map(Kind::name).join("|");
    writeln!(stderr(), "usage: dns-cost {kinds} OCTETS")?;
    Ok(ExitCode::from(2))
}
