//! What an edge says when it is ready.

use std::{fmt, net::SocketAddr};

/// Where an edge can be reached, and how to try it.
#[derive(Debug)]
pub(super) struct Banner {
    pub(super) proxy: SocketAddr,
    pub(super) dns: Option<SocketAddr>,
    pub(super) admin: Option<SocketAddr>,
    /// Demo origins, if this edge brought its own.
    pub(super) origins: Vec<SocketAddr>,
    /// A name to ask for.
    pub(super) name: Option<String>,
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "proxy   http://{}/", self.proxy)?;
        if let Some(dns) = self.dns {
            writeln!(f, "dns     {dns} (UDP and TCP)")?;
        }
        if let Some(admin) = self.admin {
            writeln!(f, "admin   http://{admin}/ (status, metrics, healthz)")?;
        }
        if !self.origins.is_empty() {
            writeln!(f, "origins {}", self.origins())?;
        }
        self.try_it(f)?;
        write!(f, "ready")
    }
}

impl Banner {
    /// The origins' addresses; where a system has only 127.0.0.1, that they are all there.
    fn origins(&self) -> String {
        let addresses: Vec<_> = self.origins.iter().map(ToString::to_string).collect();
        let one_host =
            self.origins.len() > 1 && self.origins.iter().all(|a| a.ip() == self.origins[0].ip());
        let note = match one_host {
            true => " (this system has only 127.0.0.1: DNS answers cannot tell them apart)",
            false => "",
        };
        addresses.join(" ") + note
    }

    fn try_it(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = self.proxy;
        writeln!(f, "try it:")?;
        writeln!(
            f,
            "  curl -i http://{proxy}/hello   # twice: the second is a hit"
        )?;
        if let (Some(dns), Some(name)) = (self.dns, &self.name) {
            let (host, port) = (dns.ip(), dns.port());
            writeln!(
                f,
                "  dig @{host} -p {port} {name}   # the healthy origins' addresses"
            )?;
        }
        // One curl over one connection: five hundred of them are slower than the limit.
        writeln!(
            f,
            "  curl -so /dev/null -w '%{{http_code}}\\n' 'http://{proxy}/#[1-500]' | sort | uniq -c"
        )
    }
}
