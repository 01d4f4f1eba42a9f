//! What the command line says.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use eaves_common::{Error, ErrorKind};
use eaves_dns::{Class, Flags, NameBuf, Rtype, edns::Edns};

/// How the program is called.
pub const USAGE: &str = "\
usage: dns-query NAME [TYPE] [CLASS] @SERVER[:PORT] [+tcp|+tls|+https[=PATH]]
  AXFR as TYPE takes the whole zone, over TCP or TLS
  +port=N         another port than 53, 853 (TLS) or 443 (HTTPS)
  +tls-ca=FILE    trust the certificates in a PEM file, and no others
  +tls-host=NAME  the name that the certificate must have, if it is not SERVER
  +https-get      GET instead of POST
  +dnssec +cd +norec +noedns +nsid +bufsize=N   what the query says
  +ignore         do not ask again over TCP when the answer is truncated
  +time=SECONDS   how long one try may take (5)
  +tries=N        how often to ask over UDP (3)";

/// What carries the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// UDP, and TCP if the answer is truncated.
    Udp,
    /// TCP.
    Tcp,
    /// TLS (RFC 7858).
    Tls,
    /// HTTPS (RFC 8484).
    Https,
}

impl Carrier {
    fn port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 53,
            Self::Tls => 853,
            Self::Https => 443,
        }
    }
}

/// What was asked for on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The name.
    pub name: NameBuf,
    /// The type.
    pub rtype: Rtype,
    /// The class.
    pub class: Class,
    /// The server: an address or a name, without its port.
    pub server: String,
    /// The server's port, if it is not the carrier's own.
    pub port: Option<u16>,
    /// What carries the question.
    pub carrier: Carrier,
    /// The path over HTTPS.
    pub path: String,
    /// The question goes into the URL, so that caches can answer.
    pub uses_get: bool,
    /// Certificates to trust instead of the web's.
    pub authorities: Option<PathBuf>,
    /// The name the certificate must have, if it is not the server.
    pub tls_name: Option<String>,
    /// The header's flags.
    pub flags: Flags,
    /// The UDP size to offer; `None` asks without EDNS.
    pub udp_size: Option<u16>,
    /// The server should send DNSSEC records.
    pub wants_dnssec: bool,
    /// The server should say who it is.
    pub wants_nsid: bool,
    /// A truncated answer is shown as it is.
    pub keeps_truncated: bool,
    /// How long one try may take.
    pub timeout: Duration,
    /// How often to ask over UDP.
    pub tries: u32,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            name: NameBuf::default(),
            rtype: Rtype::A,
            class: Class::IN,
            server: String::new(),
            port: None,
            carrier: Carrier::Udp,
            path: "/dns-query".to_owned(),
            uses_get: false,
            authorities: None,
            tls_name: None,
            flags: Flags::RD | Flags::AD,
            udp_size: Some(Edns::SAFE_UDP_SIZE),
            wants_dnssec: false,
            wants_nsid: false,
            keeps_truncated: false,
            timeout: Duration::from_secs(5),
            tries: 3,
        }
    }
}

impl Ask {
    /// Reads `NAME [TYPE] [CLASS] @SERVER [+OPTION...]`, options and server anywhere.
    ///
    /// # Errors
    /// Says what is missing or not understood.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut ask = Self::default();
        let mut words = Vec::new();
        for arg in args {
            if let Some(server) = arg.strip_prefix('@') {
                (ask.server, ask.port) = split_server(server, ask.port)?;
            } else if let Some(option) = arg.strip_prefix('+') {
                ask.option(option)?;
            } else {
                words.push(arg);
            }
        }
        let mut words = words.iter();
        ask.name = read(words.next().ok_or("a name is missing")?)?;
        for word in words {
            match word.parse() {
                Ok(rtype) => ask.rtype = rtype,
                Err(_) => ask.class = read(word)?,
            }
        }
        if ask.server.is_empty() {
            return Err("@SERVER is missing".to_owned());
        }
        Ok(ask)
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.carrier.port())
    }

    /// The name that the certificate must have.
    #[must_use]
    pub fn tls_name(&self) -> &str {
        self.tls_name.as_deref().unwrap_or(&self.server)
    }

    /// Finds the server's address.
    ///
    /// # Errors
    /// When the system knows none.
    pub async fn resolve(&self) -> Result<SocketAddr, Error> {
        let place = (self.server.as_str(), self.port());
        let found = tokio::net::lookup_host(place).await.map_err(|error| {
            let message = format!("looking up {}", self.server);
            Error::with_source(ErrorKind::Unavailable, message, error)
        });
        found?.next().ok_or_else(|| {
            let message = format!("{} has no address", self.server);
            Error::new(ErrorKind::Unavailable, message)
        })
    }

    fn option(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        match (name, value) {
            ("tcp", None) => self.carrier = Carrier::Tcp,
            ("tls", None) => self.carrier = Carrier::Tls,
            ("https", path) => {
                self.carrier = Carrier::Https;
                self.path = path.map_or(self.path.clone(), str::to_owned);
            }
            ("https-get", None) => self.uses_get = true,
            ("port", Some(port)) => self.port = Some(read(port)?),
            ("tls-ca", Some(file)) => self.authorities = Some(file.into()),
            ("tls-host", Some(host)) => self.tls_name = Some(host.to_owned()),
            ("dnssec", None) => self.wants_dnssec = true,
            ("nsid", None) => self.wants_nsid = true,
            ("cd", None) => self.flags = self.flags | Flags::CD,
            ("norec", None) => self.flags = self.flags.without(Flags::RD),
            ("noedns", None) => self.udp_size = None,
            ("bufsize", Some(size)) => self.udp_size = Some(read(size)?),
            ("ignore", None) => self.keeps_truncated = true,
            ("time", Some(seconds)) => self.timeout = Duration::from_secs(read(seconds)?),
            ("tries", Some(tries)) => self.tries = read::<u32>(tries)?.clamp(1, 100),
            _ => return Err(format!("+{option} is not understood")),
        }
        Ok(())
    }
}

fn read<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|error: T::Err| format!("{text}: {}", error.to_string()))
}

/// A host and perhaps a port: `192.0.2.1`, `192.0.2.1:5300`, `[2001:db8::1]:5300`, `dns.example:53`.
fn split_server(text: &str, port: Option<u16>) -> Result<(String, Option<u16>), String> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok((address.ip().to_string(), Some(address.port())));
    }
    let host = text.trim_matches(['[', ']']);
    match host.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => Ok((name.to_owned(), Some(read(digits)?))),
        _ => Ok((host.to_owned(), port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &str) -> Result<Ask, String> {
        Ask::parse(args.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_come_in_any_order() {
        let ask = parse("@127.0.0.1:5300 www.example MX +tcp").unwrap();
        assert_eq!(ask.name.to_string(), "www.example.");
        assert_eq!((ask.rtype, ask.carrier), (Rtype::MX, Carrier::Tcp));
        assert_eq!((ask.server.as_str(), ask.port()), ("127.0.0.1", 5300));
        let ask = parse("+tls-ca=a.pem +tls version.bind TXT CH @[::1] +tls-host=b").unwrap();
        assert_eq!(
            (ask.class, ask.port(), ask.tls_name()),
            (Class::CH, 853, "b")
        );
        let ask = parse("a @dns.example:8443 +https=/q +norec +cd").unwrap();
        assert_eq!((ask.tls_name(), ask.port()), ("dns.example", 8443));
        assert_eq!(
            (ask.path.as_str(), ask.flags),
            ("/q", Flags::AD | Flags::CD)
        );
        assert_eq!(parse("a @2001:db8::1 +port=99").unwrap().port(), 99);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (args, message) in [
            ("", "a name is missing"),
            ("a", "@SERVER is missing"),
            ("a..b @::1", "a..b: name has an empty label"),
            ("a NOSUCH @::1", "NOSUCH: unknown class"),
            ("a @::1 +udp", "+udp is not understood"),
            (
                "a @x:99999",
                "99999: number too large to fit in target type",
            ),
        ] {
            assert_eq!(parse(args).unwrap_err(), message);
        }
    }
}
