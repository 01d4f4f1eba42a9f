//! A configuration that shows all of its mistakes at once, and where each value came from.
//!
//! Try it: `cargo run --example common-config` shows a faulty text; name a TOML file of your own with
//! `listen`, `timeout`, `memory` and `limit`, and override it: `SHOP_MEMORY=1GiB`.

use std::process::ExitCode;

use eaves_examples::common::{FAULTY, show};

fn main() -> ExitCode {
    let (name, text) = match std::env::args().nth(1) {
        None => ("shop.toml".to_owned(), Ok(FAULTY.to_owned())),
        Some(path) => (path.clone(), std::fs::read_to_string(path)),
    };
    let text = match text {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match show(&name, &text, std::env::vars_os()) {
        Ok(settings) => print!("{settings}"),
        Err(problems) => {
            eprint!("{problems}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
