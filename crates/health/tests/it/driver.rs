//! Real sockets on loopback.

use std::{net::SocketAddr, time::Duration};

use eaves_health::{
    Algorithm, Failure, Outcome, PoolConfig,
    driver::{self, Handle},
    monitor::{Change, Standing},
    pool::OriginConfig,
    probe::{Check, HttpQuestion, Pattern},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::probes::PATIENCE;

/// What an origin does with a connection.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Answer(&'static str),
    Drip,
    Endless,
    Hang,
    Reset,
}

async fn origin(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(behave(stream, manner));
        }
    });
    addr
}

async fn behave(mut stream: TcpStream, manner: Manner) {
    let mut request = [0; 1024];
    let _ = stream.read(&mut request).await;
    let mut drip: &[u8] = b"HTTP/1.1 200 OK\r\n";
    match manner {
        Manner::Answer(answer) => drop(stream.write_all(answer.as_bytes()).await),
        Manner::Drip => loop {
            // Each a field more of a head that never ends.
            if stream.write_all(drip).await.is_err() {
                return;
            }
            drip = b"x-more: y\r\n";
            tokio::time::sleep(Duration::from_secs(1)).await;
        },
        Manner::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
        Manner::Hang => std::future::pending().await,
        Manner::Reset => drop(stream),
    }
}

fn check() -> Check {
    Check::http("/")
        .interval(Duration::from_millis(50))
        .pending_interval(Duration::from_millis(10))
        .timeout(Duration::from_secs(3))
}

fn pool(addrs: &[SocketAddr], check: Check) -> Handle {
    let origin = |(at, addr): (usize, &SocketAddr)| OriginConfig::new(format!("o{at}"), *addr);
    let origins = addrs.iter().enumerate().map(origin);
    driver::spawn(PoolConfig::new("test").check(check).origins(origins)).unwrap()
}

/// Waits until the origins stand so.
async fn until(handle: &Handle, standings: &[Standing]) {
    let mut events = handle.subscribe();
    let reached = async {
        loop {
            let status = handle.status();
            if status
                .origins
                .iter()
                .map(|origin| origin.standing)
                .eq(standings.iter().copied())
            {
                return;
            }
            let _ = events.recv().await;
        }
    };
    let waited = timeout(PATIENCE, reached).await;
    assert!(waited.is_ok(), "{:#?}", handle.status());
}

#[tokio::test]
async fn each_kind_of_bad_origin_is_told_from_the_good() {
    let mut looking = HttpQuestion::new("/");
    looking.body = Some(Pattern::text("all is well"));
    let mut checks = check();
    checks.question = looking.into();
    let refusing = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let well = Manner::Answer("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nall is well");
    let mut addrs = vec![refusing, origin(well).await];
    for manner in [
        Manner::Drip,
        Manner::Endless,
        Manner::Hang,
        Manner::Reset,
        Manner::Answer("HTTP/1.1 503 No\r\n\r\n"),
        Manner::Answer("HTTP/1.1 200 OK\r\n\r\nnothing is well"),
        Manner::Answer("220 mail.example ESMTP\r\n"),
    ] {
        addrs.push(origin(manner).await);
    }
    addrs.push(origin(well).await);
    let handle = pool(&addrs, checks);
    let mut expected = [Standing::Down; 10];
    (expected[1], expected[9]) = (Standing::Healthy, Standing::Healthy);
    until(&handle, &expected).await;
    handle.stop().await;
}

#[tokio::test]
async fn a_slow_origin_does_not_delay_another() {
    let slow = origin(Manner::Drip).await;
    let good = origin(Manner::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    let handle = pool(&[slow, slow, slow, good], check().timeout(PATIENCE));
    until(
        &handle,
        &[
            Standing::Unknown,
            Standing::Unknown,
            Standing::Unknown,
            Standing::Healthy,
        ],
    )
    .await;
    handle.stop().await;
}

#[tokio::test]
async fn errors_on_traffic_reach_the_monitor_at_once() {
    let good = Manner::Answer("HTTP/1.1 200 OK\r\n\r\n");
    let addrs = [origin(good).await, origin(good).await, origin(good).await];
    // Probes are too rare to notice anything here.
    let handle = pool(
        &addrs,
        check()
            .interval(Duration::from_secs(3600))
            .timeout(PATIENCE),
    );
    until(&handle, &[Standing::Healthy; 3]).await;
    let mut events = handle.subscribe();
    let watch = handle.watch();
    let selector = handle.selector(Algorithm::RoundRobin);
    for _ in 0..9 {
        let guard = selector.pick(&[]).unwrap();
        let outcome = if guard.id().number() == 1 {
            Outcome::Error(Failure::Timeout)
        } else {
            Outcome::Success {
                latency: Duration::from_millis(1),
            }
        };
        guard.finish(outcome);
    }
    let event = timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
    assert!(
        matches!(
            event.change,
            Change::Origin {
                to: Standing::Ejected,
                ..
            }
        ),
        "{event}"
    );
    assert!(
        watch
            .borrow()
            .available()
            .all(|origin| origin.name() != "o1")
    );
    handle.stop().await;
}

#[tokio::test]
async fn stopping_ends_all_probes() {
    let hanging = origin(Manner::Hang).await;
    let handle = pool(&[hanging; 1], check().timeout(Duration::from_secs(3600)));
    let selector = handle.selector(Algorithm::PowerOfTwo);
    tokio::task::yield_now().await;
    timeout(PATIENCE, handle.stop()).await.unwrap();
    assert!(
        selector.pick(&[]).is_some(),
        "selectors go on with what they know"
    );
}

#[tokio::test]
async fn members_can_be_replaced_while_it_runs() {
    let good = origin(Manner::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    let handle = pool(&[good], check());
    until(&handle, &[Standing::Healthy]).await;
    let origins = vec![
        OriginConfig::new("o0", good),
        OriginConfig::new("more", good),
    ];
    handle.set_origins(origins).unwrap();
    until(&handle, &[Standing::Healthy; 2]).await;
    assert_eq!(handle.snapshot().members().len(), 2);
}

#[tokio::test]
async fn the_first_subscriber_misses_nothing_however_late_it_comes() {
    let addr = origin(Manner::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    let config = PoolConfig::new("web").origin(OriginConfig::new("a", addr).check(check()));
    let handle = driver::spawn(config).unwrap();
    while handle.status().origins[0].standing == Standing::Unknown {
        tokio::task::yield_now().await;
    }
    let mut late = handle.subscribe();
    let mut later = handle.subscribe();
    assert!(
        late.try_recv().is_ok(),
        "the first verdict was told before it came"
    );
    assert!(later.try_recv().is_err());
    handle.stop().await;
}

#[tokio::test]
async fn an_origin_that_is_slow_is_spared() {
    let good = origin(Manner::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    let named = |name: &str| OriginConfig::new(name, good);
    let origins = [
        named("a").check(check().max_latency(Duration::ZERO)),
        named("b"),
    ];
    let check = check().timeout(PATIENCE);
    let handle = driver::spawn(PoolConfig::new("web").check(check).origins(origins)).unwrap();
    until(&handle, &[Standing::Degraded, Standing::Healthy]).await;
    handle.set_origins(vec![named("a"), named("b")]).unwrap();
    until(&handle, &[Standing::Healthy; 2]).await;
    handle.stop().await;
}
