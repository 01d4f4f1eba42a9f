//! The parameters of SVCB and HTTPS.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    svcb::{self, SvcParams},
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

kind! {
    /// Parameters to the end.
    Params: SvcParams<'a>;
    read(reader, field) { SvcParams::read(reader) }
    write(view, sink) { sink.put(view.as_wire()) }
    print(view, out) { svcb::print(view, out) }
    parse(tokens, field, bytes) { svcb::parse(tokens, bytes) }
}
