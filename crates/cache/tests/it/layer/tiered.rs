//! A parent cache between this one and the origin.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use eaves_cache::tower::{CacheConfig, CacheLayer, RequestBody, Tier, Tiered};
use http::{Method, Request, Response, request::Parts};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test]
async fn misses_go_through_the_parent_and_past_it_when_it_is_down() {
    let (parents, origins) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (asked, seen) = (parents.clone(), origins.clone());
    let parent = service_fn(move |request: Request<RequestBody<String>>| {
        let count = asked.fetch_add(1, Ordering::Relaxed);
        let down = count > 0 || request.method() == Method::POST;
        async move {
            if down {
                Err("down")
            } else {
                Ok(Response::new("parent".to_owned()))
            }
        }
    });
    let origin = service_fn(move |_: Request<RequestBody<String>>| {
        seen.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, &str>(Response::new("origin".to_owned())) }
    });
    let choose = |request: &Parts| {
        if request.uri.path() == "/direct" {
            Tier::Origin
        } else {
            Tier::Parent
        }
    };
    let upstream = Tiered::new(parent, origin, choose);
    let service = CacheLayer::new(CacheConfig::default()).layer(upstream);
    let fetch = |method: Method, path: &str, body: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://a.example{path}"))
            .header("content-length", body.len())
            .body(body.to_owned())
            .unwrap();
        let answer = service.clone().oneshot(request);
        async move {
            Ok::<_, &str>(
                answer
                    .await?
                    .into_body()
                    .collect()
                    .await
                    .unwrap()
                    .to_bytes(),
            )
        }
    };
    assert_eq!(fetch(Method::GET, "/", "").await.unwrap(), "parent");
    assert_eq!(fetch(Method::GET, "/direct", "").await.unwrap(), "origin");
    assert_eq!(parents.load(Ordering::Relaxed), 1);
    assert_eq!(
        fetch(Method::GET, "/", "").await.unwrap(),
        "origin",
        "the parent is down"
    );
    // It may have done what it was asked for.
    assert_eq!(fetch(Method::POST, "/", "x").await.err(), Some("down"));
    assert_eq!(
        (
            parents.load(Ordering::Relaxed),
            origins.load(Ordering::Relaxed)
        ),
        (3, 2)
    );
}
