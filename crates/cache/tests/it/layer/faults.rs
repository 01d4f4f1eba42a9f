//! Every kind of exchange, and every place where one of its parties can fail: nobody gets what was cut short or mixed as
//! if it were whole, and whoever asks next gets the right answer.

use std::{
    num::NonZeroU64,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Waker},
};

use eaves_cache::{field::HttpDate, store::Memory, tower::Ranges};
use eaves_common::time::Clock;
use http::HeaderMap;
use http_body::{Body, Frame};

use crate::{
    faulty::Faulty,
    origin::{Answer, Got, OriginBody, World, get, respond},
};

const TEXT: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const TAG: &str = "\"1\"";

/// One kind of exchange.
#[derive(Clone, Copy, Debug)]
struct Scene {
    name: &'static str,
    ranges: Ranges,
    /// What is asked for before, and how long before.
    before: Option<(&'static str, u64)>,
    range: &'static str,
    /// The origin tells the length of its bodies.
    announces: bool,
}

impl Scene {
    /// Where nothing tells the length, the end of a body is where it ends.
    fn ends_anyhow(self, fault: Fault) -> bool {
        let whole = self.range.is_empty() && self.before.is_none_or(|(range, _)| range.is_empty());
        !self.announces && whole && fault == Fault::Closes
    }
}

fn scenes() -> Vec<Scene> {
    let slices = Ranges::Slices(NonZeroU64::new(10).unwrap());
    let scene = |name, ranges, before, range| Scene {
        name,
        ranges,
        before,
        range,
        announces: true,
    };
    let (pass, whole) = (Ranges::PassThrough, Ranges::Whole);
    let mut all = vec![
        scene("whole", pass, None, ""),
        scene("whole, validated", pass, Some(("", 61)), ""),
        scene("part", pass, None, "bytes=5-14"),
        scene("parts, completed", pass, Some(("bytes=0-9", 0)), ""),
        scene(
            "parts, both ends",
            pass,
            Some(("bytes=9-19", 0)),
            "bytes=3-25",
        ),
        scene(
            "parts, validated",
            pass,
            Some(("bytes=0-9", 61)),
            "bytes=2-7",
        ),
        scene(
            "parts, stale and completed",
            pass,
            Some(("bytes=0-9", 61)),
            "",
        ),
        scene("range of a whole", whole, None, "bytes=5-14"),
        scene("slices", slices, None, ""),
        scene("slices of a range", slices, None, "bytes=5-24"),
        scene("slices, completed", slices, Some(("bytes=10-19", 0)), ""),
        scene("slices, validated", slices, Some(("bytes=0-19", 61)), ""),
    ];
    let silent = all.iter().take(4).map(|scene| Scene {
        announces: false,
        ..*scene
    });
    let silent: Vec<_> = silent.collect();
    all.extend(silent);
    all
}

/// What the origin does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    BreaksOff,
    Closes,
    Lies,
    Refuses,
    Stalls,
    Unavailable,
}

const FAULTS: [Fault; 6] = [
    Fault::BreaksOff,
    Fault::Closes,
    Fault::Lies,
    Fault::Refuses,
    Fault::Stalls,
    Fault::Unavailable,
];

/// The origin of a scene; the fault strikes when `countdown` gets to zero.
fn origin(world: &World, scene: Scene, fault: Fault, countdown: &Arc<AtomicI64>) {
    let (clock, countdown) = (world.clock.clone(), countdown.clone());
    world.answer_or_fail(move |headers| {
        let strikes = countdown.fetch_sub(1, Ordering::Relaxed) == 0;
        let date = HttpDate::from(clock.now().wall).to_string();
        answer(headers, &date, scene, strikes.then_some(fault))
    });
}

fn answer(headers: &HeaderMap, date: &str, scene: Scene, fault: Option<Fault>) -> Answer {
    match fault {
        Some(Fault::Refuses) => return Err("connection refused"),
        Some(Fault::Unavailable) => {
            return Ok(respond(503, &[]).body(OriginBody::whole("down")).unwrap());
        }
        _ => {}
    }
    let control = ("cache-control", "max-age=60, must-revalidate");
    let fields = [control, ("etag", TAG), ("date", date)];
    let field = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
    if field("if-none-match") == Some(TAG) {
        return Ok(respond(304, &fields).body(OriginBody::whole("")).unwrap());
    }
    let range = field("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = range else {
        let body = body(TEXT, scene, fault);
        return Ok(respond(200, &fields).body(body).unwrap());
    };
    let first: usize = first.parse().unwrap();
    let last = last.parse().unwrap_or(usize::MAX).min(TEXT.len() - 1);
    let place = format!("bytes {first}-{last}/{}", TEXT.len());
    let fields = [fields[0], fields[1], fields[2], ("content-range", &*place)];
    let body = body(&TEXT[first..=last], scene, fault);
    Ok(respond(206, &fields).body(body).unwrap())
}

/// A body in two pieces, or what a fault makes of it.
fn body(text: &str, scene: Scene, fault: Option<Fault>) -> OriginBody {
    let len = scene.announces.then_some(text.len() as u64);
    let (feed, body) = match fault {
        // What is read of the length alone differs from what comes.
        Some(Fault::Lies) => OriginBody::fed(Some(text.len() as u64)),
        _ => OriginBody::fed(len),
    };
    let send = |text: &str| _ = feed.send(Ok(Frame::data(text.to_owned().into())));
    let (half, rest) = text.split_at(text.len() / 2);
    send(half);
    match fault {
        None => send(rest),
        Some(Fault::BreaksOff) => _ = feed.send(Err("reset")),
        Some(Fault::Lies) => {
            send(rest);
            send("more than that");
        }
        // The other end stays open for ever.
        Some(Fault::Stalls) => std::mem::forget(feed),
        _ => {}
    }
    body
}

fn request(range: &'static str) -> http::Request<String> {
    match range {
        "" => get("/", &[]),
        range => get("/", &[("range", range)]),
    }
}

async fn ask(world: &World, range: &'static str) -> Got {
    match world.send(request(range)).await {
        Ok(response) => crate::origin::got(response).await,
        // What an origin that gave no answer leaves to the caller.
        Err(error) => Got {
            status: 502,
            headers: HeaderMap::new(),
            body: Err(error.to_owned()),
        },
    }
}

/// What the right answer says, for every status that one may have.
fn is_right(scene: Scene, got: &Got) -> bool {
    let Ok(body) = &got.body else { return false };
    let bytes = match (got.status, scene.range) {
        (200, _) => 0..TEXT.len(),
        (206, range) => {
            let range = range.strip_prefix("bytes=").unwrap();
            let (first, last) = range.split_once('-').unwrap();
            first.parse().unwrap()..last.parse::<usize>().unwrap() + 1
        }
        _ => return false,
    };
    body == &TEXT.as_bytes()[bytes]
}

/// A world in which what comes before the exchange has come.
async fn world(scene: Scene, store: Arc<Faulty>, fault: Fault) -> (World, Arc<AtomicI64>) {
    let world = World::on(store, |config| config.ranges(scene.ranges));
    let countdown = Arc::new(AtomicI64::new(-1));
    origin(&world, scene, fault, &countdown);
    if let Some((range, seconds)) = scene.before {
        ask(&world, range).await;
        world.pass(seconds);
    }
    (world, countdown)
}

fn sound() -> Arc<Faulty> {
    Arc::new(Faulty::once(Memory::new(1 << 20), 0))
}

/// Polls the body as often as anything comes, with nobody to wake: what stalls stays stalled.
async fn read_until_it_stalls(world: &World, range: &'static str) -> Option<Vec<u8>> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut answer = pin!(world.send(request(range)));
    let response = loop {
        match answer.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(response) => break response.ok()?,
            std::task::Poll::Pending => tokio::task::yield_now().await,
        }
    };
    let (mut body, mut all) = (pin!(response.into_body()), Vec::new());
    loop {
        match Pin::as_mut(&mut body).poll_frame(&mut cx) {
            std::task::Poll::Ready(Some(Ok(frame))) => {
                all.extend_from_slice(&frame.into_data().unwrap_or_default());
            }
            std::task::Poll::Ready(None) => return Some(all),
            std::task::Poll::Ready(Some(Err(_))) | std::task::Poll::Pending => return None,
        }
    }
}

#[tokio::test]
async fn an_origin_that_fails_is_never_taken_for_one_that_answered() {
    let mut struck = 0;
    for scene in scenes() {
        for fault in FAULTS {
            if scene.ends_anyhow(fault) {
                continue;
            }
            for at in 0..4 {
                let (world, countdown) = world(scene, sound(), fault).await;
                countdown.store(at, Ordering::Relaxed);
                let what = format!("{}, {fault:?} at {at}", scene.name);
                if fault == Fault::Stalls {
                    // The client leaves.
                    let _ = read_until_it_stalls(&world, scene.range).await;
                } else {
                    let got = ask(&world, scene.range).await;
                    let failed = got.status >= 500 || got.body.is_err();
                    assert!(failed || is_right(scene, &got), "{what}: {got:?}");
                }
                struck += usize::from(countdown.load(Ordering::Relaxed) < 0);
                countdown.store(-1, Ordering::Relaxed);
                let again = ask(&world, scene.range).await;
                assert!(is_right(scene, &again), "{what}, again: {again:?}");
            }
        }
    }
    assert!(struck > 100, "the faults struck {struck} times only");
}

#[tokio::test]
async fn a_store_that_fails_at_any_place_spoils_no_answer() {
    for scene in scenes() {
        for nth in 1..60 {
            let store = Arc::new(Faulty::once(Memory::new(1 << 20), nth));
            let (world, _) = world(scene, store.clone(), Fault::Refuses).await;
            let got = ask(&world, scene.range).await;
            let what = format!("{}, place {nth}", scene.name);
            assert!(
                got.body.is_err() || is_right(scene, &got),
                "{what}: {got:?}"
            );
            let again = ask(&world, scene.range).await;
            assert!(
                again.body.is_err() || is_right(scene, &again),
                "{what}, again: {again:?}"
            );
            let struck = store.heal();
            let third = ask(&world, scene.range).await;
            assert!(is_right(scene, &third), "{what}, at last: {third:?}");
            if !struck {
                // There is no such place any more.
                assert!(nth > 10, "{what}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_at_any_moment_spoils_no_answer() {
    for scene in scenes() {
        for moment in 0..12 {
            let what = format!("{}, moment {moment}", scene.name);
            let (world, _) = world(scene, sound(), Fault::Refuses).await;
            let mut left = moment;
            let mut answer = Box::pin(world.send(request(scene.range)));
            let response = std::future::poll_fn(|cx| {
                let polled = answer.as_mut().poll(cx);
                left -= 1;
                match polled {
                    std::task::Poll::Pending if left > 0 => std::task::Poll::Pending,
                    other => std::task::Poll::Ready(other),
                }
            });
            if let std::task::Poll::Ready(Ok(response)) = response.await {
                let mut body = Box::pin(response.into_body());
                for _ in 0..left {
                    let mut cx = Context::from_waker(Waker::noop());
                    let _ = body.as_mut().poll_frame(&mut cx);
                }
            }
            drop(answer);
            let again = ask(&world, scene.range).await;
            assert!(is_right(scene, &again), "{what}: {again:?}");
        }
    }
}

/// What the origin answers to who asks for a rest of a text.
type Rest = fn(&str, &str) -> Answer;

/// This much of the rest that was asked for, under a tag.
fn rest_of(range: &str, tag: &str, text: &str, len: usize) -> Answer {
    let from = range.strip_prefix("bytes=").unwrap();
    let from: usize = from.trim_end_matches('-').parse().unwrap();
    let (feed, body) = OriginBody::fed(None);
    let data = &text[from..text.len().min(from + len)];
    let _ = feed.send(Ok(Frame::data(data.to_owned().into())));
    let place = format!("bytes {from}-{}/{}", text.len() - 1, text.len());
    Ok(respond(206, &[("etag", tag), ("content-range", &place)])
        .body(body)
        .unwrap())
}

fn whole(status: u16, tag: &str, text: &str) -> Answer {
    let place = format!("bytes 0-{}/{}", text.len() - 1, text.len());
    let fields = [("etag", tag), ("content-range", &*place)];
    Ok(respond(status, &fields)
        .body(OriginBody::whole(text))
        .unwrap())
}

const RESTS: [(&str, Rest); 7] = [
    ("refused", |_, _| Err("refused")),
    ("unavailable", |_, _| whole(503, TAG, "down")),
    ("whole", |_, text| whole(200, TAG, text)),
    ("another's", |range, text| {
        rest_of(range, "\"2\"", text, text.len())
    }),
    ("from elsewhere", |_, text| whole(206, TAG, text)),
    ("cut short", |range, text| rest_of(range, TAG, text, 9)),
    ("right", |range, text| rest_of(range, TAG, text, text.len())),
];

/// A reader that was left behind asks for the rest by itself; whatever is wrong with that ends its body in an error.
#[tokio::test]
async fn a_rest_that_fails_never_ends_a_body_cleanly() {
    let long = "x".repeat(3 << 20);
    for (what, rest) in RESTS {
        let world = World::storing(Memory::new(1 << 20).max_object(100_000), |config| config);
        let text = long.clone();
        world.answer_or_fail(move |headers| match headers.get("range") {
            Some(range) => rest(range.to_str().unwrap(), &text),
            None => {
                let (feed, body) = OriginBody::fed(None);
                for part in text.as_bytes().chunks(16 << 10) {
                    feed.send(Ok(Frame::data(part.to_vec().into()))).unwrap();
                }
                let fields = [("cache-control", "max-age=60"), ("etag", TAG)];
                Ok(respond(200, &fields).body(body).unwrap())
            }
        });
        let fast = world.send(get("/", &[])).await.unwrap();
        let slow = world.send(get("/", &[])).await.unwrap();
        assert_eq!(crate::origin::got(fast).await.text().len(), long.len());
        let slow = crate::origin::got(slow).await;
        assert_eq!(slow.body.is_ok(), what == "right", "{what}");
        assert!(slow.body.is_err() || slow.text() == long, "{what}");
    }
}
