//! Bytes to text: bounded before anything looks at them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::limits::Limits;
use crate::units::ByteSize;

/// Why there is no text.
#[derive(Debug)]
pub(super) enum InputError {
    Io(io::Error),
    /// The valid part, and the first byte after it.
    NotUtf8(String, u8),
    TooLarge(ByteSize),
}

pub(super) fn read_file(path: &Path, limits: &Limits) -> Result<String, InputError> {
    read(File::open(path).map_err(InputError::Io)?, limits)
}

/// Reads at most one byte over the limit, whatever there is.
pub(super) fn read(input: impl Read, limits: &Limits) -> Result<String, InputError> {
    let limit = limits.size.as_u64();
    let mut bytes = Vec::new();
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(InputError::Io)?;
    if bytes.len() > limits.size.as_usize() {
        return Err(InputError::TooLarge(limits.size));
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        let wrong = bytes[valid];
        bytes.truncate(valid);
        InputError::NotUtf8(String::from_utf8_lossy(&bytes).into_owned(), wrong)
    })
}

/// Editors put it before a text, nobody sees it, and it has no column.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
