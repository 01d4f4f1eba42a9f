//! Takes the body out of an HTTP/1.1 answer (RFC 9112 sections 6 and 7).

use super::HttpQuestion;

/// How the body is framed, and how far it has been read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Chunked(Chunk),
    /// It ends with the connection.
    Open,
    /// So many bytes are left.
    Sized(u64),
}

/// Where in the chunked coding (RFC 9112 section 7.1) the next byte stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    Size {
        value: u64,
        digits: u32,
    },
    Extension {
        value: u64,
    },
    SizeEnd {
        value: u64,
    },
    Data(u64),
    DataCr,
    DataLf,
    /// At the beginning of a trailer field, or of the empty line that ends them.
    Last,
    Trailer,
    EndLf,
    End,
}

impl Body {
    /// Decides the framing by RFC 9112 section 6.3.
    pub(super) fn of(
        question: &HttpQuestion,
        status: u16,
        fields: &[httparse::Header<'_>],
    ) -> Result<Self, &'static str> {
        if question.method == "HEAD" || matches!(status, 204 | 304) {
            return Ok(Self::Sized(0));
        }
        let mut length = None;
        let mut chunked = false;
        for field in fields {
            if field.name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = field.value.eq_ignore_ascii_case(b"chunked");
                if !chunked {
                    return Err("its transfer coding is not chunked");
                }
            }
            if !field.name.eq_ignore_ascii_case("content-length") {
                continue;
            }
            let value = number(field.value).ok_or("its content-length is no number")?;
            if length.is_some_and(|other| other != value) {
                return Err("it has two lengths");
            }
            length = Some(value);
        }
        Ok(match (chunked, length) {
            (true, Some(_)) => return Err("it has a length and is chunked"),
            (true, None) => Self::Chunked(Chunk::Size {
                value: 0,
                digits: 0,
            }),
            (false, Some(length)) => Self::Sized(length),
            (false, None) => Self::Open,
        })
    }

    /// Adds what `bytes` hold of the body to `out`, and leaves in `bytes` what comes after it.
    pub(super) fn read(
        &mut self,
        bytes: &mut &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Open => {
                out.extend_from_slice(bytes);
                *bytes = &[];
            }
            Self::Sized(left) => take(bytes, left, out),
            Self::Chunked(chunk) => {
                while !bytes.is_empty() && *chunk != Chunk::End {
                    chunk.step(bytes, out)?;
                }
            }
        }
        Ok(())
    }

    /// Says whether all of it was read, trailers apart.
    pub(super) fn has_ended(&self) -> bool {
        use Chunk::{End, EndLf, Last, Trailer};
        matches!(
            self,
            Self::Sized(0) | Self::Chunked(Last | Trailer | EndLf | End)
        )
    }

    /// Says whether nothing of it is left on the connection.
    pub(super) fn is_drained(&self) -> bool {
        matches!(self, Self::Sized(0) | Self::Chunked(Chunk::End))
    }
}

impl Chunk {
    /// Takes one byte, or as much data as there is; `bytes` is not empty.
    fn step(&mut self, bytes: &mut &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        if let Self::Data(left) = self {
            take(bytes, left, out);
            if *left == 0 {
                *self = Self::DataCr;
            }
            return Ok(());
        }
        let byte = bytes[0];
        *bytes = &bytes[1..];
        *self = match (&*self, byte) {
            (&Self::Size { value, digits }, _) if byte.is_ascii_hexdigit() => {
                if digits == 15 {
                    return Err("a chunk's size has over 15 digits");
                }
                let digit = (byte as char).to_digit(16).unwrap_or(0);
                let value = value << 4 | u64::from(digit);
                Self::Size {
                    value,
                    digits: digits + 1,
                }
            }
            (&Self::Size { value, digits: 1.. }, b'\r') | (&Self::Extension { value }, b'\r') => {
                Self::SizeEnd { value }
            }
            (&Self::Size { value, digits: 1.. }, b';' | b' ' | b'\t') => Self::Extension { value },
            (Self::Extension { .. }, b'\n') => return Err("a bare LF ends a chunk's extension"),
            (&Self::Extension { value }, _) => Self::Extension { value },
            (Self::SizeEnd { value: 0 }, b'\n') => Self::Last,
            (&Self::SizeEnd { value }, b'\n') => Self::Data(value),
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataLf, b'\n') => Self::Size {
                value: 0,
                digits: 0,
            },
            (Self::Last, b'\r') => Self::EndLf,
            (Self::Trailer, b'\n') => Self::Last,
            (Self::Last | Self::Trailer, _) => Self::Trailer,
            (Self::EndLf, b'\n') => Self::End,
            _ => return Err("its chunks are malformed"),
        };
        Ok(())
    }
}

/// Moves up to `left` bytes to `out`.
fn take(bytes: &mut &[u8], left: &mut u64, out: &mut Vec<u8>) {
    let count = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let (taken, rest) = bytes.split_at(count);
    out.extend_from_slice(taken);
    *bytes = rest;
    *left -= count as u64;
}

fn number(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(value)
        .ok()
        .filter(|_| digits)?
        .parse()
        .ok()
}
