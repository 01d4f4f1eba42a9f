//! Bodies of answers through the balancing service.

use std::convert::Infallible;

use bytes::Bytes;
use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Monitor, PoolConfig,
    pool::OriginConfig,
    retry::{Retry, RetryConfig},
    tower::{AnswerBody, Balance, SendBody},
};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower::{ServiceExt, service_fn};

type Piece = Result<Frame<Bytes>, &'static str>;

/// A body of what comes through a channel.
struct Pieces(UnboundedReceiver<Piece>);

impl futures_core::Stream for Pieces {
    type Item = Piece;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Piece>> {
        self.0.poll_recv(cx)
    }
}

fn pool() -> Monitor {
    let config =
        PoolConfig::new("test").origin(OriginConfig::new("o", ([192, 0, 2, 1], 80).into()));
    Monitor::new(config, 1, Now::default()).unwrap()
}

/// Asks for an answer whose body is what the sender sends.
async fn ask(monitor: &Monitor) -> (UnboundedSender<Piece>, AnswerBody<StreamBody<Pieces>>) {
    let (sender, receiver) = unbounded_channel();
    let receiver = std::sync::Arc::new(std::sync::Mutex::new(Some(receiver)));
    let client = service_fn(move |_: Request<SendBody<Empty<Bytes>>>| {
        let pieces = receiver.lock().unwrap().take().map(Pieces).unwrap();
        async move { Ok::<_, Infallible>(Response::new(StreamBody::new(pieces))) }
    });
    let retry = Retry::new(RetryConfig::default()).unwrap();
    let balance = Balance::new(monitor.selector(Algorithm::Random), &retry, client);
    let request = Request::get("http://www.example/")
        .body(Empty::new())
        .unwrap();
    (sender, balance.oneshot(request).await.unwrap().into_body())
}

fn in_flight(monitor: &Monitor) -> u32 {
    monitor.status().origins[0].in_flight
}

fn piece() -> Piece {
    Ok(Frame::data(Bytes::from_static(b"words")))
}

#[tokio::test]
async fn a_request_is_load_until_its_body_has_ended() {
    let monitor = pool();
    let (sender, mut body) = ask(&monitor).await;
    sender.send(piece()).unwrap();
    assert!(body.frame().await.unwrap().is_ok());
    assert_eq!(in_flight(&monitor), 1);
    drop(sender);
    assert!(body.frame().await.is_none());
    assert_eq!(in_flight(&monitor), 0, "though the body is still held");
    drop(body);
    assert_eq!(in_flight(&monitor), 0);
}

#[tokio::test]
async fn a_body_that_is_dropped_is_nobodys_fault() {
    let mut monitor = pool();
    let (sender, body) = ask(&monitor).await;
    assert_eq!(in_flight(&monitor), 1);
    drop((sender, body));
    monitor.handle_traffic(Now::default());
    monitor.handle_timeout(Now::default());
    let origin = &monitor.status().origins[0];
    assert_eq!(
        (origin.in_flight, origin.samples, origin.error_share),
        (0, 1.0, 0.0)
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told() {
    let mut monitor = pool();
    let (sender, mut body) = ask(&monitor).await;
    sender.send(Err("reset")).unwrap();
    assert_eq!(body.frame().await.unwrap().unwrap_err(), "reset");
    monitor.handle_traffic(Now::default());
    let origin = &monitor.status().origins[0];
    assert_eq!(
        (origin.in_flight, origin.samples, origin.error_share),
        (0, 2.0, 0.5)
    );
}
