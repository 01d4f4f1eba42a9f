//! Purges from one thread while others ask: nothing older than a purge is served once it has returned.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use eaves_cache::{
    key::Key,
    purge::Purge,
    store::Memory,
    tower::{CacheConfig, CacheLayer, RequestBody},
};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::{Layer as _, ServiceExt as _, service_fn};

/// The origin's version of everything, and the one that has been purged up to.
#[derive(Default)]
struct World {
    version: AtomicU64,
    floor: AtomicU64,
}

const URLS: u64 = 8;
const PURGES: u64 = 400;
const READERS: u64 = 3;

fn purge(at: u64) -> Purge {
    let soft = |purge: Purge| {
        if at.is_multiple_of(3) {
            purge.soft()
        } else {
            purge
        }
    };
    soft(match at % 5 {
        0 => Purge::tag("all"),
        1 => Purge::prefix("a.example/").unwrap(),
        2 => Purge::pattern("*.example/*").unwrap(),
        3 => Purge::group(
            &Key::of_uri(&"http://a.example/".parse().unwrap()).unwrap(),
            "g",
        ),
        _ => Purge::everything(),
    })
}

#[test]
fn nothing_older_than_a_purge_is_served_after_it_returned() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let world = Arc::new(World::default());
    let layer = CacheLayer::new(CacheConfig::default().store(Arc::new(Memory::new(1 << 20))));
    let seen = world.clone();
    let service = layer.layer(service_fn(move |_: Request<RequestBody<String>>| {
        // Read when the request is sent: what it brings is at least this new.
        let version = seen.version.load(Ordering::SeqCst);
        async move {
            tokio::task::yield_now().await;
            Response::builder()
                .header("cache-control", "max-age=600")
                .header("surrogate-key", "all")
                .header("cache-groups", "\"g\"")
                .body(version.to_string())
        }
    }));
    runtime.block_on(async {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (world, service) = (world.clone(), service.clone());
                tokio::spawn(async move {
                    let mut hits = 0;
                    for at in 0.. {
                        let floor = world.floor.load(Ordering::SeqCst);
                        if floor == PURGES {
                            break;
                        }
                        let url = format!("http://a.example/{}", (at + reader) % URLS);
                        let request = Request::get(url).body(String::new()).unwrap();
                        let response = service.clone().oneshot(request).await.unwrap();
                        hits += u64::from(
                            response.headers()["cache-status"]
                                .to_str()
                                .unwrap()
                                .contains("hit"),
                        );
                        let body = response.into_body().collect().await.unwrap().to_bytes();
                        let version: u64 = std::str::from_utf8(&body).unwrap().parse().unwrap();
                        assert!(
                            version >= floor,
                            "version {version} after the purge of all below {floor}"
                        );
                    }
                    hits
                })
            })
            .collect();
        let purger = tokio::task::spawn_blocking(move || {
            for at in 1..=PURGES {
                world.version.store(at, Ordering::SeqCst);
                let _ = layer.apply(&purge(at));
                world.floor.store(at, Ordering::SeqCst);
                for _ in 0..at % 7 {
                    std::thread::yield_now();
                }
            }
            layer
        });
        let layer = purger.await.unwrap();
        let mut hits = 0;
        for reader in readers {
            hits += reader.await.unwrap();
        }
        assert_eq!(layer.purges().purged().all(), PURGES);
        assert!(hits > 0, "nothing was ever served from the store");
    });
}
