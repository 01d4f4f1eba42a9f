//! Decisions told in steps: what is stored, where, and which part of it.

use std::num::NonZeroU64;

use eaves_cache::tower::Ranges;

use crate::origin::{World, get};

const FRESH: (&str, &str) = ("cache-control", "max-age=60");
const TAG: (&str, &str) = ("etag", "\"1\"");

/// What is told of a request under these headings.
fn told(world: &World, fields: &[(&str, &str)], about: &[&str]) -> Vec<String> {
    let request = get("/", fields);
    let told = world.layer.explain((&request).into()).unwrap().unwrap();
    let steps = told.steps().iter();
    let wanted = steps.filter(|step| about.contains(&step.about));
    wanted
        .map(|step| format!("{}: {}", step.about, step.found))
        .collect()
}

#[tokio::test]
async fn parts_tell_what_they_hold_and_what_lacks() {
    let world = World::new();
    let place = ("content-range", "bytes 2-6/10");
    world.say(206, &[FRESH, TAG, place], "23456");
    world.get("/", &[("range", "bytes=2-6")]).await;
    let about = ["store", "parts", "freshness", "decision"];
    for (range, steps) in [
        (
            "bytes=3-4",
            &[
                "store: 5 of 10 bytes, in 1 parts, in the tier memory",
                "freshness: fresh for 60s",
                "decision: hit, bytes 3 to before 5",
            ][..],
        ),
        (
            "bytes=5-8",
            &[
                "store: 5 of 10 bytes, in 1 parts, in the tier memory",
                "parts: bytes 7 to before 9 would be asked for",
                "freshness: fresh for 60s",
                "decision: hit, bytes 5 to before 9",
            ],
        ),
        (
            "bytes=0-0, 9-9",
            &[
                "store: 5 of 10 bytes, in 1 parts",
                "parts: of no use to this request",
                "freshness: fresh for 60s",
                "decision: hit, 2 ranges of bytes",
            ],
        ),
    ] {
        assert_eq!(told(&world, &[("range", range)], &about), steps, "{range}");
    }
    world.pass(70);
    assert_eq!(
        told(
            &world,
            &[("range", "bytes=3-4")],
            &["freshness", "decision"]
        ),
        [
            "freshness: stale by 10s",
            "decision: validate, since it is stale"
        ]
    );
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn slices_tell_where_the_first_of_them_is() {
    let size = NonZeroU64::new(4).unwrap();
    let world = World::with(|config| config.ranges(Ranges::Slices(size)));
    let place = ("content-range", "bytes 4-7/10");
    world.say(206, &[FRESH, TAG, place], "4567");
    world.get("/", &[("range", "bytes=5-6")]).await;
    let store = |range| told(&world, &[("range", range)], &["store"]).remove(0);
    let slices = "store: slices of 4 bytes, of 10 in all";
    assert_eq!(store("bytes=6-9"), format!("{slices}, in the tier memory"));
    assert_eq!(store("bytes=0-9"), slices);
}

/// Each request for parts and slices is counted under one reason.
#[tokio::test]
async fn parts_and_slices_are_counted_by_reason() {
    let size = NonZeroU64::new(4).unwrap();
    for sliced in [false, true] {
        let world = World::with(|config| match sliced {
            true => config.ranges(Ranges::Slices(size)),
            false => config,
        });
        let say = |first: usize, last: usize| {
            let place = format!("bytes {first}-{last}/8");
            let text = &"01234567"[first..=last];
            world.say(206, &[FRESH, TAG, ("content-range", &place)], text);
        };
        say(0, 3);
        world.get("/", &[("range", "bytes=0-3")]).await;
        world.get("/", &[("range", "bytes=1-2")]).await;
        say(4, 7);
        assert_eq!(
            world.get("/", &[("range", "bytes=4-7")]).await.text(),
            "4567"
        );
        world.get("/", &[("cache-control", "only-if-cached")]).await;
        world.pass(61);
        world.say(
            304,
            &[FRESH, TAG, ("date", "Mon, 21 Sep 2026 14:14:21 GMT")],
            "",
        );
        assert_eq!(world.get("/", &[]).await.text(), "01234567");
        let given = world.layer.reasons().filter(|(_, given)| *given > 0);
        let mut given: Vec<_> = given
            .map(|(reason, given)| (reason.label(), given))
            .collect();
        given.sort_unstable();
        assert_eq!(
            given,
            [("hit", 2), ("partial", 1), ("stale", 1), ("uri-miss", 1)],
            "sliced: {sliced}"
        );
    }
}
