//! The layer against a slow, obvious oracle: random requests, answers, faults and time, and what must hold whatever
//! happens.
//!
//! Every answer of the origin has a body of its own, so that each body a client gets can be traced to the one answer
//! it came from. Whole bodies only: what was cut short, mixed or taken from a neighbour is no such body.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use eaves_cache::{
    policy::Policy,
    store::{Memory, Store},
    tower::{CacheConfig, CacheLayer, OnDisconnect, RequestBody, Task},
};
use eaves_common::time::{Clock, ManualClock, Wall};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    faulty::Faulty,
    origin::{OriginBody, got},
};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Ask {
        clients: Vec<Client>,
        answer: Answer,
    },
    Pass(u64),
    Purge(u8),
}

/// Who asks, and how patient they are.
#[derive(Clone, Debug)]
struct Client {
    path: u8,
    language: u8,
    control: &'static str,
    leaves: bool,
}

/// What the origin says as long as this step lasts.
#[derive(Clone, Debug)]
struct Answer {
    control: &'static str,
    vary: bool,
    etag: bool,
    len: usize,
    announced: bool,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Refused,
    CutShort,
    BrokenOff,
    Unavailable,
}

fn client() -> impl Strategy<Value = Client> {
    let control = prop::sample::select(vec![
        "",
        "",
        "",
        "no-cache",
        "max-age=5",
        "no-store",
        "max-stale=9",
    ]);
    (0..3u8, 0..3u8, control, prop::bool::weighted(0.1)).prop_map(
        |(path, language, control, leaves)| Client {
            path,
            language,
            control,
            leaves,
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    let control = prop::sample::select(vec![
        "max-age=10",
        "max-age=10",
        "max-age=10, must-revalidate",
        "max-age=1, stale-while-revalidate=20",
        "no-store",
        "private, max-age=10",
        "no-cache",
        "max-age=0, stale-if-error=5",
    ]);
    let fault = prop::sample::select(vec![
        Fault::None,
        Fault::None,
        Fault::None,
        Fault::Refused,
        Fault::CutShort,
        Fault::BrokenOff,
        Fault::Unavailable,
    ]);
    let len = prop::sample::select(vec![0usize, 1, 300, 70_000, 140_000]);
    (
        control,
        any::<bool>(),
        any::<bool>(),
        len,
        any::<bool>(),
        fault,
    )
        .prop_map(|(control, vary, etag, len, announced, fault)| Answer {
            control,
            vary,
            etag,
            len,
            announced,
            fault,
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (prop::collection::vec(client(), 1..5), answer()).prop_map(|(clients, answer)| Step::Ask { clients, answer }),
        2 => (0..15u64).prop_map(Step::Pass),
        1 => (0..3u8).prop_map(Step::Purge),
    ]
}

/// What the oracle knows about one body.
#[derive(Clone, Debug)]
struct Issued {
    body: Bytes,
    path: String,
    language: String,
    answer: Answer,
    at: u64,
    served: usize,
}

#[derive(Default)]
struct Oracle {
    issued: HashMap<u64, Issued>,
    purged: HashMap<String, u64>,
    count: u64,
}

type Shared = Arc<Mutex<(Oracle, Answer)>>;

fn body_of(path: &str, number: u64, len: usize) -> Bytes {
    let mut body = format!("{path} {number} ").into_bytes();
    body.resize(body.len() + len, b'a' + (number % 26) as u8);
    body.extend_from_slice(b" end");
    body.into()
}

fn language(headers: &http::HeaderMap) -> String {
    headers
        .get("accept-language")
        .map_or("", |value| value.to_str().unwrap())
        .to_owned()
}

fn date(clock: &ManualClock) -> String {
    eaves_cache::field::HttpDate::from(clock.now().wall).to_string()
}

fn serve(
    shared: &Shared,
    clock: &ManualClock,
    request: &Request<RequestBody<String>>,
) -> Result<Response<OriginBody>, &'static str> {
    let mut guard = shared.lock().unwrap();
    let (oracle, answer) = &mut *guard;
    let answer = answer.clone();
    let response = Response::builder()
        .header("date", date(clock))
        .header("cache-control", answer.control);
    match answer.fault {
        Fault::Refused => return Err("refused"),
        Fault::Unavailable => {
            return Ok(response.status(503).body(OriginBody::whole("503")).unwrap());
        }
        _ => {}
    }
    oracle.count += 1;
    let path = request.uri().path().to_owned();
    let body = body_of(&path, oracle.count, answer.len);
    let issued = Issued {
        body: body.clone(),
        path,
        language: language(request.headers()),
        answer: answer.clone(),
        at: clock.now().mono.as_secs(),
        served: 0,
    };
    oracle.issued.insert(oracle.count, issued);
    let mut response = response.header("x-number", oracle.count);
    if answer.vary {
        response = response.header("vary", "accept-language");
    }
    if answer.etag {
        response = response.header("etag", format!("\"{}\"", oracle.count));
    }
    Ok(response.body(feed(&answer, &body)).unwrap())
}

fn feed(answer: &Answer, body: &Bytes) -> OriginBody {
    let (feed, fed) = OriginBody::fed(answer.announced.then_some(body.len() as u64));
    let cut = match answer.fault {
        // Without a length nobody can see that it was cut: that is the transport's to tell, as an error.
        Fault::CutShort if answer.announced => body.len() / 2,
        Fault::BrokenOff => body.len() / 2,
        _ => body.len(),
    };
    for part in body.slice(..cut).chunks(50_000) {
        feed.send(Ok(Frame::data(Bytes::copy_from_slice(part))))
            .unwrap();
    }
    if answer.fault == Fault::BrokenOff {
        feed.send(Err("reset")).unwrap();
    }
    fed
}

fn request(client: &Client) -> Request<String> {
    let mut request = Request::get(format!("http://a.example/{}", client.path));
    if client.language > 0 {
        request = request.header(
            "accept-language",
            ["en", "de"][usize::from(client.language) - 1],
        );
    }
    if !client.control.is_empty() {
        request = request.header("cache-control", client.control);
    }
    request.body(String::new()).unwrap()
}

/// What must hold for every answer a client got.
fn check(oracle: &mut Oracle, client: &Client, got: &crate::origin::Got, now: u64) {
    let Ok(body) = &got.body else { return };
    if got.status != 200 {
        assert!([502, 503, 504].contains(&got.status), "{got:?}");
        return;
    }
    let path = format!("/{}", client.path);
    let purged = oracle.purged.get(&path).copied();
    let number = std::str::from_utf8(body)
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse().ok());
    let issued = number
        .and_then(|number: u64| oracle.issued.get_mut(&number))
        .filter(|issued| issued.body == body);
    let issued =
        issued.unwrap_or_else(|| panic!("no whole body of the origin's: {} bytes", body.len()));
    assert_eq!(issued.path, path);
    if issued.answer.vary {
        assert_eq!(
            issued.language,
            language(request(client).headers()),
            "another variant"
        );
    }
    issued.served += 1;
    let control = issued.answer.control;
    let mine = control.contains("no-store") || control.contains("private") || control == "no-cache";
    assert!(!mine || issued.served == 1, "served twice: {control}");
    let true_age = now - issued.at;
    let told: u64 = got.field("age").parse().unwrap_or(0);
    assert!(told >= true_age, "age {told} of what is {true_age} s old");
    if control == "max-age=10, must-revalidate" {
        assert!(true_age < 10, "stale in spite of must-revalidate");
    }
    if let Some(purged) = purged {
        assert!(issued.at >= purged, "from before a purge");
    }
}

async fn play(steps: Vec<Step>, then: OnDisconnect, store: Arc<dyn Store>) {
    let clock = ManualClock::at(Wall::from_secs(1_790_000_000));
    let first = Answer {
        control: "no-store",
        vary: false,
        etag: false,
        len: 0,
        announced: true,
        fault: Fault::None,
    };
    let shared: Shared = Arc::new(Mutex::new((Oracle::default(), first)));
    let config = CacheConfig::default()
        .policy(Policy::standards_only())
        .store(store.clone())
        .clock(Arc::new(clock.clone()))
        .on_disconnect(then)
        .spawner(|task: Task| {
            tokio::spawn(task);
        });
    let layer = CacheLayer::new(config);
    let (world, time) = (shared.clone(), clock.clone());
    let service = layer.layer(service_fn(move |request: Request<RequestBody<String>>| {
        let answer = serve(&world, &time, &request);
        async move {
            tokio::task::yield_now().await;
            answer
        }
    }));
    for step in steps {
        match step {
            Step::Pass(seconds) => clock.advance(std::time::Duration::from_secs(seconds)),
            Step::Purge(path) => {
                // The clock counts seconds: what is fetched after the purge is later than it.
                clock.advance(std::time::Duration::from_secs(1));
                layer
                    .purge(&format!("http://a.example/{path}").parse().unwrap())
                    .unwrap();
                let now = clock.now().mono.as_secs();
                shared
                    .lock()
                    .unwrap()
                    .0
                    .purged
                    .insert(format!("/{path}"), now);
            }
            Step::Ask { clients, answer } => {
                shared.lock().unwrap().1 = answer;
                let asking = clients.iter().map(|client| {
                    let answer = service.clone().oneshot(request(client));
                    let leaves = client.leaves;
                    tokio::spawn(async move {
                        let mut response = answer.await.ok()?;
                        if leaves {
                            let _ = response.body_mut().frame().await;
                            return None;
                        }
                        Some(got(response).await)
                    })
                });
                let asking: Vec<_> = asking.collect();
                for (client, asked) in clients.iter().zip(asking) {
                    if let Some(got) = asked.await.unwrap() {
                        let now = clock.now().mono.as_secs();
                        check(&mut shared.lock().unwrap().0, client, &got, now);
                    }
                }
            }
        }
        let usage = store.usage();
        assert!(usage.bytes <= usage.budget, "{usage:?}");
    }
    drop((service, layer));
}

/// Small enough to evict, and to refuse the longest body beside another.
fn memory() -> Memory {
    Memory::new(400_000).max_object(150_000)
}

fn run(steps: Vec<Step>, then: OnDisconnect, store: Arc<dyn Store>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(play(steps, then, store));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_truncated_mixed_or_anothers_is_served(steps in prop::collection::vec(step(), 1..40)) {
        run(steps, OnDisconnect::Abort, Arc::new(memory()));
    }

    #[test]
    fn nor_when_fills_are_finished_without_their_clients(steps in prop::collection::vec(step(), 1..40)) {
        run(steps, OnDisconnect::Finish, Arc::new(memory()));
    }

    #[test]
    fn nor_when_the_store_fails_anywhere(
        steps in prop::collection::vec(step(), 1..40),
        seed in any::<u64>(),
        one_in in 2..20u64,
    ) {
        let store = Faulty::new(memory(), seed, one_in);
        run(steps, OnDisconnect::Finish, Arc::new(store));
    }
}
