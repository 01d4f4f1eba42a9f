//! Configurations: all mistakes at once, every layer, every format, hostile texts.

mod edge;
mod formats;
mod golden;
mod hostile;
mod layers;
mod limits;
mod operators;
mod round;

use eaves_common::config::{Format, Problems, Reader, Table};

/// Reads a TOML text by a function.
fn toml<T>(text: &str, read: impl FnOnce(&mut Table<'_>) -> Option<T>) -> Result<T, Problems> {
    let reader = Reader::new().text("a.toml", Format::Toml, text);
    reader.read_with(read).map(|config| config.into_value())
}

/// The problems in one line each.
fn lines<T>(result: Result<T, Problems>) -> Vec<String> {
    match result {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}
