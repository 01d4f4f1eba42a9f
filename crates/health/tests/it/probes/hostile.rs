//! Origins that mean ill: nobody is delayed by them, and none of them is believed.

use std::time::Duration;

use eaves_health::{
    PoolConfig, driver,
    monitor::Standing,
    pool::OriginConfig,
    probe::{Check, HttpQuestion, Pattern, Payload, Reason},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    PATIENCE, ask,
    origin::{origin, read_head, saying},
    patient, reason,
};

fn wanting() -> HttpQuestion {
    let mut question = HttpQuestion::new("/");
    question.body = Some(Pattern::text("never"));
    question
}

#[tokio::test]
async fn a_reset_is_told() {
    let addr = origin(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            .await;
        let _ = stream.set_zero_linger();
    })
    .await;
    let broken = reason(ask(patient(wanting()), addr).await);
    // The reset may overtake what was sent before it.
    let fits = matches!(broken, Reason::Io { .. } | Reason::Protocol { .. });
    assert!(fits, "{broken}");
}

#[tokio::test]
async fn a_body_that_ends_early_is_told_from_one_that_lacks_the_text() {
    let cut = saying("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    let cut = reason(ask(patient(wanting()), cut).await);
    assert!(matches!(cut, Reason::Protocol { .. }), "{cut}");
    let whole = saying("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhalf").await;
    assert_eq!(
        reason(ask(patient(wanting()), whole).await),
        Reason::Body { read: 4 }
    );
}

#[tokio::test]
async fn what_has_no_end_is_cut() {
    let head = origin(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x-more: and more\r\n").await.is_ok() {}
    })
    .await;
    let refused = reason(ask(patient(wanting()), head).await);
    assert!(matches!(refused, Reason::Protocol { .. }), "{refused}");
    let body = origin(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    assert_eq!(
        reason(ask(patient(wanting()), body).await),
        Reason::Body { read: 65_536 }
    );
    let banner =
        origin(|mut stream| async move { while stream.write_all(&[b'x'; 4096]).await.is_ok() {} })
            .await;
    let payload = Payload::default().expect(Pattern::text("never"));
    let cut = reason(ask(patient(payload), banner).await);
    assert_eq!(cut, Reason::Text { read: 16_384 });
}

#[tokio::test]
async fn dripping_origins_delay_nobody() {
    let dripping = origin(|mut stream| async move {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        // Well-formed as far as it goes: nothing but its end could be judged.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-more: ").await;
        while stream.write_all(b"H").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let good = saying("HTTP/1.1 200 OK\r\n\r\n").await;
    let slow = (0..50).map(|at| OriginConfig::new(format!("slow{at}"), dripping));
    let check = Check::http("/")
        .interval(Duration::from_millis(20))
        .timeout(Duration::from_secs(3600));
    let config = PoolConfig::new("web")
        .check(check)
        .origins(slow.chain([OriginConfig::new("good", good)]));
    let handle = driver::spawn(config).unwrap();
    let mut findings = handle.findings();
    for _ in 0..20 {
        let probed = timeout(PATIENCE, findings.recv()).await.unwrap().unwrap();
        assert_eq!(&*probed.name, "good");
    }
    let status = handle.status();
    assert_eq!(status.healthy, 1);
    assert!(
        status
            .origins
            .iter()
            .all(|origin| origin.name == "good" || origin.standing == Standing::Unknown)
    );
    handle.stop().await;
}
