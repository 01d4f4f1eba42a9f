//! [`Target`]: something to watch, as it stands on the command line.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use eaves_health::{pool::OriginConfig, probe::Check};

/// Something to watch: a URL, or `host:port` for TCP.
///
/// ```
/// use eaves_examples::health::watch::{Scheme, Target};
///
/// let target: Target = "https://www.example/healthz".parse().unwrap();
/// assert_eq!((&*target.host, target.port, &*target.rest), ("www.example", 443, "/healthz"));
/// assert_eq!(target.scheme, Scheme::Https);
/// assert!("gopher://www.example/".parse::<Target>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As it was given.
    pub name: String,
    /// What is spoken.
    pub scheme: Scheme,
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, beginning with a slash if there are any.
    pub rest: String,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// DNS, `dns://server/name?type`.
    Dns,
    /// gRPC health, `grpc://host:port/service`.
    Grpc,
    /// The same over TLS.
    Grpcs,
    /// HTTP/2 with prior knowledge.
    H2c,
    /// HTTP/2 over TLS.
    H2,
    /// HTTP/1.1.
    Http,
    /// HTTP/1.1 over TLS.
    Https,
    /// A TCP connection.
    Tcp,
    /// A TLS handshake.
    Tls,
    /// A datagram, `udp://host:port/payload`.
    Udp,
}

impl Scheme {
    const ALL: [(&'static str, Self, Option<u16>); 10] = [
        ("dns", Self::Dns, Some(53)),
        ("grpc", Self::Grpc, None),
        ("grpcs", Self::Grpcs, Some(443)),
        ("h2", Self::H2, Some(443)),
        ("h2c", Self::H2c, Some(80)),
        ("http", Self::Http, Some(80)),
        ("https", Self::Https, Some(443)),
        ("tcp", Self::Tcp, None),
        ("tls", Self::Tls, Some(443)),
        ("udp", Self::Udp, None),
    ];

    /// Says whether TLS is below it.
    #[must_use]
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Grpcs | Self::H2 | Self::Https | Self::Tls)
    }
}

impl Target {
    /// Returns where it is, if it is not given by name.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        let ip: Option<IpAddr> = self.host.parse().ok();
        ip.map(|ip| SocketAddr::new(ip, self.port))
    }

    /// Returns host and port as they stand in a request; the port only if it is not the scheme's.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        let usual = Scheme::ALL
            .iter()
            .find(|(_, scheme, _)| *scheme == self.scheme);
        match usual.is_some_and(|(.., port)| *port == Some(self.port)) {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }

    /// Makes an origin of it.
    #[must_use]
    pub fn origin(&self, addr: SocketAddr, check: Check) -> OriginConfig {
        OriginConfig::new(self.name.clone(), addr).check(check)
    }
}

impl FromStr for Target {
    type Err = String;

    /// # Errors
    ///
    /// Says why it is none.
    fn from_str(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once("://").unwrap_or(("tcp", text));
        let known = Scheme::ALL.iter().find(|(name, ..)| *name == word);
        let Some((_, scheme, usual)) = known else {
            let names: Vec<_> = Scheme::ALL.iter().map(|(name, ..)| *name).collect();
            return Err(format!(
                "{word}:// is not spoken here, use host:port or one of {}",
                names.join(", ")
            ));
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (host, port) = split_port(authority)?;
        let port = port.or(*usual).ok_or("there is no port, use host:port")?;
        if host.is_empty() || host.contains('@') {
            return Err("there is no host".into());
        }
        Ok(Self {
            name: text.into(),
            scheme: *scheme,
            host: host.trim_matches(['[', ']']).into(),
            port,
            rest: rest.into(),
        })
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port.parse();
            port.map(|port| (host, Some(port)))
                .map_err(|error| format!("{authority}: the port: {error}"))
        }
        _ => Ok((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read() {
        for (text, scheme, host, port, rest, authority) in [
            ("a:1", Scheme::Tcp, "a", 1, "", "a:1"),
            ("[::1]:1", Scheme::Tcp, "::1", 1, "", "[::1]:1"),
            ("http://a", Scheme::Http, "a", 80, "", "a"),
            ("http://a:80/x?y", Scheme::Http, "a", 80, "/x?y", "a"),
            ("h2://[::1]/", Scheme::H2, "::1", 443, "/", "[::1]"),
            (
                "grpc://a:5/shop.Cart",
                Scheme::Grpc,
                "a",
                5,
                "/shop.Cart",
                "a:5",
            ),
            (
                "dns://192.0.2.1/a.example?MX",
                Scheme::Dns,
                "192.0.2.1",
                53,
                "/a.example?MX",
                "192.0.2.1",
            ),
        ] {
            let target: Target = text.parse().expect(text);
            let read = (target.scheme, &*target.host, target.port, &*target.rest);
            assert_eq!(read, (scheme, host, port, rest), "{text}");
            assert_eq!(target.authority(), authority, "{text}");
        }
        for text in [
            "a",
            "ftp://a",
            "http://",
            "tcp://a",
            "a:99999",
            "http://u@a/",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
