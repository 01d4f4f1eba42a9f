//! Shows every form of a record's data: text, `\#`, wire, canonical.
//!
//! Try: `echo '{"type":"MX","text":"10 Mail.example."}' | cargo run --example dns-convert`
//! Lines may also be `{"type":"MX","wire":"000a00"}` or `{"name":"Example.org."}`.

use std::io::{BufRead as _, Write as _, stdin, stdout};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    for line in stdin().lock().split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(out, "{}", eaves_examples::dns::convert::convert(&line))?;
    }
    out.flush()
}
