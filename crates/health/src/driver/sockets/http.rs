//! HTTP/1.1, and the way from redirect to redirect for both versions.

use std::net::{IpAddr, SocketAddr};

use super::{
    asking::{Asking, broken, refused},
    idle::Link,
};
use crate::probe::{
    HttpExchange, HttpQuestion, HttpTarget, HttpVersion, Phase, Reason, Reuse, Scheme, Step,
};

impl Asking<'_> {
    /// Asks, and follows redirects as far as the question wants.
    pub(super) async fn ask_http(&mut self, question: &HttpQuestion) -> Result<(), Reason> {
        let first = question.target(self.probe.addr);
        let (mut target, mut addr) = (first.clone(), self.probe.addr);
        let mut left = question.redirects.max;
        loop {
            let location = match self.ask_target(question, &target, addr).await? {
                Step::Redirect(location) => location,
                Step::Judged(judgement) => return judgement,
                Step::More => return Err(ended()),
            };
            let next = target.follow(&location, question.redirects.scope)?;
            if left == 0 {
                return Err(Reason::Redirect {
                    location: next.to_string(),
                    detail: "it is one more than are followed",
                });
            }
            left -= 1;
            addr = self.address_of(&first, &next).await?;
            target = next;
        }
    }

    async fn ask_target(
        &mut self,
        question: &HttpQuestion,
        target: &HttpTarget,
        addr: SocketAddr,
    ) -> Result<Step, Reason> {
        if question.version == HttpVersion::Http2 {
            return self.ask_over_http2(question, target, addr).await;
        }
        if question.reuse == Reuse::KeepAlive
            && let Some(link) = self.shared.idle.take(self.probe.origin, addr)
        {
            let answer = self.ask_over(link, question, target, addr).await;
            // The origin may close an idle connection whenever it likes; a new one decides then.
            if !was_closed(&answer) {
                return answer;
            }
        }
        let link = self.open(question, target, addr, "http/1.1").await?;
        self.ask_over(link, question, target, addr).await
    }

    pub(super) async fn open(
        &mut self,
        question: &HttpQuestion,
        target: &HttpTarget,
        addr: SocketAddr,
        protocol: &str,
    ) -> Result<Link, Reason> {
        let connection = self.connect(addr).await?;
        match target.scheme() {
            Scheme::Http => Ok(Link {
                connection,
                handshake: None,
            }),
            Scheme::Https => {
                let tls = question.tls.clone().unwrap_or_default();
                self.secure(connection, tls, target.host(), protocol).await
            }
        }
    }

    /// Asks over HTTP/1.1, and keeps the connection if it may be used again.
    async fn ask_over(
        &mut self,
        mut link: Link,
        question: &HttpQuestion,
        target: &HttpTarget,
        addr: SocketAddr,
    ) -> Result<Step, Reason> {
        self.note_handshake(question.tls.as_ref(), link.handshake.as_ref())?;
        let mut exchange = HttpExchange::new(question);
        let request = question.request(target);
        self.write(&mut link.connection, &request).await?;
        let mut buffer = [0; 4096];
        let step = loop {
            let count = self.read(&mut link.connection, &mut buffer).await?;
            if count == 0 {
                break Step::Judged(exchange.end());
            }
            match exchange.feed(&buffer[..count]) {
                Step::More => {}
                step => break step,
            }
        };
        if exchange.is_reusable() {
            self.shared.idle.keep(self.probe.origin, addr, link);
        }
        Ok(step)
    }

    /// Returns where a redirect leads: to the origin as long as the host is its own.
    async fn address_of(
        &self,
        first: &HttpTarget,
        next: &HttpTarget,
    ) -> Result<SocketAddr, Reason> {
        if next.is_same_place(first) {
            return Ok(self.probe.addr);
        }
        if next.is_same_host(first) {
            return Ok(SocketAddr::new(self.probe.addr.ip(), next.port()));
        }
        let host = next.host().trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, next.port()));
        }
        let resolving = self.shared.resolver.resolve(host);
        let resolved = self.within(Phase::Connect, resolving).await?;
        let addrs = resolved.map_err(refused)?.addrs;
        let first = addrs.first().ok_or_else(|| Reason::Connect {
            detail: format!("{host} has no address"),
        })?;
        Ok(SocketAddr::new(*first, next.port()))
    }
}

fn was_closed(answer: &Result<Step, Reason>) -> bool {
    let (Ok(Step::Judged(Err(fault))) | Err(fault)) = answer else {
        return false;
    };
    matches!(fault, Reason::Io { .. } | Reason::Protocol { at: 0, .. })
}

fn ended() -> Reason {
    broken(std::io::ErrorKind::UnexpectedEof.into())
}

/// What these questions need where a feature is missing; pools with such questions are not started.
mod absent {
    #[cfg(not(all(feature = "tls", feature = "http2")))]
    use super::*;
    #[cfg(not(all(feature = "tls", feature = "http2")))]
    use crate::driver::sockets::asking::lacking;

    #[cfg(not(feature = "tls"))]
    impl Asking<'_> {
        #[expect(
            clippy::needless_pass_by_ref_mut,
            clippy::unused_async,
            reason = "it stands for one that waits and notes"
        )]
        pub(in crate::driver::sockets) async fn secure(
            &mut self,
            _: super::super::connection::Connection,
            _: crate::probe::TlsQuestion,
            _: &str,
            _: &str,
        ) -> Result<Link, Reason> {
            Err(lacking())
        }

        #[expect(
            clippy::needless_pass_by_ref_mut,
            reason = "it stands for one that notes"
        )]
        pub(in crate::driver::sockets) fn note_handshake(
            &mut self,
            _: Option<&crate::probe::TlsQuestion>,
            _: Option<&crate::probe::Handshake>,
        ) -> Result<(), Reason> {
            Ok(())
        }
    }

    #[cfg(not(feature = "http2"))]
    impl Asking<'_> {
        #[expect(
            clippy::needless_pass_by_ref_mut,
            clippy::unused_async,
            reason = "it stands for one that waits and notes"
        )]
        pub(super) async fn ask_over_http2(
            &mut self,
            _: &HttpQuestion,
            _: &HttpTarget,
            _: SocketAddr,
        ) -> Result<Step, Reason> {
            Err(lacking())
        }
    }
}
