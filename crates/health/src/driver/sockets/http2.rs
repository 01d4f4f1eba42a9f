//! HTTP/2 and gRPC over it, by hyper's `h2`: one stream at a time, on a connection of its own or on one that
//! an earlier probe left.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::Bytes;
use h2::{
    RecvStream,
    client::{Builder, Connection as Driven, ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Response, Version, header};
use tokio::select;

use super::{asking::Asking, connection::Connection, idle::Link};
use crate::probe::{
    GrpcExchange, GrpcQuestion, GrpcStatus, Handshake, HttpAnswer, HttpQuestion, HttpTarget, Phase,
    Reason, Reuse, Scheme, Step,
};

/// A connection that speaks HTTP/2. While it waits for the next probe nobody reads from it: what
/// the origin asks meanwhile is answered then, and if the origin has closed it a new one is made.
pub(super) struct Talk {
    sender: SendRequest<Bytes>,
    driven: Driven<Connection, Bytes>,
    handshake: Option<Handshake>,
}

impl Talk {
    /// Sends what is left to be sent, as far as that goes at once, and says whether the connection goes on.
    async fn is_open(&mut self) -> bool {
        poll_fn(|cx| Poll::Ready(Pin::new(&mut self.driven).poll(cx).is_pending())).await
    }
}

impl Asking<'_> {
    pub(super) async fn ask_over_http2(
        &mut self,
        question: &HttpQuestion,
        target: &HttpTarget,
        addr: SocketAddr,
    ) -> Result<Step, Reason> {
        if let Some(talk) = self.kept(question.reuse, addr) {
            self.note_handshake(question.tls.as_ref(), talk.handshake.as_ref())?;
            let answer = self.ask_in(talk, question, target, addr).await;
            if !was_closed(&answer) {
                return answer;
            }
        }
        let link = self.open(question, target, addr, "h2").await?;
        let talk = self.start(link).await?;
        self.ask_in(talk, question, target, addr).await
    }

    async fn ask_in(
        &self,
        talk: Talk,
        question: &HttpQuestion,
        target: &HttpTarget,
        addr: SocketAddr,
    ) -> Result<Step, Reason> {
        let request = head(question, target)?;
        let sender = talk.sender.clone();
        let exchange = self.hear_http(sender, request, question);
        self.talk(talk, exchange, (question.reuse, addr)).await
    }

    async fn hear_http(
        &self,
        sender: SendRequest<Bytes>,
        request: Request<()>,
        question: &HttpQuestion,
    ) -> Result<Step, Reason> {
        let mut sender = self.turn_of(sender).await?;
        let (response, _) = sender.send_request(request, true).map_err(broken)?;
        let response = self.head_of(response).await?;
        let mut answer = HttpAnswer::new(question);
        let step = answer.head(response.status().as_u16(), &pairs(response.headers()));
        if step != Step::More {
            return Ok(step);
        }
        let mut body = response.into_body();
        while let Some(bytes) = self.next_of(&mut body).await? {
            match answer.feed(&bytes) {
                Step::More => {}
                step => return Ok(step),
            }
        }
        Ok(Step::Judged(answer.end()))
    }

    pub(super) async fn ask_grpc(&mut self, question: &GrpcQuestion) -> Result<(), Reason> {
        let addr = self.probe.addr;
        if let Some(talk) = self.kept(question.reuse, addr) {
            self.note_handshake(question.tls.as_ref(), talk.handshake.as_ref())?;
            let answer = self.call_in(talk, question, addr).await;
            if !was_closed(&answer) {
                return answer;
            }
        }
        let connection = self.connect(addr).await?;
        let link = match &question.tls {
            None => Link {
                connection,
                handshake: None,
            },
            Some(tls) => {
                let authority = authority(question, addr);
                let host = host_of(&authority);
                self.secure(connection, tls.clone(), host, "h2").await?
            }
        };
        let talk = self.start(link).await?;
        self.call_in(talk, question, addr).await
    }

    async fn call_in(
        &self,
        talk: Talk,
        question: &GrpcQuestion,
        addr: SocketAddr,
    ) -> Result<(), Reason> {
        let request = call(question, &authority(question, addr))?;
        let sender = talk.sender.clone();
        let exchange = self.hear_grpc(sender, request, question);
        self.talk(talk, exchange, (question.reuse, addr)).await?
    }

    async fn hear_grpc(
        &self,
        sender: SendRequest<Bytes>,
        request: Request<()>,
        question: &GrpcQuestion,
    ) -> Result<Result<(), Reason>, Reason> {
        let mut sender = self.turn_of(sender).await?;
        let (response, mut stream) = sender.send_request(request, false).map_err(broken)?;
        let sent = stream.send_data(question.message().into(), true);
        sent.map_err(broken)?;
        let response = self.head_of(response).await?;
        let mut exchange = GrpcExchange::default();
        exchange.head(response.status().as_u16(), status_in(response.headers()))?;
        let mut body = response.into_body();
        while let Some(bytes) = self.next_of(&mut body).await? {
            exchange.feed(&bytes)?;
        }
        let trailers = self.within(Phase::Silence, body.trailers()).await?;
        let trailers = trailers.map_err(broken)?;
        Ok(exchange.end(trailers.as_ref().and_then(status_in)))
    }

    /// Takes the connection that an earlier probe left.
    fn kept(&self, reuse: Reuse, addr: SocketAddr) -> Option<Talk> {
        let talks = &self.shared.talks;
        (reuse == Reuse::KeepAlive)
            .then(|| talks.take(self.probe.origin, addr))
            .flatten()
    }

    /// Carries out an exchange while the connection is driven, and keeps that if it may serve again. Of
    /// an answer that was judged before its end the rest is cancelled, which leaves the connection as it was
    /// (RFC 9113 section 5.4.2). A connection that ends leaves what has arrived to the exchange.
    async fn talk<T>(
        &self,
        mut talk: Talk,
        exchange: impl Future<Output = Result<T, Reason>>,
        (reuse, addr): (Reuse, SocketAddr),
    ) -> Result<T, Reason> {
        let mut exchange = pin!(exchange);
        let heard = select! {
            biased;
            heard = &mut exchange => heard?,
            _ = &mut talk.driven => return exchange.await,
        };
        if reuse == Reuse::KeepAlive && talk.is_open().await {
            self.shared.talks.keep(self.probe.origin, addr, talk);
        }
        Ok(heard)
    }

    async fn start(&self, link: Link) -> Result<Talk, Reason> {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(MAX_HEAD);
        let started = builder.handshake(link.connection);
        let started = self.within(Phase::Silence, started).await?;
        let (sender, driven) = started.map_err(broken)?;
        Ok(Talk {
            sender,
            driven,
            handshake: link.handshake,
        })
    }

    /// Waits until another stream may be opened.
    async fn turn_of(&self, sender: SendRequest<Bytes>) -> Result<SendRequest<Bytes>, Reason> {
        let ready = self.within(Phase::Silence, sender.ready()).await?;
        ready.map_err(broken)
    }

    async fn head_of(&self, response: ResponseFuture) -> Result<Response<RecvStream>, Reason> {
        let response = self.within(Phase::Silence, response).await?;
        response.map_err(broken)
    }

    /// Returns the next bytes of the body, and lets the origin send as many more.
    async fn next_of(&self, body: &mut RecvStream) -> Result<Option<Bytes>, Reason> {
        let Some(next) = self.within(Phase::Silence, body.data()).await? else {
            return Ok(None);
        };
        let bytes = next.map_err(broken)?;
        let released = body.flow_control().release_capacity(bytes.len());
        released.map_err(broken)?;
        Ok(Some(bytes))
    }
}

/// What may be on its way to us without our asking for more.
const WINDOW: u32 = 65_535;
const MAX_HEAD: u32 = 16 * 1024;

/// Says whether the connection had ended before there was an answer.
fn was_closed<T>(answer: &Result<T, Reason>) -> bool {
    matches!(answer, Err(Reason::Io { .. }))
}

fn authority(question: &GrpcQuestion, addr: SocketAddr) -> String {
    let own = question.authority.clone();
    own.unwrap_or_else(|| addr.to_string())
}

fn head(question: &HttpQuestion, target: &HttpTarget) -> Result<Request<()>, Reason> {
    let mut request = Request::builder()
        .version(Version::HTTP_2)
        .method(question.method.as_str())
        .uri(target.to_string())
        .header(header::USER_AGENT, "eaves-health");
    for (name, value) in &question.fields {
        request = request.header(name.as_str(), value.as_str());
    }
    request.body(()).map_err(unusable)
}

fn call(question: &GrpcQuestion, authority: &str) -> Result<Request<()>, Reason> {
    let scheme = match question.tls {
        None => Scheme::Http,
        Some(_) => Scheme::Https,
    };
    let scheme = if scheme == Scheme::Http {
        "http"
    } else {
        "https"
    };
    Request::post(format!("{scheme}://{authority}{}", GrpcQuestion::PATH))
        .version(Version::HTTP_2)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .header(header::USER_AGENT, "eaves-health")
        .body(())
        .map_err(unusable)
}

fn pairs(fields: &HeaderMap) -> Vec<(&str, &[u8])> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect()
}

fn status_in(fields: &HeaderMap) -> Option<GrpcStatus<'_>> {
    let value = |name| fields.get(name).map(http::HeaderValue::as_bytes);
    Some((value("grpc-status")?, value("grpc-message").unwrap_or(b"")))
}

/// The host in `host:port`, an IPv6 address with its brackets.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn broken(error: h2::Error) -> Reason {
    Reason::Io {
        detail: format!("HTTP/2: {error}"),
    }
}

fn unusable(error: http::Error) -> Reason {
    Reason::Broken {
        detail: error.to_string(),
    }
}
