//! Slices of which some are gone: what is told before the head, and how bodies end that cannot go on.

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use eaves_cache::{
    key::Key,
    store::{Content, Entry, Memory, Refused, Store, Ticket, Usage, Write},
    tower::{BodyError, CacheBody, Ranges},
};
use http_body_util::BodyExt;

use super::slices::{TEXT, origin, range, sliced, tag};
use crate::origin::{OriginBody, World, get, respond};

/// Memory of which a test can take away what was written first, second and so on.
struct Forgetful {
    memory: Memory,
    written: Mutex<Vec<Key>>,
}

impl Forgetful {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            memory: Memory::new(1 << 20),
            written: Mutex::default(),
        })
    }

    fn forget(&self, nth: usize) {
        let written = self.written.lock().unwrap();
        assert!(self.memory.remove(&written[nth]));
    }
}

impl Store for Forgetful {
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>> {
        self.memory.poll_lookup(key, ticket, cx)
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        let write = self.memory.begin(key, head, len)?;
        if len.is_some_and(|len| len > 0 && len <= 10) {
            self.written.lock().unwrap().push(key.clone());
        }
        Ok(write)
    }

    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool {
        self.memory.replace_head(key, content, head)
    }

    fn remove(&self, key: &Key) -> bool {
        self.memory.remove(key)
    }

    fn usage(&self) -> Usage {
        self.memory.usage()
    }
}

/// All three slices are stored; then the origin is down, and one of them gone.
async fn lacking(nth: usize) -> World {
    let store = Forgetful::new();
    let world = World::on(store.clone(), sliced);
    origin(&world, &tag());
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen(), 3);
    store.forget(nth);
    world.answer_or_fail(|_| Err("connection refused"));
    world
}

#[tokio::test]
async fn stale_slices_stand_in_only_if_all_that_is_wanted_is_there() {
    for (nth, asked, status) in [
        (0, "bytes=0-25", 504),
        (1, "bytes=0-25", 504),
        (2, "bytes=0-25", 504),
        (2, "bytes=5-20", 504),
        (2, "bytes=5-19", 206),
        (1, "bytes=0-9", 206),
        (1, "bytes=20-", 206),
        (1, "bytes=0-3, 20-21", 206),
        (1, "bytes=0-3, 19-19", 504),
        (0, "bytes=26-", 416),
    ] {
        let world = lacking(nth).await;
        world.pass(61);
        let got = range(&world, asked).await;
        assert_eq!(got.status, status, "{asked} without slice {nth}");
        assert!(got.body.is_ok(), "{asked} without slice {nth}");
        assert_eq!(world.seen(), 4);
    }
}

#[tokio::test]
async fn the_error_of_an_origin_is_passed_on_where_a_stale_slice_lacks() {
    let world = lacking(2).await;
    world.pass(61);
    world.answer_with(|_| respond(503, &[]).body(OriginBody::whole("sorry")).unwrap());
    let got = world.get("/", &[]).await;
    assert_eq!((got.status, got.text()), (503, "sorry"));
    let got = range(&world, "bytes=0-19").await;
    assert_eq!((got.status, got.text()), (206, &TEXT[..20]));
}

#[tokio::test]
async fn without_contact_slices_are_served_whole_or_not_at_all() {
    // RFC 9111 section 5.2.1.7.
    let only = ("cache-control", "only-if-cached");
    for (nth, status) in [(0, 504), (1, 504), (2, 504)] {
        let world = lacking(nth).await;
        let got = world.get("/", &[only]).await;
        assert_eq!((got.status, world.seen()), (status, 3), "slice {nth}");
    }
    let world = lacking(1).await;
    let got = world.get("/", &[only, ("range", "bytes=20-25")]).await;
    assert_eq!((got.status, got.text()), (206, &TEXT[20..]));
    let fields = [("cache-control", "only-if-cached, max-stale=9")];
    world.pass(61);
    assert_eq!(world.get("/", &fields).await.status, 504);
    assert_eq!(world.seen(), 3);
}

#[tokio::test]
async fn the_first_slice_comes_before_the_head() {
    let world = lacking(0).await;
    let got = world.get("/", &[]).await;
    assert_eq!((got.status, got.text()), (502, ""));
    assert_eq!(got.cache_status(), "eaves; detail=origin-error");
    // Under another version the rest is of no use; the whole comes anew.
    let changed = tag();
    *changed.lock().unwrap() = "\"2\"";
    origin(&world, &changed);
    let got = world.get("/", &[]).await;
    assert_eq!(
        (got.status, got.text(), got.field("etag")),
        (200, TEXT, "\"2\"")
    );
}

async fn rest(mut body: CacheBody<OriginBody>, mut text: String) -> (String, BodyError) {
    loop {
        match body.frame().await.expect("no clean end") {
            Ok(frame) => {
                text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
            }
            Err(error) => return (text, error),
        }
    }
}

#[tokio::test]
async fn a_body_whose_later_slice_is_gone_ends_in_an_error_and_has_no_other_bytes() {
    for changes in [false, true] {
        let store = Forgetful::new();
        let world = World::on(store.clone(), sliced);
        let changed = tag();
        origin(&world, &changed);
        assert_eq!(world.get("/", &[]).await.text(), TEXT);
        let mut body = world.send(get("/", &[])).await.unwrap().into_body();
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.data_ref().unwrap(), &TEXT[..10]);
        // While it is read, what follows is evicted, and the origin goes or has another version.
        store.forget(1);
        if changes {
            *changed.lock().unwrap() = "\"2\"";
        } else {
            world.answer_or_fail(|_| Err("connection refused"));
        }
        let (text, error) = rest(body, TEXT[..10].to_owned()).await;
        assert_eq!(text, &TEXT[..10]);
        let expected = match changes {
            true => matches!(error, BodyError::Changed),
            false => matches!(error, BodyError::Unavailable),
        };
        assert!(expected, "{error:?}");
    }
    // And while the origin is there and the same, nobody notices.
    let store = Forgetful::new();
    let world = World::on(store.clone(), sliced);
    origin(&world, &tag());
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    let response = world.send(get("/", &[])).await.unwrap();
    store.forget(2);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!((&body[..], world.seen()), (TEXT.as_bytes(), 4));
}

#[tokio::test]
async fn an_origin_that_ignores_if_range_mixes_nothing() {
    let store = Forgetful::new();
    let world = World::on(store.clone(), sliced);
    origin(&world, &tag());
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    store.forget(1);
    // It answers with the range of another version, of the same length.
    world.answer_with(|headers| {
        assert_eq!(headers["if-range"], "\"1\"");
        let fields = [
            ("cache-control", "max-age=60"),
            ("etag", "\"2\""),
            ("content-range", "bytes 10-19/26"),
        ];
        respond(206, &fields)
            .body(OriginBody::whole("KLMNOPQRST"))
            .unwrap()
    });
    let body = world.send(get("/", &[])).await.unwrap().into_body();
    let (text, error) = rest(body, String::new()).await;
    assert_eq!(text, &TEXT[..10]);
    assert!(matches!(error, BodyError::Changed), "{error:?}");
}

#[tokio::test]
async fn an_error_for_a_slice_says_nothing_about_the_others() {
    let store = Forgetful::new();
    let world = World::on(store.clone(), sliced);
    origin(&world, &tag());
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    store.forget(1);
    world.answer_with(|_| respond(503, &[]).body(OriginBody::whole("sorry")).unwrap());
    let body = world.send(get("/", &[])).await.unwrap().into_body();
    let (text, error) = rest(body, String::new()).await;
    assert_eq!(text, &TEXT[..10]);
    assert!(matches!(error, BodyError::Unavailable), "{error:?}");
    assert_eq!(range(&world, "bytes=0-9").await.text(), &TEXT[..10]);
    origin(&world, &tag());
    let seen = world.seen();
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen() - seen, 1);
}

#[tokio::test]
async fn a_slice_that_ends_early_begins_nothing() {
    let world = World::with(sliced);
    let fields = [("cache-control", "max-age=60"), ("etag", "\"1\"")];
    let place = ("content-range", "bytes 0-4/26");
    world.say(206, &[fields[0], fields[1], place], &TEXT[..5]);
    world.say(200, &fields, TEXT);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!((world.seen(), world.last_field("range")), (2, None));
}

#[tokio::test]
async fn no_more_slices_are_looked_up_than_the_limit() {
    const MOST: usize = 4096;
    let text = "x".repeat(MOST + 1);
    let world = World::storing(Memory::new(32 << 20), |config| {
        config.ranges(Ranges::Slices(NonZeroU64::MIN))
    });
    world.answer_with(move |headers| {
        let range = headers["range"].to_str().unwrap();
        let at = range.strip_prefix("bytes=").unwrap();
        let (at, _) = at.split_once('-').unwrap();
        let place = format!("bytes {at}-{at}/{}", MOST + 1);
        let fresh = ("cache-control", "max-age=60");
        let fields = [fresh, ("etag", "\"1\""), ("content-range", &*place)];
        respond(206, &fields).body(OriginBody::whole("x")).unwrap()
    });
    assert_eq!(world.get("/", &[]).await.text(), text);
    world.answer_or_fail(|_| Err("connection refused"));
    world.pass(61);
    for (asked, status) in [("bytes=0-4095", 206), ("bytes=0-4096", 504)] {
        assert_eq!(range(&world, asked).await.status, status, "{asked}");
    }
}
