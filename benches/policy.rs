//! Cache decisions beside `http-cache-semantics`, on the same heads; allocations are printed first, since they do not
//! vary. Times are of the thread's own CPU.

mod thread_cpu;

use std::{
    hint::black_box,
    time::{Duration, SystemTime},
};

use criterion::Criterion;
use eaves_cache::{
    head::Head,
    policy::{Decision, Freshened, Policy, RequestHead, ResponseHead, Times},
    status::CacheStatus,
};
use eaves_common::time::{Mono, Now, Wall};
use http::{HeaderMap, Request, Response};
use http_cache_semantics::CachePolicy;
use thread_cpu::ThreadCpu;

const START: u64 = 1_790_000_000;

fn main() {
    if let Some(work) = std::env::var_os("EAVES_REPEAT") {
        return repeat(&work.to_string_lossy());
    }
    allocations();
    threads();
    let mut criterion = Criterion::default()
        .with_measurement(ThreadCpu)
        .configure_from_args();
    store(&mut criterion);
    hit(&mut criterion);
    freshen(&mut criterion);
    criterion.final_summary();
}

/// Does one piece of work a thousand times and nothing else, for a profiler that counts instructions:
/// `EAVES_REPEAT=304/eaves valgrind --tool=callgrind target/release/deps/policy-...`.
fn repeat(work: &str) {
    let (policy, request, response, answer) =
        (Policy::default(), request(), response(), not_modified());
    let head = keep(&policy, &request, &response);
    let theirs = CachePolicy::new_options(&request, &response, then(0), Default::default());
    for _ in 0..1000 {
        match work {
            "store/eaves" => drop(black_box(keep(&policy, black_box(&request), &response))),
            "store/peer" => drop(black_box(CachePolicy::new(black_box(&request), &response))),
            "hit/eaves" => drop(black_box(decide(&policy, black_box(&request), &head))),
            "hit/peer" => drop(black_box(
                theirs.before_request(black_box(&request), then(10)),
            )),
            "head/eaves" => drop(black_box(respond(black_box(&head).clone()))),
            "304/eaves" => drop(black_box(revalidated(
                &policy,
                &request,
                black_box(&head),
                &answer,
            ))),
            "304/peer" => drop(black_box(theirs.after_response(
                black_box(&request),
                &answer,
                then(7200),
            ))),
            _ => {}
        }
    }
}

/// The head of a hit's response.
fn respond(head: Head) -> HeaderMap {
    let status = CacheStatus::hit(3590);
    head.into_response(Duration::from_secs(10), status, "eaves")
}

/// A 304 merged into what is stored, and the response that it leads to.
fn revalidated(
    policy: &Policy,
    request: &Request<()>,
    head: &Head,
    answer: &Response<()>,
) -> HeaderMap {
    let (request, answer) = (RequestHead::from(request), ResponseHead::from(answer));
    match policy.freshen(request, head, answer, Times::at(at(7200))) {
        Freshened::Updated(head) => respond(head),
        Freshened::Mismatch => panic!("the tag is the stored one"),
    }
}

fn at(seconds: u64) -> Now {
    Now {
        mono: Mono::from_secs(seconds),
        wall: Wall::from_secs(START + seconds),
    }
}

fn then(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(START + seconds)
}

/// 8 fields.
fn request() -> Request<()> {
    Request::get("http://a.example/index.html")
        .header("host", "a.example")
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
        )
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("accept-encoding", "gzip, deflate, br")
        .header("accept-language", "en-US,en;q=0.5")
        .header("cookie", "a=b; c=d")
        .header("referer", "http://a.example/")
        .header("sec-fetch-mode", "navigate")
        .body(())
        .expect("a request")
}

/// 10 fields, four directives.
fn response() -> Response<()> {
    Response::builder()
        .header("date", "Mon, 21 Sep 2026 14:13:20 GMT")
        .header(
            "cache-control",
            "public, max-age=3600, stale-while-revalidate=60, stale-if-error=600",
        )
        .header("content-type", "text/html; charset=utf-8")
        .header("content-length", "4096")
        .header("etag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"")
        .header("last-modified", "Sun, 20 Sep 2026 14:13:20 GMT")
        .header("vary", "accept-encoding")
        .header("server", "origin")
        .header("content-language", "en")
        .header("x-frame-options", "DENY")
        .body(())
        .expect("a response")
}

fn not_modified() -> Response<()> {
    Response::builder()
        .status(304)
        .header("date", "Mon, 21 Sep 2026 16:13:20 GMT")
        .header(
            "cache-control",
            "public, max-age=3600, stale-while-revalidate=60, stale-if-error=600",
        )
        .header("etag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"")
        .body(())
        .expect("a response")
}

fn keep(policy: &Policy, request: &Request<()>, response: &Response<()>) -> Head {
    let kept = policy.keep(
        RequestHead::from(request),
        ResponseHead::from(response),
        Times::at(at(0)),
    );
    kept.expect("it may be stored")
}

fn allocations() {
    let (policy, request, response) = (Policy::default(), request(), response());
    let count = |name: &str, work: &mut dyn FnMut()| {
        let taken = allocation_counter::measure(work);
        println!(
            "{name:<40} {:>3} allocations, {:>5} bytes",
            taken.count_total, taken.bytes_total
        );
    };
    count("policy/store/eaves", &mut || {
        drop(black_box(keep(&policy, &request, &response)))
    });
    count("policy/store/http-cache-semantics", &mut || {
        drop(black_box(CachePolicy::new(&request, &response)))
    });
    let head = keep(&policy, &request, &response);
    count("policy/hit/eaves", &mut || {
        drop(black_box(decide(&policy, &request, &head)))
    });
    // As a store hands it out: a copy with room for two more fields.
    let mut bytes = Vec::with_capacity(head.as_bytes().len() + 128);
    bytes.extend_from_slice(head.as_bytes());
    let mut copy = Head::from_bytes(bytes).ok();
    count("policy/hit-and-head/eaves", &mut || {
        let head = copy.take().expect("counted once");
        let status = CacheStatus::hit(3590);
        drop(black_box(head.into_response(
            Duration::from_secs(10),
            status,
            "eaves",
        )));
    });
    let theirs = CachePolicy::new_options(&request, &response, then(0), Default::default());
    count("policy/hit-and-head/http-cache-semantics", &mut || {
        drop(black_box(theirs.before_request(&request, then(10))));
    });
}

fn decide(policy: &Policy, request: &Request<()>, head: &Head) -> Decision {
    let decision = policy.decide(RequestHead::from(request), Some(head), None, at(10));
    assert!(matches!(decision, Decision::Hit { .. }));
    decision
}

/// Heads of hits built by one thread and by two at once, from copies as a store hands them out: what each takes of its
/// own core.
fn threads() {
    const HEADS: u32 = 200_000;
    let (policy, request, response) = (Policy::default(), request(), response());
    let head = keep(&policy, &request, &response);
    let build = || {
        let started = thread_time();
        for _ in 0..HEADS {
            let copy = Head::from_bytes(black_box(&head).as_bytes().to_vec()).expect("a head");
            let decision = decide(&policy, &request, &copy);
            drop(black_box((decision, respond(copy))));
        }
        (thread_time() - started) / HEADS
    };
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        best.0 = best.0.min(build());
        let both = std::thread::scope(|scope| {
            [scope.spawn(build), scope.spawn(build)].map(|one| one.join())
        });
        let slower = both.into_iter().flatten().max().unwrap_or(Duration::MAX);
        best.1 = best.1.min(slower);
    }
    let ratio = best.1.as_secs_f64() / best.0.as_secs_f64();
    println!(
        "policy/hit-and-head, one thread {:?}, two threads {:?}: {ratio:.2}",
        best.0, best.1
    );
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn store(criterion: &mut Criterion<ThreadCpu>) {
    let (policy, request, response) = (Policy::default(), request(), response());
    let mut group = criterion.benchmark_group("policy/store");
    group.bench_function("eaves", |b| {
        b.iter(|| keep(&policy, black_box(&request), &response))
    });
    group.bench_function("eaves-decision-alone", |b| {
        b.iter(|| {
            policy.storage(
                RequestHead::from(black_box(&request)),
                ResponseHead::from(&response),
                Times::at(at(0)),
            )
        });
    });
    group.bench_function("http-cache-semantics", |b| {
        b.iter(|| CachePolicy::new(black_box(&request), &response))
    });
    group.finish();
}

fn hit(criterion: &mut Criterion<ThreadCpu>) {
    let (policy, request, response) = (Policy::default(), request(), response());
    let head = keep(&policy, &request, &response);
    let mut group = criterion.benchmark_group("policy/hit");
    group.bench_function("eaves", |b| {
        b.iter(|| decide(&policy, black_box(&request), &head))
    });
    group.bench_function("eaves-standards-only", |b| {
        let policy = Policy::standards_only();
        b.iter(|| decide(&policy, black_box(&request), &head));
    });
    group.bench_function("eaves-with-head", |b| {
        b.iter(|| {
            let decision = decide(&policy, black_box(&request), &head);
            let status = CacheStatus::hit(3590);
            (
                decision,
                head.clone()
                    .into_response(Duration::from_secs(10), status, "eaves"),
            )
        });
    });
    let theirs = CachePolicy::new_options(&request, &response, then(0), Default::default());
    group.bench_function("http-cache-semantics", |b| {
        b.iter(|| theirs.before_request(black_box(&request), then(10)))
    });
    group.finish();
}

fn freshen(criterion: &mut Criterion<ThreadCpu>) {
    let (policy, request, response, answer) =
        (Policy::default(), request(), response(), not_modified());
    let head = keep(&policy, &request, &response);
    let mut group = criterion.benchmark_group("policy/304");
    group.bench_function("eaves", |b| {
        b.iter(|| revalidated(&policy, &request, black_box(&head), &answer));
    });
    let theirs = CachePolicy::new_options(&request, &response, then(0), Default::default());
    group.bench_function("http-cache-semantics", |b| {
        b.iter(|| theirs.after_response(black_box(&request), &answer, then(7200)));
    });
    group.finish();
}
