//! Over HTTPS (RFC 8484): HTTP/2, or HTTP/1.1 where a server has no other.

use std::net::SocketAddr;

use bytes::Bytes;
use eaves_common::{Error, ErrorKind};
use eaves_dns::frame::{MEDIA_TYPE, to_get};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::{Ask, tls, unreachable};

type Body = Full<Bytes>;

/// Sends the question as a request and takes the answer from the response.
pub(super) async fn exchange(
    ask: &Ask,
    server: SocketAddr,
    question: &[u8],
) -> Result<Vec<u8>, Error> {
    let stream = tls::connect(ask, server, &[b"h2", b"http/1.1"]).await?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let request = request(ask, question)?;
    let failed = |error| unreachable(server, "asking", error);
    let io = TokioIo::new(stream);
    let response = if is_http2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io)
            .await
            .map_err(failed)?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(failed)?
    } else {
        let (mut sender, connection) = http1::handshake(io).await.map_err(failed)?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(failed)?
    };
    read(response).await
}

fn request(ask: &Ask, question: &[u8]) -> Result<Request<Body>, Error> {
    let (host, port, path) = (ask.tls_name(), ask.port(), &ask.path);
    let host = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    let request = Request::builder().header(header::ACCEPT, MEDIA_TYPE);
    let request = if ask.uses_get {
        let uri = format!("https://{host}{path}?dns={}", to_get(question));
        request.method("GET").uri(uri).body(Body::default())
    } else {
        request
            .method("POST")
            .uri(format!("https://{host}{path}"))
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .body(Bytes::copy_from_slice(question).into())
    };
    let mut request = request.map_err(|error| {
        Error::with_source(ErrorKind::Invalid, "the path is not one of a URL", error)
    })?;
    // HTTP/1.1 needs the field; over HTTP/2 it says what the URL says.
    if let Ok(host) = host.parse() {
        request.headers_mut().insert(header::HOST, host);
    }
    Ok(request)
}

async fn read(response: Response<Incoming>) -> Result<Vec<u8>, Error> {
    let unfit = |message: String| Error::new(ErrorKind::Unavailable, message);
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(unfit(format!("the server answers {}", head.status)));
    }
    let media_type = head.headers.get(header::CONTENT_TYPE);
    if media_type.is_none_or(|found| found != MEDIA_TYPE) {
        return Err(unfit(format!("the server's answer is not {MEDIA_TYPE}")));
    }
    let body = Limited::new(body, usize::from(u16::MAX)).collect().await;
    let body = body.map_err(|error| {
        let message = "reading the server's answer";
        Error::with_source(ErrorKind::Unavailable, message, error)
    })?;
    Ok(body.to_bytes().to_vec())
}
