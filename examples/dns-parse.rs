//! Shows what is in a message, and the message written again with its names compressed.
//!
//! Try: `echo 000784000000000100000000000001000100000e100004c0000201 | cargo run --example dns-parse`
//! Lines are messages in hexadecimal.

use std::io::{BufRead as _, Write as _, stdin, stdout};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    for line in stdin().lock().split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(out, "{}", eaves_examples::dns::parse::parse(&line))?;
    }
    out.flush()
}
