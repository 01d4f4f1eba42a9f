//! [`Asking`]: one probe from its first packet to its verdict.

use std::{io, net::SocketAddr, time::Duration};

use eaves_common::time::Wall;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{Finding, Shared, connection::Connection};
use crate::{
    is_ours,
    monitor::Probe,
    probe::{Check, Concern, Payload, PayloadExchange, Phase, Question, Reason, Step, Verdict},
};

/// One probe, and what it found on its way beside the judgement.
pub(super) struct Asking<'a> {
    pub(super) shared: &'a Shared,
    pub(super) probe: &'a Probe,
    pub(super) concern: Option<Concern>,
    pub(super) expires: Option<Wall>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(shared: &'a Shared, probe: &'a Probe) -> Self {
        Self {
            shared,
            probe,
            concern: None,
            expires: None,
        }
    }

    /// Asks within the check's one deadline.
    pub(super) async fn judge(mut self) -> Finding {
        let check = self.check();
        let started = Instant::now();
        let judged = timeout(check.timeout, self.ask()).await;
        let verdict = match judged {
            Ok(Ok(())) => self.pass(started.elapsed()),
            Ok(Err(reason)) => Verdict::Fail(reason),
            Err(_) => Verdict::Fail(Reason::Timeout {
                deadline: check.timeout,
            }),
        };
        Finding::from(verdict).expires(self.expires)
    }

    pub(super) fn check(&self) -> &'a Check {
        &self.probe.check
    }

    async fn ask(&mut self) -> Result<(), Reason> {
        match &self.check().question {
            #[cfg(all(feature = "command", unix))]
            Question::Command(command) => self.ask_command(command).await,
            Question::Dns(question) => self.ask_dns(question).await,
            #[cfg(feature = "http2")]
            Question::Grpc(question) => self.ask_grpc(question).await,
            Question::Http(question) => self.ask_http(question).await,
            Question::Tcp(payload) => self.ask_tcp(payload).await,
            #[cfg(feature = "tls")]
            Question::Tls(question) => self.ask_tls(question).await,
            Question::Udp(question) => self.ask_udp(question).await,
            #[cfg(not(all(feature = "command", feature = "http2", feature = "tls", unix)))]
            _ => Err(lacking()),
        }
    }

    async fn ask_tcp(&self, payload: &Payload) -> Result<(), Reason> {
        let mut connection = self.connect(self.probe.addr).await?;
        self.write(&mut connection, &payload.send).await?;
        let mut exchange = PayloadExchange::new(payload);
        if let Step::Judged(judgement) = exchange.feed(&[]) {
            return judgement;
        }
        let mut buffer = [0; 4096];
        loop {
            let count = self.read(&mut connection, &mut buffer).await?;
            if count == 0 {
                return exchange.end();
            }
            if let Step::Judged(judgement) = exchange.feed(&buffer[..count]) {
                return judgement;
            }
        }
    }

    pub(super) async fn connect(&self, addr: SocketAddr) -> Result<Connection, Reason> {
        let connected = self
            .within(Phase::Connect, TcpStream::connect(addr))
            .await?;
        let stream = connected.map_err(refused)?;
        // What is sent is one question; it must not wait for an acknowledgement.
        stream.set_nodelay(true).map_err(refused)?;
        Ok(Box::new(stream))
    }

    pub(super) async fn write(
        &self,
        connection: &mut Connection,
        bytes: &[u8],
    ) -> Result<(), Reason> {
        let written = async {
            connection.write_all(bytes).await?;
            connection.flush().await
        };
        self.within(Phase::Silence, written).await?.map_err(broken)
    }

    /// Reads what there is; 0 bytes are the end.
    pub(super) async fn read(
        &self,
        connection: &mut Connection,
        buffer: &mut [u8],
    ) -> Result<usize, Reason> {
        let read = self.within(Phase::Silence, connection.read(buffer)).await?;
        read.map_err(broken)
    }

    /// Does one part of the probe within its own limit.
    pub(super) async fn within<T>(
        &self,
        phase: Phase,
        part: impl Future<Output = T>,
    ) -> Result<T, Reason> {
        let Some(limit) = self.check().phases.limit(phase) else {
            return Ok(part.await);
        };
        let done = timeout(limit, part).await;
        done.map_err(|_| Reason::Phase { phase, limit })
    }

    fn pass(&mut self, latency: Duration) -> Verdict {
        let allowed = self
            .check()
            .max_latency
            .filter(|&allowed| latency > allowed);
        let slow = allowed.map(|allowed| Concern::Slow {
            took: latency,
            allowed,
        });
        match slow.or_else(|| self.concern.take()) {
            Some(concern) => Verdict::Degraded { latency, concern },
            None => Verdict::Pass { latency },
        }
    }
}

/// An origin is not to blame for what we have run out of.
pub(super) fn refused(error: io::Error) -> Reason {
    let detail = error.to_string();
    match is_ours(&error) {
        true => Reason::Broken { detail },
        false => Reason::Connect { detail },
    }
}

pub(super) fn broken(error: io::Error) -> Reason {
    Reason::Io {
        detail: error.to_string(),
    }
}

/// Pools with such questions are not started.
#[cfg(not(all(feature = "command", feature = "http2", feature = "tls", unix)))]
pub(super) fn lacking() -> Reason {
    Reason::Broken {
        detail: "a feature that it needs is not there".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_we_lack_says_nothing_of_the_origin() {
        for (code, ours) in [(24, true), (23, true), (111, false), (104, false)] {
            let reason = refused(io::Error::from_raw_os_error(code));
            assert_eq!(matches!(reason, Reason::Broken { .. }), ours, "{reason}");
        }
        let reason = refused(io::ErrorKind::AddrNotAvailable.into());
        assert!(matches!(reason, Reason::Broken { .. }));
    }
}
