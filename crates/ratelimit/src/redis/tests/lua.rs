//! The scripts themselves, in a real server.

use eaves_common::time::{Clock as _, SystemClock};
use redis::{Client, Connection, Script};

use super::{
    super::{
        script::{self, Call, Question, STRICT, SYNC},
        terms::Terms,
    },
    server::{Server, installed},
    store::Model,
};
use crate::key::KeyHash;

struct Real {
    connection: Connection,
    _server: Server,
}

impl Real {
    fn start() -> Self {
        let server = Server::start();
        let client = Client::open(server.url()).unwrap();
        Self {
            connection: client.get_connection().unwrap(),
            _server: server,
        }
    }

    fn call(&mut self, code: &str, call: &Call) -> Vec<i64> {
        let script = Script::new(code);
        let mut invocation = script.prepare_invoke();
        invocation.key(&call.keys).arg(&call.args);
        invocation.invoke(&mut self.connection).unwrap()
    }
}

/// Age, cost and ceiling in microseconds, and demand, of two keys.
fn batch(number: u64, first: [f64; 4], second: [f64; 4]) -> Call {
    let text = |number: &f64| number.to_string();
    Call {
        keys: ["{p.0}!n", "{p.0}!nodes", "{p.0}:r:1", "{p.0}:r:2"]
            .map(str::to_owned)
            .to_vec(),
        args: [
            number.to_string(),
            "n".to_owned(),
            "10000000".to_owned(),
            "500000".to_owned(),
        ]
        .into_iter()
        .chain(first.iter().chain(&second).map(text))
        .collect(),
    }
}

#[test]
fn the_store_of_the_simulation_does_what_the_script_does() {
    if !installed() {
        return;
    }
    let (mut real, mut model) = (Real::start(), Model::default());
    let hour = 3.6e9;
    for (step, call) in [
        batch(1, [0.0, 5e8, hour, 10.0], [5e5, 4e5, hour, 1.0]),
        batch(2, [5e5, 7e8, hour, 0.0], [0.0, 1e9, hour, 5.0]),
        batch(2, [5e5, 7e8, hour, 0.0], [0.0, 1e9, hour, 5.0]), // again
        batch(1, [0.0, 9e8, hour, 7.0], [0.0, 9e8, hour, 7.0]), // late
        batch(3, [0.0, -2e8, hour, 0.0], [0.0, 1e12, hour, 0.0]), // given back; above the ceiling
        batch(4, [0.0, 0.0, 1e6, 0.0], [0.0, 1.5, hour, 1e6]),
    ]
    .iter()
    .enumerate()
    {
        let now = SystemClock.now().wall.as_nanos() as f64 / 1_000.0;
        let (real, model) = (real.call(SYNC, call), model.sync(call, now));
        assert_eq!(real.len(), model.len(), "{step}");
        for (at, (real, model)) in real.iter().zip(&model).enumerate() {
            // The two are asked at different times: by up to ten seconds on a busy machine.
            let near = match at % 3 {
                1 => 10_000_000_000, // debt
                2 => 1_000 + model / 2,
                _ => 0,
            };
            let apart = real.abs_diff(*model);
            assert!(
                at == 0 || apart <= near as u64,
                "step {step}, number {at}: {real}, {model}"
            );
        }
    }
}

#[test]
fn debts_are_exact_to_a_fraction_of_a_microsecond() {
    if !installed() {
        return;
    }
    let mut real = Real::start();
    let debts: Vec<i64> = (1..=3)
        .map(|number| {
            real.call(
                SYNC,
                &batch(number, [0.0, 3.6e9, 1e12, 0.0], [0.0, 1e6 / 3.0, 1e12, 0.0]),
            )[1]
        })
        .collect();
    for (hours, debt) in (1..).zip(&debts) {
        let due = hours * 3_600_000_000_000_i64;
        assert!(
            (due - 30_000_000_000..=due + 20).contains(debt),
            "{debts:?}"
        );
    }
}

#[test]
fn a_strict_script_counts_all_or_none() {
    if !installed() {
        return;
    }
    let mut real = Real::start();
    let (wide, narrow) = (
        Terms::of("1/1h burst 5".parse().unwrap()),
        Terms::of("1/1h burst 2".parse().unwrap()),
    );
    let question = |rule, terms, cost, denies| Question {
        rule,
        terms,
        key: KeyHash::new(7),
        cost,
        wanted: cost,
        ceiling: 1e18,
        denies,
    };
    let mut ask = |cost, narrow_denies| {
        let questions = [
            question("wide", &wide, cost, true),
            question("narrow", &narrow, cost, narrow_denies),
        ];
        let numbers = real.call(STRICT, &script::strict("{p}", &questions));
        let (passes, told) = script::read_strict(&numbers, 2).unwrap();
        let hours = told.iter().map(|(told, _)| (told.debt / 3.6e12).round());
        (
            passes,
            hours.collect::<Vec<_>>(),
            told.iter().map(|(_, fits)| *fits).collect::<Vec<_>>(),
        )
    };
    assert_eq!(ask(2, true), (true, vec![2.0, 2.0], vec![true, true]));
    assert_eq!(ask(1, true), (false, vec![2.0, 2.0], vec![true, false]));
    assert_eq!(
        ask(1, false),
        (true, vec![3.0, 2.0], vec![true, false]),
        "a shadow denies nothing"
    );
    assert_eq!(ask(2, false), (true, vec![5.0, 2.0], vec![true, false]));
    assert_eq!(ask(1, false), (false, vec![5.0, 2.0], vec![false, false]));
}
