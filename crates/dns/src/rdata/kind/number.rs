//! Numbers.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, mnemonic},
    wire::{Reader, Sink},
};

macro_rules! numbers {
    ($($(#[$doc:meta])+ $kind:ident $int:ident $what:literal;)*) => {$(
        kind! {
            $(#[$doc])+
            $kind: $int;
            read(reader, field) { reader.$int(field) }
            write(view, sink) { sink.put(&view.to_be_bytes()) }
            print(view, out) { out.show(view) }
            parse(tokens, field, bytes) {
                let value = tokens.require_word(field)?.number($int::MAX.into(), $what)?;
                bytes.extend_from_slice(&(value as $int).to_be_bytes());
                Ok(())
            }
        }
    )*};
}

numbers! {
    /// An octet.
    U8 u8 "not a number up to 255";
    /// Two octets.
    U16 u16 "not a number up to 65535";
    /// Four octets.
    U32 u32 "not a number up to 4294967295";
}

kind! {
    /// Six octets.
    U48: u64;
    read(reader, field) {
        let [a, b, c, d, e, f] = reader.array(field)?;
        Ok(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }
    write(view, sink) {
        let [_, _, octets @ ..] = view.to_be_bytes();
        sink.put(&octets)
    }
    print(view, out) { out.show(view) }
    parse(tokens, field, bytes) {
        let value = tokens.require_word(field)?.number((1 << 48) - 1, "not a number of 48 bits")?;
        let [_, _, octets @ ..] = value.to_be_bytes();
        bytes.extend_from_slice(&octets);
        Ok(())
    }
}

kind! {
    /// Two octets, in text as octal digits.
    Octal: u16;
    read(reader, field) { reader.u16(field) }
    write(view, sink) { sink.put(&view.to_be_bytes()) }
    print(view, out) { out.show(format_args!("{view:o}")) }
    parse(tokens, field, bytes) {
        let token = tokens.require_word(field)?;
        // Signs, which the standard library would take, are no digits.
        let digits = core::str::from_utf8(token.text).ok().filter(|text| !text.starts_with('+'));
        let value = digits.and_then(|digits| u16::from_str_radix(digits, 8).ok());
        let value = value.ok_or_else(|| token.invalid("not an octal number of 16 bits"))?;
        bytes.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }
}

kind! {
    /// Four octets of seconds, in text perhaps with units.
    Period: u32;
    read(reader, field) { reader.u32(field) }
    write(view, sink) { sink.put(&view.to_be_bytes()) }
    print(view, out) { out.show(view) }
    parse(tokens, field, bytes) {
        let token = tokens.require_word(field)?;
        let seconds = mnemonic::period(token.text).ok_or_else(|| token.invalid("not a time"))?;
        bytes.extend_from_slice(&seconds.to_be_bytes());
        Ok(())
    }
}
