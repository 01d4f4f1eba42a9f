//! `edge check`, `edge print`, `edge origin`.

use std::{net::SocketAddr, path::Path, process::ExitCode};

use tokio_util::sync::CancellationToken;

use super::{Ending, environment, fail, ports};
use crate::edge::{config, origin::DemoOrigin};

/// Prints all problems of a file.
pub(super) fn check(file: &Path) -> ExitCode {
    match config::load(file, environment()) {
        Ok(_) => {
            println!("{}: no problems", file.display());
            ExitCode::SUCCESS
        }
        Err(problems) => {
            print!("{problems}");
            println!("{}: {} problems", file.display(), problems.count());
            ExitCode::FAILURE
        }
    }
}

/// Prints the values in effect and where they come from.
pub(super) fn print(file: &Path) -> ExitCode {
    match config::load(file, environment()) {
        Ok(config) => {
            for setting in config.effective() {
                println!("{setting}");
            }
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprint!("{problems}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a demo origin until it is told to end.
pub(super) async fn origin(listen: SocketAddr, name: &str) -> ExitCode {
    let listener = match ports::tcp(listen, ports::Taken::Refuse).await {
        Ok(listener) => listener,
        Err(error) => return fail(error),
    };
    let ending = match Ending::take() {
        Ok(ending) => ending,
        Err(error) => return fail(error),
    };
    let address = listener.local_addr().unwrap_or(listen);
    let stop = CancellationToken::new();
    println!("origin  http://{address}/\nready");
    let serving = tokio::spawn(DemoOrigin::new(name).run(listener, stop.clone()));
    ending.asked().await;
    stop.cancel();
    let _ = serving.await;
    ExitCode::SUCCESS
}
