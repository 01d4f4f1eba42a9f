//! HTTP/2 and gRPC over it, by hyper's `h2`: one stream on a connection of its own.

use std::{future::Future, pin::pin};

use bytes::Bytes;
use h2::{
    RecvStream,
    client::{Builder, Connection as Driven, ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Response, Version, header};
use tokio::select;

use super::{asking::Asking, connection::Connection, idle::Link};
use crate::probe::{
    GrpcExchange, GrpcQuestion, GrpcStatus, HttpAnswer, HttpQuestion, HttpTarget, Phase, Reason,
    Scheme, Step,
};

impl Asking<'_> {
    pub(super) async fn ask_over_http2(
        &self,
        link: Link,
        question: &HttpQuestion,
        target: &HttpTarget,
    ) -> Result<Step, Reason> {
        let request = head(question, target)?;
        let (mut sender, driven) = self.start(link.connection).await?;
        alongside(driven, async {
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
        })
        .await
    }

    pub(super) async fn ask_grpc(&mut self, question: &GrpcQuestion) -> Result<(), Reason> {
        let addr = self.probe.addr;
        let authority = question
            .authority
            .clone()
            .unwrap_or_else(|| addr.to_string());
        let connection = self.connect(addr).await?;
        let connection = match &question.tls {
            None => connection,
            Some(tls) => {
                let host = host_of(&authority);
                self.secure(connection, tls.clone(), host, "h2")
                    .await?
                    .connection
            }
        };
        let request = call(question, &authority)?;
        let (mut sender, driven) = self.start(connection).await?;
        let this = &*self;
        alongside(driven, async {
            let (response, mut stream) = sender.send_request(request, false).map_err(broken)?;
            stream
                .send_data(question.message().into(), true)
                .map_err(broken)?;
            let response = this.head_of(response).await?;
            let mut exchange = GrpcExchange::default();
            exchange.head(response.status().as_u16(), status_in(response.headers()))?;
            let mut body = response.into_body();
            while let Some(bytes) = this.next_of(&mut body).await? {
                exchange.feed(&bytes)?;
            }
            let trailers = this.within(Phase::Silence, body.trailers()).await?;
            let trailers = trailers.map_err(broken)?;
            exchange.end(trailers.as_ref().and_then(status_in))
        })
        .await
    }

    async fn start(
        &self,
        connection: Connection,
    ) -> Result<(SendRequest<Bytes>, Driven<Connection, Bytes>), Reason> {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(MAX_HEAD);
        let started = builder.handshake(connection);
        let started = self.within(Phase::Silence, started).await?;
        started.map_err(broken)
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

/// Runs the exchange while the connection is driven: whichever ends first. A connection that ends
/// leaves what has arrived to the exchange.
async fn alongside<T>(
    driven: Driven<Connection, Bytes>,
    exchange: impl Future<Output = Result<T, Reason>>,
) -> Result<T, Reason> {
    let (mut driven, mut exchange) = (pin!(driven), pin!(exchange));
    select! {
        biased;
        judged = &mut exchange => judged,
        _ = &mut driven => exchange.await,
    }
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
