//! [`GrpcQuestion`]: the gRPC health checking protocol, version 1, by hand.
//!
//! One call of `grpc.health.v1.Health/Check`: a message with one string goes out, one with one enum
//! comes back, and the call's status stands in the trailers. That is too little for a gRPC stack.

use core::fmt;

use super::{Reason, Reuse, TlsQuestion};
use crate::config::Problems;

/// A call of the gRPC health checking protocol.
///
/// ```
/// use eaves_health::probe::GrpcQuestion;
///
/// let question = GrpcQuestion::new("shop.Cart");
/// assert_eq!(question.message(), b"\x00\x00\x00\x00\x0b\x0a\x09shop.Cart");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrpcQuestion {
    /// Whose health is asked for; the empty name is the whole server.
    pub service: String,
    /// The `:authority`; the origin's address if there is none.
    pub authority: Option<String>,
    /// TLS below it; plain HTTP/2 if there is none.
    pub tls: Option<TlsQuestion>,
    /// Whether a connection serves several probes.
    pub reuse: Reuse,
}

impl GrpcQuestion {
    /// Where the call goes.
    pub const PATH: &'static str = "/grpc.health.v1.Health/Check";

    /// Asks for a service's health.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            authority: None,
            tls: None,
            reuse: Reuse::default(),
        }
    }

    /// Returns the length-prefixed `HealthCheckRequest`.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let name = self.service.as_bytes();
        let mut request = Vec::with_capacity(name.len() + 16);
        request.extend_from_slice(&[0; 5]);
        if !name.is_empty() {
            request.push(SERVICE);
            let mut length = name.len();
            while length > 0x7f {
                request.push(length as u8 & 0x7f | 0x80);
                length >>= 7;
            }
            request.push(length as u8);
            request.extend_from_slice(name);
        }
        let length = (request.len() - 5) as u32; // the name is bounded by `check`
        request[1..5].copy_from_slice(&length.to_be_bytes());
        request
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        if self.service.len() > MAX_NAME {
            let length = self.service.len();
            problems.add(
                format!("{path}.service"),
                format!("{length} bytes are out of range, use up to {MAX_NAME}"),
            );
        }
        super::http::check_host(
            self.authority.as_ref(),
            &format!("{path}.authority"),
            problems,
        );
        if let Some(tls) = &self.tls {
            tls.check(path, problems);
        }
    }
}

/// What a server says of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "SCREAMING_SNAKE_CASE"))]
#[non_exhaustive]
pub enum ServingStatus {
    /// It does not say, or says what version 1 does not know.
    Unknown,
    /// It serves.
    Serving,
    /// It does not.
    NotServing,
    /// It does not know the service (of watching only, but some say it here).
    ServiceUnknown,
}

impl fmt::Display for ServingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "UNKNOWN",
            Self::Serving => "SERVING",
            Self::NotServing => "NOT_SERVING",
            Self::ServiceUnknown => "SERVICE_UNKNOWN",
        })
    }
}

/// Judges the answer to a [`GrpcQuestion`] as its parts come in, keeping at most 1 KiB.
///
/// ```
/// use eaves_health::probe::{GrpcExchange, Reason, ServingStatus};
///
/// let mut exchange = GrpcExchange::default();
/// exchange.head(200, None)?;
/// exchange.feed(&[0, 0, 0, 0, 2, 0x08, 2])?;
/// let judged = exchange.end(Some((b"0", b"")));
/// assert_eq!(judged, Err(Reason::Serving { status: ServingStatus::NotServing }));
/// # Ok::<(), Reason>(())
/// ```
#[derive(Debug, Default)]
pub struct GrpcExchange {
    message: Vec<u8>,
}

/// `grpc-status` and `grpc-message` as they stand in a head or in trailers.
pub type GrpcStatus<'a> = (&'a [u8], &'a [u8]);

impl GrpcExchange {
    /// Takes the response's head; a call that failed may have its status here and nothing more.
    ///
    /// # Errors
    ///
    /// [`Reason::Status`] or [`Reason::Grpc`] if the head is the judgement.
    pub fn head(&mut self, status: u16, ended: Option<GrpcStatus<'_>>) -> Result<(), Reason> {
        if status != 200 {
            return Err(Reason::Status { status });
        }
        ended.map_or(Ok(()), judge_status)
    }

    /// Takes the next bytes of the response's message.
    ///
    /// # Errors
    ///
    /// [`Reason::Protocol`] if they are more than such an answer has.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        if self.message.len() + bytes.len() > MAX_MESSAGE {
            return Err(self.refusal("the message is over 1 KiB"));
        }
        self.message.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes the trailers, which end the call.
    ///
    /// # Errors
    ///
    /// The reason why the probe failed.
    pub fn end(&self, trailers: Option<GrpcStatus<'_>>) -> Result<(), Reason> {
        let status = trailers.ok_or_else(|| self.refusal("the call ended without a status"))?;
        judge_status(status)?;
        match self.serving_status()? {
            ServingStatus::Serving => Ok(()),
            status => Err(Reason::Serving { status }),
        }
    }

    fn serving_status(&self) -> Result<ServingStatus, Reason> {
        let Some((prefix, message)) = self.message.split_first_chunk::<5>() else {
            return Err(self.refusal("the message has no prefix"));
        };
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
        if prefix[0] != 0 {
            return Err(self.refusal("the message is compressed"));
        }
        if length as usize != message.len() {
            return Err(self.refusal("the message has another length than its prefix says"));
        }
        let status = read_status(message);
        status.ok_or_else(|| self.refusal("the message is no HealthCheckResponse"))
    }

    fn refusal(&self, rule: &'static str) -> Reason {
        Reason::Protocol {
            at: self.message.len(),
            detail: rule,
        }
    }
}

/// Field 1, length-delimited.
const SERVICE: u8 = 1 << 3 | 2;
const MAX_NAME: usize = 1024;
const MAX_MESSAGE: usize = 1024;

fn judge_status((code, message): GrpcStatus<'_>) -> Result<(), Reason> {
    let text = core::str::from_utf8(code).ok();
    match text.and_then(|text| text.parse().ok()) {
        Some(0) => Ok(()),
        Some(code) => Err(Reason::Grpc {
            code,
            message: String::from_utf8_lossy(&message[..message.len().min(200)]).into_owned(),
        }),
        None => Err(Reason::Protocol {
            at: 0,
            detail: "grpc-status is no number",
        }),
    }
}

/// Reads field 1, an enum; the last one counts, other fields are skipped.
fn read_status(mut message: &[u8]) -> Option<ServingStatus> {
    let mut status = ServingStatus::Unknown;
    while !message.is_empty() {
        let key = varint(&mut message)?;
        match (key >> 3, key & 7) {
            (0, _) => return None,
            (1, 0) => status = status_of(varint(&mut message)?),
            (_, 0) => drop(varint(&mut message)?),
            (_, 1) => message = message.get(8..)?,
            (_, 2) => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                message = message.get(length..)?;
            }
            (_, 5) => message = message.get(4..)?,
            _ => return None,
        }
    }
    Some(status)
}

fn status_of(number: u64) -> ServingStatus {
    match number {
        1 => ServingStatus::Serving,
        2 => ServingStatus::NotServing,
        3 => ServingStatus::ServiceUnknown,
        _ => ServingStatus::Unknown,
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judge(message: &[u8]) -> Result<(), Reason> {
        let mut exchange = GrpcExchange::default();
        exchange.head(200, None)?;
        exchange.feed(message)?;
        exchange.end(Some((b"0", b"")))
    }

    #[test]
    fn each_answer_has_its_judgement() {
        let says = |status| Err(Reason::Serving { status });
        for (message, expected) in [
            (&[0, 0, 0, 0, 2, 8, 1][..], Ok(())),
            (&[0, 0, 0, 0, 2, 8, 2], says(ServingStatus::NotServing)),
            (&[0, 0, 0, 0, 2, 8, 3], says(ServingStatus::ServiceUnknown)),
            (&[0, 0, 0, 0, 2, 8, 9], says(ServingStatus::Unknown)),
            (&[0, 0, 0, 0, 0], says(ServingStatus::Unknown)),
            (&[0, 0, 0, 0, 6, 0x12, 2, b'h', b'i', 8, 1], Ok(())),
        ] {
            assert_eq!(judge(message), expected, "{message:?}");
        }
        for broken in [
            &b""[..],
            &[0, 0, 0],
            &[1, 0, 0, 0, 2, 8, 1],
            &[0, 0, 0, 0, 9, 8, 1],
            &[0, 0, 0, 0, 2, 8, 0x80],
            &[0, 0, 0, 0, 2, 0x12, 5],
            &[0; 2000],
        ] {
            let judged = judge(broken);
            assert!(
                matches!(judged, Err(Reason::Protocol { .. })),
                "{broken:?}: {judged:?}"
            );
        }
    }

    #[test]
    fn the_calls_status_comes_before_the_message() {
        let exchange = GrpcExchange::default();
        let not_found = Reason::Grpc {
            code: 5,
            message: "no such service".into(),
        };
        let status = (&b"5"[..], &b"no such service"[..]);
        assert_eq!(exchange.end(Some(status)), Err(not_found.clone()));
        assert_eq!(
            GrpcExchange::default().head(200, Some(status)),
            Err(not_found)
        );
        assert_eq!(
            GrpcExchange::default().head(404, None),
            Err(Reason::Status { status: 404 })
        );
        assert!(exchange.end(None).is_err());
    }

    #[test]
    fn long_names_have_long_lengths() {
        let message = GrpcQuestion::new("x".repeat(300)).message();
        assert_eq!(message[..8], [0, 0, 0, 1, 47, 0x0a, 0xac, 2]);
        assert_eq!(message.len(), 5 + 303);
        assert_eq!(GrpcQuestion::new("").message(), [0; 5]);
    }

    proptest! {
        #[test]
        fn arbitrary_messages_end_in_a_judgement(bytes: Vec<u8>) {
            let _ = judge(&bytes);
            let _ = read_status(&bytes);
        }
    }
}
