//! HIP's host identity and rendezvous servers (RFC 8005 section 5).

use super::{Kind, name::parse_name};
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::{HostIdentity, NameList},
    text::{Lexer, Printer, radix},
    wire::{Reader, Sink},
};

kind! {
    /// Lengths, algorithm, host identity tag and public key.
    HipKey: HostIdentity<'a>;
    read(reader, field) {
        let tag_len = reader.u8(field)?;
        let algorithm = reader.u8(field)?;
        let key_len = reader.u16(field)?;
        Ok(HostIdentity {
            algorithm,
            tag: reader.bytes(usize::from(tag_len), field)?,
            public_key: reader.bytes(usize::from(key_len), field)?,
        })
    }
    write(view, sink) {
        let tag_len = u8::try_from(view.tag.len()).map_err(|_| BuildError::TooLong)?;
        let key_len = u16::try_from(view.public_key.len()).map_err(|_| BuildError::TooLong)?;
        sink.put(&[tag_len, view.algorithm])?;
        sink.put(&key_len.to_be_bytes())?;
        sink.put(view.tag)?;
        sink.put(view.public_key)
    }
    has_text(view) { !view.tag.is_empty() && !view.public_key.is_empty() }
    print(view, out) {
        out.show(view.algorithm)?;
        out.hex(view.tag)?;
        radix::write_base64(view.public_key, out.field()?)
    }
    parse(tokens, field, bytes) {
        let start = bytes.len();
        let algorithm = tokens.require_word(field)?.number(255, "not a number up to 255")? as u8;
        bytes.extend_from_slice(&[0, algorithm, 0, 0]);
        let tag = tokens.require_word(field)?;
        radix::hex(&tag, bytes)?;
        let tag_len = u8::try_from(bytes.len() - start - 4);
        bytes[start] = tag_len.map_err(|_| tag.invalid("longer than 255 octets"))?;
        let key_start = bytes.len();
        let key = tokens.require_word(field)?;
        radix::base64(&key, bytes)?;
        let key_len = u16::try_from(bytes.len() - key_start);
        let key_len = key_len.map_err(|_| key.invalid("longer than 65535 octets"))?;
        bytes[start + 2..start + 4].copy_from_slice(&key_len.to_be_bytes());
        Ok(())
    }
}

kind! {
    /// Names to the end, none of them compressed.
    Names: NameList<'a>;
    read(reader, field) { NameList::read(reader) }
    write(view, sink) { sink.put(view.as_wire()) }
    print(view, out) {
        let mut names = view;
        names.try_for_each(|name| out.show(name))
    }
    parse(tokens, field, bytes) {
        while { *tokens }.next()?.is_some() {
            parse_name(tokens, bytes)?;
        }
        Ok(())
    }
}
