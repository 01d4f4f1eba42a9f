//! Digests, whose length follows from how they were made.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, radix},
    wire::{Reader, Sink},
};

/// Reads the rest, which must be as long as `expected` says for the octet before it.
fn read_digest<'a>(
    reader: &mut Reader<'a>,
    expected: fn(u8) -> Option<usize>,
) -> Result<&'a [u8], WireError> {
    let at = reader.position();
    let how = reader.previous();
    let digest = reader.rest();
    match how.and_then(expected) {
        Some(len) if len != digest.len() => Err(WireError::Invalid {
            at,
            what: "digest is not as long as its type",
        }),
        _ => Ok(digest),
    }
}

/// Parses hexadecimal to the end; the octet before it says how long it must be.
fn parse_digest(
    tokens: &mut Lexer<'_>,
    field: &'static str,
    bytes: &mut Vec<u8>,
    expected: fn(u8) -> Option<usize>,
) -> Result<(), TextError> {
    let start = bytes.len();
    let at = tokens.position();
    let how = bytes.last().copied();
    radix::hex_rest(tokens, field, bytes)?;
    match how.and_then(expected) {
        Some(len) if len != bytes.len() - start => {
            Err(TextError::invalid(at, "digest is not as long as its type"))
        }
        _ => Ok(()),
    }
}

macro_rules! digests {
    ($($(#[$doc:meta])+ $kind:ident $expected:ident;)*) => {$(
        kind! {
            $(#[$doc])+
            $kind: &'a [u8];
            read(reader, field) { read_digest(reader, $expected) }
            write(view, sink) { sink.put(view) }
            has_text(view) { !view.is_empty() }
            print(view, out) { out.hex(view) }
            parse(tokens, field, bytes) { parse_digest(tokens, field, bytes, $expected) }
        }
    )*};
}

digests! {
    /// DS's digest, behind its type.
    DsDigest ds_len;
    /// CDS's digest, where type 0 asks for deletion (RFC 8078 section 4).
    CdsDigest cds_len;
    /// TLSA's data, behind its matching type.
    TlsData tls_len;
    /// SSHFP's fingerprint, behind its type.
    SshDigest ssh_len;
}

/// RFC 4034, RFC 4509, RFC 5933, RFC 6605; type 0 is reserved, so no length fits it.
fn ds_len(how: u8) -> Option<usize> {
    match how {
        0 => Some(usize::MAX),
        1 => Some(20),
        2 | 3 => Some(32),
        4 => Some(48),
        _ => None,
    }
}

fn cds_len(how: u8) -> Option<usize> {
    if how == 0 { Some(1) } else { ds_len(how) }
}

/// RFC 6698 section 2.1.3.
fn tls_len(how: u8) -> Option<usize> {
    match how {
        1 => Some(32),
        2 => Some(64),
        _ => None,
    }
}

/// RFC 4255 section 3.1.3, RFC 6594 section 4.
fn ssh_len(how: u8) -> Option<usize> {
    match how {
        1 => Some(20),
        2 => Some(32),
        _ => None,
    }
}

/// Checks ZONEMD's scheme, algorithm and digest (RFC 8976 section 2.2).
fn is_zone_digest(scheme: u8, algorithm: u8, len: usize) -> bool {
    scheme != 0
        && match algorithm {
            0 => false,
            1 => len == 48,
            2 => len == 64,
            _ => len >= 12,
        }
}

kind! {
    /// ZONEMD's scheme, hash algorithm and digest.
    ZoneDigest: crate::rdata::ZoneDigest<'a>;
    read(reader, field) {
        let at = reader.position();
        let [scheme, algorithm] = reader.array(field)?;
        let digest = reader.rest();
        if !is_zone_digest(scheme, algorithm, digest.len()) {
            return Err(WireError::Invalid { at, what: "digest is not as long as its type" });
        }
        Ok(crate::rdata::ZoneDigest { scheme, algorithm, digest })
    }
    write(view, sink) {
        sink.put(&[view.scheme, view.algorithm])?;
        sink.put(view.digest)
    }
    print(view, out) {
        out.show(view.scheme)?;
        out.show(view.algorithm)?;
        out.hex(view.digest)
    }
    parse(tokens, field, bytes) {
        let start = bytes.len();
        let scheme = tokens.require_word(field)?;
        bytes.push(scheme.number(255, "not a number up to 255")? as u8);
        let algorithm = tokens.require_word(field)?;
        bytes.push(algorithm.number(255, "not a number up to 255")? as u8);
        radix::hex_rest(tokens, field, bytes)?;
        if !is_zone_digest(bytes[start], bytes[start + 1], bytes.len() - start - 2) {
            return Err(scheme.invalid("digest is not as long as its type"));
        }
        Ok(())
    }
}
