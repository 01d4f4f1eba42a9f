//! Origins behind names: addresses come and go, health stays.

use std::{
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use eaves_health::{
    PoolConfig,
    driver::{NamedOrigin, Options, Resolve, Resolved, Resolving},
    monitor::Standing,
    pool::OriginConfig,
    probe::Check,
};

use super::{PATIENCE, origin::origin};

/// What the name leads to; nothing is a failure, and `None` a panic.
#[derive(Clone, Debug, Default)]
struct Book(Arc<Mutex<Option<Vec<IpAddr>>>>);

impl Book {
    fn set(&self, addrs: Option<&[&str]>) {
        let parsed = addrs.map(|addrs| addrs.iter().map(|addr| addr.parse().unwrap()).collect());
        *self.0.lock().unwrap() = parsed;
    }
}

impl Resolve for Book {
    fn resolve(&self, host: &str) -> Resolving {
        assert_eq!(host, "api.example");
        let addrs = self.0.lock().unwrap().clone();
        Box::pin(async move {
            let addrs = addrs.expect("a panic of the resolver");
            match addrs.is_empty() {
                true => Err(io::ErrorKind::NotFound.into()),
                false => Ok(Resolved::from(addrs)),
            }
        })
    }
}

async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let waiting = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "{what}");
}

#[tokio::test]
async fn addresses_come_and_go_while_health_stays() {
    let addr = origin(|_| async {}).await;
    let book = Book::default();
    book.set(Some(&["127.0.0.1"]));
    let check = Check::tcp()
        .interval(Duration::from_millis(20))
        .timeout(PATIENCE);
    let api = NamedOrigin::new("api", "api.example", addr.port())
        .interval(Duration::from_millis(20))
        .with(|origin| origin.weight(3));
    let fixed = OriginConfig::new("fixed", addr);
    let handle = Options::new()
        .resolver(Arc::new(book.clone()))
        .name(api)
        .spawn(PoolConfig::new("web").check(check).origin(fixed.clone()))
        .unwrap();
    let names = || -> Vec<String> {
        let status = handle.status();
        status
            .origins
            .into_iter()
            .map(|origin| origin.name)
            .collect()
    };
    let standing = |name: &str| {
        let status = handle.status();
        let mut origins = status.origins.into_iter();
        origins
            .find(|origin| origin.name == name)
            .map(|origin| (origin.id, origin.standing))
    };
    until("the first address serves", || {
        standing("api@127.0.0.1").is_some_and(|(_, standing)| standing == Standing::Healthy)
    })
    .await;
    let known = standing("api@127.0.0.1");

    book.set(Some(&["127.0.0.1", "127.0.0.2"]));
    until("another address appears", || names().len() == 3).await;
    assert_eq!(
        standing("api@127.0.0.1"),
        known,
        "what is known of the first stays"
    );

    book.set(Some(&[]));
    until("look-ups fail", || handle.names()[0].failures >= 1).await;
    book.set(None);
    until("the resolver panics", || {
        let error = handle.names()[0].last_error.clone();
        error.is_some_and(|error| error.contains("panicked"))
    })
    .await;
    assert_eq!(names().len(), 3, "the latest addresses stay");

    book.set(Some(&["127.0.0.2"]));
    until("an address disappears", || {
        names() == ["fixed", "api@127.0.0.2"]
    })
    .await;
    assert_eq!(
        handle.names()[0].addrs,
        ["127.0.0.2".parse::<IpAddr>().unwrap()]
    );

    let more = OriginConfig::new("more", addr);
    handle.set_origins(vec![fixed, more]).unwrap();
    let mut now = names();
    now.sort();
    assert_eq!(
        now,
        ["api@127.0.0.2", "fixed", "more"],
        "an edit leaves named ones alone"
    );
    handle.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_name_is_told_at_the_start() {
    let name = NamedOrigin::new("api", "", 1)
        .interval(Duration::ZERO)
        .max_addrs(0);
    let error = Options::new()
        .name(name)
        .spawn(PoolConfig::new("web"))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "names[0].interval: 0ns is out of range, use 10ms to 1d\n\
         names[0].max_addrs: 0 is out of range, use 1 to 1024\n\
         names[0].host: use a host name of 1 to 253 bytes"
    );
}
