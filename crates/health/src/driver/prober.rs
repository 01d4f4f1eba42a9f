//! Carries one probe's bytes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    monitor::Probe,
    probe::{Check, HttpExchange, HttpQuestion, Question, Reason, Step, Verdict},
};

/// Asks, and judges within the check's one deadline.
///
/// # Cancel safety
///
/// Dropping the future closes the connection; nothing else is left behind.
pub(super) async fn probe(probe: Probe) -> Verdict {
    let check = &probe.check;
    let started = Instant::now();
    let judged = timeout(check.timeout, ask(probe.addr, check)).await;
    match judged {
        Ok(Ok(())) => judge_latency(check, started.elapsed()),
        Ok(Err(reason)) => Verdict::Fail(reason),
        Err(_) => Verdict::Fail(Reason::Timeout {
            deadline: check.timeout,
        }),
    }
}

async fn ask(addr: SocketAddr, check: &Check) -> Result<(), Reason> {
    let connected = TcpStream::connect(addr).await;
    let stream = connected.map_err(|error| Reason::Connect {
        detail: error.to_string(),
    })?;
    match &check.question {
        Question::Tcp => Ok(()),
        Question::Http(question) => ask_http(stream, addr, question).await,
    }
}

async fn ask_http(
    mut stream: TcpStream,
    addr: SocketAddr,
    question: &HttpQuestion,
) -> Result<(), Reason> {
    stream
        .write_all(&question.request(addr))
        .await
        .map_err(io)?;
    let mut exchange = HttpExchange::new(question);
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.map_err(io)?;
        if count == 0 {
            return exchange.end();
        }
        if let Step::Judged(judgement) = exchange.feed(&buffer[..count]) {
            return judgement;
        }
    }
}

fn judge_latency(check: &Check, took: Duration) -> Verdict {
    let allowed = match &check.question {
        Question::Http(question) => question.max_latency,
        Question::Tcp => None,
    };
    match allowed {
        Some(allowed) if took > allowed => Verdict::Fail(Reason::Slow { took, allowed }),
        _ => Verdict::Pass { latency: took },
    }
}

fn io(error: std::io::Error) -> Reason {
    Reason::Io {
        detail: error.to_string(),
    }
}
