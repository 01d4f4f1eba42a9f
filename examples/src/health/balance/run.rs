//! Requests at a steady rate through the balancing service, and a line for each second.

use std::{error::Error, io::Write, time::Duration};

use bytes::Bytes;
use clap::Parser;
use eaves_health::{
    Algorithm, PoolConfig,
    driver::{self, Handle},
    pool::OriginConfig,
    probe::Check,
    retry::{HedgeConfig, Retry, RetryConfig},
    tower::{Balance, BalanceConfig, BalanceLayer, Counts, SendBody},
};
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};
use tower_layer::Layer as _;
use tower_service::Service as _;

use super::{Second, Server, second::difference, server::three};

/// Sends requests over three flaky servers, and prints what comes of them.
#[derive(Clone, Debug, Parser)]
#[command(name = "health-balance")]
pub struct Options {
    /// For how long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// Requests a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub rate: u32,
    /// How often a request may be tried again.
    #[arg(long, default_value_t = 1)]
    pub retries: u8,
    /// Sends no second request beside one that is late.
    #[arg(long)]
    pub no_hedge: bool,
}

type Http = Client<HttpConnector, SendBody<Empty<Bytes>>>;

/// What is sent at once; above that, a request is not sent and has failed.
const MAX_UNDER_WAY: usize = 4096;

/// Runs to the end.
///
/// # Errors
///
/// When a port cannot be opened, or nothing can be printed.
pub async fn run(options: &Options, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let servers = three().await?;
    let handle = watch(&servers)?;
    let balance = balance(options, &handle)?;
    let mut ticks = interval(Duration::from_secs(1) / options.rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut seconds = interval(Duration::from_secs(1));
    seconds.tick().await;
    let (mut number, mut second, mut before) = (0, Second::default(), Counts::default());
    let mut total = (0, 0);
    let mut under_way = JoinSet::new();
    while number < options.seconds {
        tokio::select! {
            _ = ticks.tick() => match under_way.len() < MAX_UNDER_WAY {
                true => drop(under_way.spawn(ask(balance.clone()))),
                false => second.add(false, Duration::ZERO),
            },
            Some(Ok((good, latency))) = under_way.join_next() => second.add(good, latency),
            _ = seconds.tick() => {
                number += 1;
                let counts = balance.counts();
                let line = second.line(number, difference(counts, before), &handle.status());
                writeln!(out, "{line}")?;
                total = (total.0 + second.answered(), total.1 + second.failed);
                (second, before) = (Second::default(), counts);
            }
        }
    }
    let counts = balance.counts();
    writeln!(
        out,
        "in all: {} ok, {} failed, {} retries, {} hedges, {} of them won, {} over budget",
        total.0, total.1, counts.retries, counts.hedges, counts.hedges_won, counts.over_budget
    )?;
    handle.stop().await;
    Ok(())
}

fn watch(servers: &[Server]) -> Result<Handle, Box<dyn Error>> {
    let named = servers.iter().zip(["stuttering", "erring", "flapping"]);
    let origins = named.map(|(server, name)| OriginConfig::new(name, server.addr));
    let check = Check::http("/").interval(Duration::from_millis(200));
    let config = PoolConfig::new("flaky").check(check).origins(origins);
    Ok(driver::spawn(config)?)
}

fn balance(options: &Options, handle: &Handle) -> Result<Balance<Http>, Box<dyn Error>> {
    let mut retry = RetryConfig::default().retries(options.retries);
    if !options.no_hedge {
        retry = retry.hedge(HedgeConfig::default());
    }
    let limits = BalanceConfig::default()
        .attempt_timeout(Duration::from_secs(1))
        .deadline(Duration::from_secs(2));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let selector = handle.selector(Algorithm::PowerOfTwo);
    Ok(BalanceLayer::new(selector, Retry::new(retry)?)
        .config(limits)
        .layer(client))
}

/// Asks once, and reads the answer to its end.
async fn ask(mut balance: Balance<Http>) -> (bool, Duration) {
    let began = Instant::now();
    let request = Request::get("http://flaky.example/").body(Empty::new());
    let request = request.expect("the request is well-formed");
    let good = match balance.call(request).await {
        Ok(response) => {
            let good = response.status().is_success();
            good && response.into_body().collect().await.is_ok()
        }
        Err(_) => false,
    };
    (good, began.elapsed())
}
