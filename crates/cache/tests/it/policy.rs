//! Decisions from the RFC text, and the defects of other caches as regressions.

mod dates;
mod defences;
mod properties;
mod reuse;
mod storing;
mod targeted;
mod update;
mod windows;

use eaves_cache::head::Head;
use eaves_cache::policy::{Meta, Policy, Storage, Times};
use eaves_common::time::{Mono, Now, Wall};
use http::{Method, Request, Response};

const START: u64 = 1_790_000_000;
const DATE: (&str, &str) = ("date", "Mon, 21 Sep 2026 14:13:20 GMT");

fn at(seconds: u64) -> Now {
    Now {
        mono: Mono::from_secs(1000 + seconds),
        wall: Wall::from_secs(START + seconds),
    }
}

fn request(method: Method, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri("http://a.example/x");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn response(status: u16, fields: &[(&str, &str)]) -> Response<()> {
    let mut response = Response::builder().status(status);
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

fn storage(policy: &Policy, status: u16, fields: &[(&str, &str)]) -> Storage {
    let request = request(Method::GET, &[]);
    policy.storage(
        (&request).into(),
        (&response(status, fields)).into(),
        Times::at(at(0)),
    )
}

fn meta(status: u16, fields: &[(&str, &str)]) -> Meta {
    match storage(&Policy::standards_only(), status, fields) {
        Storage::Store(meta) => meta,
        Storage::Refuse(reason) => panic!("{fields:?} refused: {reason:?}"),
    }
}

fn head(fields: &[(&str, &str)]) -> Head {
    let response = response(200, fields);
    Head::new(meta(200, fields), response.headers())
}
