//! Properties over arbitrary fields and bytes.

use std::time::Duration;

use eaves_cache::head::Head;
use eaves_cache::policy::{Policy, Storage, Times};
use http::Method;
use proptest::prelude::*;

use super::{at, meta, request, response};

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "max-age",
        "s-maxage",
        "no-store",
        "no-cache",
        "private",
        "public",
        "=",
        "\"",
        ",",
        " ",
        "60",
        "0",
        "-1",
        "99999999999999999999",
        "must-revalidate",
        "stale-while-revalidate",
        "stale-if-error",
        "\\",
        ";",
        "*",
    ]);
    prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

/// Lines that many responses have, and some that differ in a letter.
fn usual() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let line = prop::sample::select(vec![
        ("accept-ranges", "bytes"),
        ("accept-ranges", "Bytes"),
        ("content-length", "0"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-type", "text/html; charset=utf-7"),
        ("strict-transport-security", "max-age=31536000"),
        ("vary", "Accept-Encoding"),
        ("vary", "accept-encoding"),
        ("x-content-type-options", "nosniff"),
    ]);
    prop::collection::vec(line, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever an origin sends: no panic, and once stale it stays stale.
    #[test]
    fn freshness_is_monotonic(control in words(), age in words(), date in words(), steps in prop::collection::vec(0u64..100, 1..8)) {
        let answer = response(200, &[("cache-control", &control), ("age", &age), ("date", &date), ("etag", "\"1\"")]);
        let asked = request(Method::GET, &[]);
        let stored = Policy::default().storage((&asked).into(), (&answer).into(), Times::at(at(0)));
        if let Storage::Store(meta) = stored {
            let (mut now, mut fresh, mut last) = (0, true, Duration::ZERO);
            for step in steps {
                now += step;
                let (age, still) = (meta.age(at(now)), meta.remaining(at(now)).is_fresh());
                prop_assert!(age >= last && age >= Duration::from_secs(now));
                prop_assert!(fresh || !still);
                (fresh, last) = (still, age);
            }
        }
    }

    /// A packed head gives back what went in, and any change of its bytes is refused or read without a panic.
    #[test]
    fn heads_read_back(usual in usual(), values in prop::collection::vec("[ -~]{0,40}", 0..12), cut in any::<prop::sample::Index>()) {
        let mut answer = response(200, &[("cache-control", "max-age=60")]);
        for (at, value) in values.iter().enumerate() {
            let name: http::HeaderName = ["server", "x-custom-field", "link", "vary"][at % 4].parse().unwrap();
            answer.headers_mut().append(name, value.parse().unwrap());
        }
        for (name, value) in usual {
            let name = http::HeaderName::from_static(name);
            answer.headers_mut().append(name, http::HeaderValue::from_static(value));
        }
        let head = Head::new(meta(200, &[("cache-control", "max-age=60")]), answer.headers());
        let back = Head::from_bytes(head.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(&back, &head);
        prop_assert_eq!(&back.to_headers(), answer.headers());
        let short = head.as_bytes()[..cut.index(head.as_bytes().len())].to_vec();
        prop_assert!(Head::from_bytes(short).is_err());
    }

    #[test]
    fn bytes_that_are_no_head_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let meta = meta(200, &[("cache-control", "max-age=60")]);
        // Behind the numbers of a head, where its fields begin.
        let mut marked = Head::new(meta, &http::HeaderMap::new()).as_bytes().to_vec();
        marked.pop();
        marked.extend_from_slice(&bytes);
        for bytes in [bytes, marked] {
            if let Ok(head) = Head::from_bytes(bytes) {
                let _ = head.to_headers();
            }
        }
    }
}
