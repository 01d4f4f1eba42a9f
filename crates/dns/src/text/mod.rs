//! Presentation format's tokens, read and written; rdata and zone files share them.

mod address;
mod block;
mod lexer;
pub(crate) mod mnemonic;
mod name;
mod printer;
pub(crate) mod radix;

pub(crate) use lexer::{Lexer, Token};
pub(crate) use printer::{Printer, write_escaped};
