//! `limit-tonic`: a gRPC service whose callers are limited, without generated code.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Buf as _, BufMut as _, Bytes};
use eaves_common::units::Rate;
use eaves_ratelimit::{
    BuildError, Limiter, Rule,
    key::{ClientAddress, KeyHasher, Part, Trust},
    table::Capacity,
    tower::{Peer, RateLimitLayer},
};
use http::{Extensions, uri::PathAndQuery};
use tokio::net::TcpListener;
use tonic::{
    Status,
    body::Body,
    client,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{self, NamedService, UnaryService},
    transport::{
        Channel, Server,
        server::{TcpConnectInfo, TcpIncoming},
    },
};
use tower_service::Service;

/// Serves echoes of calls within `limit` until the listener fails.
///
/// # Errors
///
/// If the limit cannot be built, or the server ends.
pub async fn serve(
    listener: TcpListener,
    limit: Rate,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let limits = RateLimitLayer::new(
        Arc::new(limiter(limit)?),
        ClientAddress::new(Trust::Hops(0)),
    )?;
    let mut server = Server::builder().layer(limits.peer(tonic_peer()));
    let incoming = TcpIncoming::from(listener);
    Ok(server
        .add_service(Echo)
        .serve_with_incoming(incoming)
        .await?)
}

fn limiter(limit: Rate) -> Result<Limiter, BuildError> {
    let rule = Rule::new("per-client", limit, Capacity::new(65_536)?)?;
    Limiter::new([rule.key([Part::CLIENT_IP])], KeyHasher::random())
}

/// tonic keeps the peer in a type of its own.
fn tonic_peer() -> impl Peer + Clone {
    |found: &Extensions| Some(found.get::<TcpConnectInfo>()?.remote_addr()?.ip())
}

/// Calls a server's echo once.
///
/// # Errors
///
/// What the server answers instead, or why it cannot be reached.
pub async fn call(channel: Channel, message: Bytes) -> Result<tonic::Response<Bytes>, Status> {
    let mut client = client::Grpc::new(channel);
    let unready = |error| Status::unavailable(format!("not ready: {error}"));
    client.ready().await.map_err(unready)?;
    let path = PathAndQuery::from_static(SAY);
    client.unary(tonic::Request::new(message), path, Raw).await
}

/// A service of one method that says what it is told.
#[derive(Clone, Copy, Debug)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "eaves.Echo";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            if request.uri().path() != SAY {
                return Ok(Status::unimplemented("there is only Say").into_http());
            }
            Ok(server::Grpc::new(Raw).unary(Say, request).await)
        })
    }
}

const SAY: &str = "/eaves.Echo/Say";

struct Say;

impl UnaryService<Bytes> for Say {
    type Response = Bytes;
    type Future = Ready<Result<tonic::Response<Bytes>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        ready(Ok(tonic::Response::new(request.into_inner())))
    }
}

/// Messages as they are, in place of protobuf.
#[derive(Clone, Copy, Debug, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
