//! A scripted origin and a cache in front of it, on a clock that stands still until told.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use eaves_cache::{
    policy::Policy,
    store::{Memory, Store},
    tower::{CacheBody, CacheConfig, CacheLayer, CacheService, RequestBody},
};
use eaves_common::time::{ManualClock, Wall};
use http::{HeaderMap, Method, Request, Response, header::DATE, response::Builder};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::mpsc;
use tower::{Layer, Service, ServiceExt};

/// What the origin does with one request.
pub(crate) type Answer = Result<Response<OriginBody>, &'static str>;
type Script = Arc<Mutex<Inner>>;

type Rule = Arc<dyn Fn(&HeaderMap) -> Answer + Send + Sync>;

struct Inner {
    rule: Option<Rule>,
    answers: VecDeque<Pin<Box<dyn Future<Output = Answer> + Send>>>,
    seen: Vec<(Method, HeaderMap)>,
}

/// Where an interim response to a request goes, as clients name it by an extension: the origin sends one each time.
#[derive(Clone, Default)]
pub(crate) struct Hints(Arc<AtomicUsize>);

impl Hints {
    pub(crate) fn seen(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers requests from a script, and fails when that is over.
#[derive(Clone)]
pub(crate) struct Origin(Script);

impl Service<Request<RequestBody<String>>> for Origin {
    type Response = Response<OriginBody>;
    type Error = &'static str;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody<String>>) -> Self::Future {
        let mut inner = self.0.lock().unwrap();
        inner
            .seen
            .push((request.method().clone(), request.headers().clone()));
        if let Some(hints) = request.extensions().get::<Hints>() {
            hints.0.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(rule) = &inner.rule {
            let answer = rule(request.headers());
            return Box::pin(std::future::ready(answer));
        }
        let answer = inner.answers.pop_front();
        answer.unwrap_or_else(|| Box::pin(std::future::ready(Err("the script is over"))))
    }
}

/// A cache in front of a scripted origin.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) layer: CacheLayer,
    pub(crate) store: Arc<dyn Store>,
    script: Script,
    service: CacheService<Origin>,
}

/// What a client got.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Bytes, String>,
}

impl Got {
    /// A field as text; empty if it is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn cache_status(&self) -> &str {
        self.field("cache-status")
    }

    /// Where each range of a `multipart/byteranges` begins, and its text.
    pub(crate) fn ranges(&self) -> Vec<(u64, &str)> {
        assert_eq!((self.status, self.field("content-range")), (206, ""));
        assert_eq!(self.field("content-length"), self.text().len().to_string());
        let kind = self.field("content-type");
        let boundary = kind.strip_prefix("multipart/byteranges; boundary=");
        let separator = format!("\r\n--{}", boundary.unwrap());
        let text = self.text().strip_suffix(&format!("{separator}--\r\n"));
        let parts = text.unwrap().split(&separator).skip(1);
        let range = |part: &'_ str| {
            let (head, text) = part.split_once("\r\n\r\n").unwrap();
            let (_, place) = head.split_once("Content-Range: bytes ").unwrap();
            let (first, rest) = place.split_once('-').unwrap();
            let (last, _) = rest.split_once('/').unwrap();
            let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
            assert_eq!(last + 1 - first, text.len() as u64);
            (first, head.len() + 4)
        };
        let whole = |part| {
            let (first, at) = range(part);
            (first, &part[at..])
        };
        parts.map(whole).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(self.body.as_ref().unwrap()).unwrap()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|config| config)
    }

    pub(crate) fn with(change: impl FnOnce(CacheConfig) -> CacheConfig) -> Self {
        Self::storing(Memory::new(1 << 20), change)
    }

    pub(crate) fn storing(memory: Memory, change: impl FnOnce(CacheConfig) -> CacheConfig) -> Self {
        Self::on(Arc::new(memory), change)
    }

    pub(crate) fn on(
        store: Arc<dyn Store>,
        change: impl FnOnce(CacheConfig) -> CacheConfig,
    ) -> Self {
        let clock = ManualClock::at(Wall::from_secs(1_790_000_000));
        let config = CacheConfig::default()
            .policy(Policy::standards_only())
            .store(store.clone())
            .clock(Arc::new(clock.clone()));
        let layer = CacheLayer::new(change(config));
        let script = Arc::new(Mutex::new(Inner {
            rule: None,
            answers: VecDeque::new(),
            seen: Vec::new(),
        }));
        Self {
            service: layer.layer(Origin(script.clone())),
            clock,
            layer,
            store,
            script,
        }
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Adds an answer to the script.
    pub(crate) fn answer(&self, answer: impl Future<Output = Answer> + Send + 'static) {
        self.script
            .lock()
            .unwrap()
            .answers
            .push_back(Box::pin(answer));
    }

    /// Adds an answer with these fields and this body.
    pub(crate) fn say(&self, status: u16, fields: &[(&str, &str)], body: &str) {
        let body = OriginBody::whole(body);
        let response = respond(status, fields).body(body).unwrap();
        self.answer(std::future::ready(Ok(response)));
    }

    /// From now on the origin answers by what a request's fields say.
    pub(crate) fn answer_with(
        &self,
        rule: impl Fn(&HeaderMap) -> Response<OriginBody> + Send + Sync + 'static,
    ) {
        self.answer_or_fail(move |headers| Ok(rule(headers)));
    }

    /// The same, if it answers at all.
    pub(crate) fn answer_or_fail(
        &self,
        rule: impl Fn(&HeaderMap) -> Answer + Send + Sync + 'static,
    ) {
        self.script.lock().unwrap().rule = Some(Arc::new(rule));
    }

    pub(crate) fn say_error(&self) {
        self.answer(std::future::ready(Err("connection refused")));
    }

    /// How many requests the origin has seen.
    pub(crate) fn seen(&self) -> usize {
        self.script.lock().unwrap().seen.len()
    }

    /// The method of the request that the origin saw last.
    pub(crate) fn last_method(&self) -> Option<Method> {
        let script = self.script.lock().unwrap();
        Some(script.seen.last()?.0.clone())
    }

    /// A field of the request that the origin saw last.
    pub(crate) fn last_field(&self, name: &str) -> Option<String> {
        let script = self.script.lock().unwrap();
        let (_, headers) = script.seen.last()?;
        Some(headers.get(name)?.to_str().unwrap().to_owned())
    }

    pub(crate) fn send(
        &self,
        request: Request<String>,
    ) -> impl Future<Output = Result<Response<CacheBody<OriginBody>>, &'static str>> + Send + use<>
    {
        self.service.clone().oneshot(request)
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn fetch(&self, request: Request<String>) -> Got {
        got(self.send(request).await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.fetch(get(path, fields)).await
    }
}

pub(crate) async fn got(response: Response<CacheBody<OriginBody>>) -> Got {
    let (parts, body) = response.into_parts();
    let body = body.collect().await;
    Got {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body
            .map(|body| body.to_bytes())
            .map_err(|error| error.to_string()),
    }
}

pub(crate) fn get(path: &str, fields: &[(&str, &str)]) -> Request<String> {
    let mut request = Request::get(format!("http://a.example{path}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(String::new()).unwrap()
}

pub(crate) fn respond(status: u16, fields: &[(&str, &str)]) -> Builder {
    let mut response = Response::builder().status(status);
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    if !fields
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(DATE.as_str()))
    {
        // The clock's own start.
        response = response.header(DATE, "Mon, 21 Sep 2026 14:13:20 GMT");
    }
    response
}

/// A body that the test feeds.
pub(crate) struct OriginBody {
    frames: mpsc::UnboundedReceiver<Result<Frame<Bytes>, &'static str>>,
    len: Option<u64>,
    pulled: u64,
}

/// The other end of an [`OriginBody`].
pub(crate) type Feed = mpsc::UnboundedSender<Result<Frame<Bytes>, &'static str>>;

impl OriginBody {
    pub(crate) fn whole(text: &str) -> Self {
        let (feed, body) = Self::fed(Some(text.len() as u64));
        if !text.is_empty() {
            feed.send(Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes()))))
                .unwrap();
        }
        body
    }

    pub(crate) fn fed(len: Option<u64>) -> (Feed, Self) {
        let (feed, frames) = mpsc::unbounded_channel();
        let body = Self {
            frames,
            len,
            pulled: 0,
        };
        (feed, body)
    }
}

impl Body for OriginBody {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        let frame = std::task::ready!(self.frames.poll_recv(cx));
        if let Some(data) = frame
            .as_ref()
            .and_then(|frame| frame.as_ref().ok()?.data_ref())
        {
            self.pulled += data.len() as u64;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.len == Some(self.pulled)
    }

    fn size_hint(&self) -> SizeHint {
        self.len
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
