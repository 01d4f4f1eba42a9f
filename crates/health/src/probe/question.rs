//! [`Question`]: what a probe asks.

use super::{
    CommandQuestion, DatagramQuestion, DnsQuestion, GrpcQuestion, HttpQuestion, HttpVersion,
    Payload, TlsQuestion,
};
use crate::config::Problems;

/// What a probe asks.
///
/// ```
/// use eaves_health::probe::{HttpQuestion, HttpVersion, Question, TlsQuestion};
///
/// let mut question = HttpQuestion::new("/healthz");
/// question.version = HttpVersion::Http2;
/// question.tls = Some(TlsQuestion::new().server_name("www.example"));
/// let question = Question::from(question);
/// assert_eq!(question.needs(), &["tls", "http2"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// Whether a program says that all is well.
    Command(Box<CommandQuestion>),
    /// A DNS query, judged by its answer.
    Dns(DnsQuestion),
    /// Whether a service says of itself that it serves.
    Grpc(Box<GrpcQuestion>),
    /// An HTTP request, judged by its answer.
    Http(Box<HttpQuestion>),
    /// Whether a TCP connection can be made, and what comes over it.
    Tcp(Box<Payload>),
    /// Whether TLS can be agreed on, and how long the certificate lasts.
    Tls(Box<TlsQuestion>),
    /// What comes back to a datagram.
    Udp(Box<DatagramQuestion>),
}

impl Question {
    /// Returns the features beside `tokio` that the driver needs to ask this.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Command(_) => &["command"],
            Self::Dns(_) | Self::Tcp(_) | Self::Udp(_) => &[],
            Self::Grpc(grpc) if grpc.tls.is_some() => &["tls", "http2"],
            Self::Grpc(_) => &["http2"],
            Self::Http(http) => match (&http.tls, http.version) {
                (None, HttpVersion::Http1) => &[],
                (None, HttpVersion::Http2) => &["http2"],
                (Some(_), HttpVersion::Http1) => &["tls"],
                (Some(_), HttpVersion::Http2) => &["tls", "http2"],
            },
            Self::Tls(_) => &["tls"],
        }
    }

    /// Returns a word for the kind of question, for metrics and status pages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Dns(_) => "dns",
            Self::Grpc(_) => "grpc",
            Self::Http(_) => "http",
            Self::Tcp(_) => "tcp",
            Self::Tls(_) => "tls",
            Self::Udp(_) => "udp",
        }
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        match self {
            Self::Command(command) => command.check(path, problems),
            Self::Dns(_) => {}
            Self::Grpc(grpc) => grpc.check(path, problems),
            Self::Http(http) => http.check(path, problems),
            Self::Tcp(payload) => payload.check(path, problems),
            Self::Tls(tls) => tls.check(path, problems),
            Self::Udp(datagram) => datagram.check(path, problems),
        }
    }
}

impl From<CommandQuestion> for Question {
    fn from(question: CommandQuestion) -> Self {
        Self::Command(Box::new(question))
    }
}

impl From<DnsQuestion> for Question {
    fn from(question: DnsQuestion) -> Self {
        Self::Dns(question)
    }
}

impl From<GrpcQuestion> for Question {
    fn from(question: GrpcQuestion) -> Self {
        Self::Grpc(Box::new(question))
    }
}

impl From<HttpQuestion> for Question {
    fn from(question: HttpQuestion) -> Self {
        Self::Http(Box::new(question))
    }
}

impl From<Payload> for Question {
    fn from(payload: Payload) -> Self {
        Self::Tcp(Box::new(payload))
    }
}

impl From<TlsQuestion> for Question {
    fn from(question: TlsQuestion) -> Self {
        Self::Tls(Box::new(question))
    }
}

impl From<DatagramQuestion> for Question {
    fn from(question: DatagramQuestion) -> Self {
        Self::Udp(Box::new(question))
    }
}
