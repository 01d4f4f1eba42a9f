//! Rate limits in front of a tonic service, and a client that runs into them.
//!
//! Try it: `cargo run --example limit-tonic`: it serves, calls itself eight times, and prints what each
//! call was answered. With `--listen` it serves others until it is stopped.

use std::{net::SocketAddr, process::ExitCode};

use bytes::Bytes;
use clap::Parser;
use eaves_common::units::Rate;
use eaves_examples::ratelimit::{listen, rpc};
use tonic::transport::{Channel, Endpoint};

/// Serves a gRPC echo whose callers are limited.
#[derive(Parser)]
struct Cli {
    /// Where to listen, for other clients; without it, the program calls itself and ends.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// How much each client may call.
    #[arg(long, default_value = "100/1m burst 5")]
    limit: Rate,
    /// How often the program calls itself.
    #[arg(long, default_value_t = 8)]
    calls: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run(&Cli::parse()).await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("limit-tonic: {error}");
    ExitCode::FAILURE
}

async fn run(cli: &Cli) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = listen(cli.listen.unwrap_or(any)).await?;
    let address = listener.local_addr()?;
    let server = rpc::serve(listener, cli.limit);
    if cli.listen.is_some() {
        return server.await;
    }
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect_lazy();
    tokio::select! {
        ended = server => ended,
        () = call(channel, cli.calls) => Ok(()),
    }
}

async fn call(channel: Channel, calls: u32) {
    for call in 1..=calls {
        match rpc::call(channel.clone(), Bytes::from_static(b"hello")).await {
            Ok(answer) => println!("call {call}: {:?}", answer.into_inner()),
            Err(status) => println!("call {call}: {}", refusal(&status)),
        }
    }
}

fn refusal(status: &tonic::Status) -> String {
    let field = |name| {
        status
            .metadata()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let (code, message) = (status.code(), status.message());
    match field("retry-after") {
        Some(seconds) => format!("{code:?}, {message}; try again in {seconds} s"),
        None => format!("{code:?}, {message}"),
    }
}
