//! Serving a configuration: with demo origins, or as a file says.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use eaves_cache::tower::CacheLayer;
use eaves_common::Error;
use eaves_health::pool::OriginConfig;
use eaves_ratelimit::{key::KeyHasher, rrl::ResponseLimiter};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Ending,
    banner::Banner,
    environment, fail,
    ports::{self, Taken},
};
use crate::edge::{
    admin::{self, Status},
    config::{self, EdgeConfig, NamesSettings},
    dns::{Replies, TcpLimits, serve_tcp, serve_udp},
    http::{HttpLimits, ServerCounters, serve},
    keep,
    origin::DemoOrigin,
    running::Running,
};

/// Serves what ships with the program, with origins of its own.
pub(super) async fn demo() -> ExitCode {
    let mut config = match config::demo(environment()) {
        Ok(loaded) => loaded.value().clone(),
        Err(problems) => {
            eprint!("{problems}");
            return ExitCode::FAILURE;
        }
    };
    let mut sockets = Sockets::new(Taken::Another);
    match demo_origins(&mut config, &sockets).await {
        Ok(origins) => sockets.origins = origins,
        Err(error) => return fail(error),
    }
    run(config, sockets, None).await
}

/// Serves what a file says.
pub(super) async fn file(path: &Path) -> ExitCode {
    match config::load(path, environment()) {
        Ok(loaded) => {
            let config = loaded.value().clone();
            run(config, Sockets::new(Taken::Refuse), Some(path.to_owned())).await
        }
        Err(problems) => {
            eprint!("{problems}");
            ExitCode::FAILURE
        }
    }
}

/// The tasks behind an edge's sockets.
struct Sockets {
    taken: Taken,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Where demo origins listen.
    origins: Vec<SocketAddr>,
}

impl Sockets {
    fn new(taken: Taken) -> Self {
        Self {
            taken,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            origins: Vec::new(),
        }
    }
}

/// Runs an edge from its first socket to its last line.
async fn run(config: EdgeConfig, sockets: Sockets, file: Option<PathBuf>) -> ExitCode {
    let cache = CacheLayer::new(keep::with_defences(&config.cache));
    let running = match Running::start(config, cache) {
        Ok(running) => Arc::new(running),
        Err(error) => return fail(error.chain()),
    };
    let (ending, hangups) = match signals() {
        Ok(signals) => signals,
        Err(error) => return fail(error),
    };
    let banner = match listen(&running, &sockets).await {
        Ok(banner) => banner,
        Err(error) => return fail(error),
    };
    println!("{banner}");
    let reloading = tokio::spawn(reload(Arc::clone(&running), file, hangups));
    ending.asked().await;
    println!("ending: running requests may finish");
    reloading.abort();
    sockets.stop.cancel();
    sockets.tasks.close();
    sockets.tasks.wait().await;
    println!("{}", Status::of(&running).summary());
    ExitCode::SUCCESS
}

fn signals() -> io::Result<(Ending, Signal)> {
    Ok((Ending::take()?, signal(SignalKind::hangup())?))
}

/// Opens all sockets and serves them.
async fn listen(running: &Arc<Running>, sockets: &Sockets) -> io::Result<Banner> {
    let config = running.live.load();
    let proxy = ports::tcp(config.proxy.listen, sockets.taken).await?;
    let mut banner = Banner {
        proxy: proxy.local_addr()?,
        dns: None,
        admin: None,
        origins: sockets.origins.clone(),
        name: None,
    };
    let front = Arc::clone(&running.front);
    let handler = move |request| {
        let front = Arc::clone(&front);
        async move { front.answer(request).await }
    };
    let counters = Arc::clone(&running.connections);
    let limits = config.proxy.http.clone();
    let serving = serve(proxy, limits, counters, handler, sockets.stop.clone());
    sockets.tasks.spawn(serving);
    if let Some(dns) = &config.dns {
        banner.dns = Some(listen_dns(running, dns, sockets).await?);
        banner.name = dns
            .follow
            .first()
            .map(|follow| follow.follow.name.to_string());
    }
    if let Some(admin) = config.admin {
        banner.admin = Some(listen_admin(running, admin, sockets).await?);
    }
    Ok(banner)
}

async fn listen_dns(
    running: &Arc<Running>,
    dns: &NamesSettings,
    sockets: &Sockets,
) -> io::Result<SocketAddr> {
    let (socket, listener) = ports::both(dns.listen, sockets.taken).await?;
    let address = listener.local_addr()?;
    let names = running.names.clone();
    let stop = sockets.stop.clone();
    let socket = Arc::new(socket);
    match &dns.response_limit {
        Some(settings) => {
            let limiter = ResponseLimiter::new(settings.clone(), KeyHasher::random());
            let limiter = Arc::new(limiter.map_err(io::Error::other)?);
            let limiter = running.response_limit.get_or_init(|| limiter);
            let replies = Replies::new(names.clone(), Arc::clone(limiter));
            sockets
                .tasks
                .spawn(serve_udp(socket, replies, stop.clone()));
        }
        None => {
            let serving = serve_udp(socket, names.clone(), stop.clone());
            sockets.tasks.spawn(serving);
        }
    }
    let limits = TcpLimits {
        connections: dns.connections,
        ..TcpLimits::default()
    };
    let counters = Arc::clone(&running.dns_connections);
    sockets
        .tasks
        .spawn(serve_tcp(listener, limits, counters, names, stop));
    Ok(address)
}

async fn listen_admin(
    running: &Arc<Running>,
    address: SocketAddr,
    sockets: &Sockets,
) -> io::Result<SocketAddr> {
    let listener = ports::tcp(address, sockets.taken).await?;
    let address = listener.local_addr()?;
    let running = Arc::clone(running);
    let handler = move |request| {
        let running = Arc::clone(&running);
        async move { admin::answer(&running, &request).await }
    };
    let limits = HttpLimits {
        connections: 64,
        ..HttpLimits::default()
    };
    let counters = Arc::new(ServerCounters::default());
    let serving = serve(listener, limits, counters, handler, sockets.stop.clone());
    sockets.tasks.spawn(serving);
    Ok(address)
}

/// Starts a demo origin for each one of the configuration, and writes their addresses into it.
async fn demo_origins(config: &mut EdgeConfig, sockets: &Sockets) -> io::Result<Vec<SocketAddr>> {
    let Some(pool) = config.pools.first_mut() else {
        return Ok(Vec::new());
    };
    let wanted: Vec<_> = pool.pool.origins.iter().map(|origin| origin.addr).collect();
    let listeners = match ports::same_port(&wanted, Taken::Another).await {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            one_host(wanted.len()).await
        }
        other => other,
    }?;
    let mut addresses = Vec::new();
    let mut origins = Vec::new();
    for (origin, listener) in pool.pool.origins.iter().zip(listeners) {
        let address = listener.local_addr()?;
        addresses.push(address);
        origins.push(OriginConfig::new(origin.name.clone(), address).weight(origin.weight));
        let serving = DemoOrigin::new(&origin.name).run(listener, sockets.stop.clone());
        sockets.tasks.spawn(serving);
    }
    pool.pool.origins = origins;
    Ok(addresses)
}

/// Ports of 127.0.0.1, for systems that have no other address of 127.0.0.0/8.
async fn one_host(count: usize) -> io::Result<Vec<tokio::net::TcpListener>> {
    let mut listeners = Vec::new();
    for _ in 0..count {
        listeners.push(ports::tcp(([127, 0, 0, 1], 0).into(), Taken::Refuse).await?);
    }
    Ok(listeners)
}

/// Reads the configuration again whenever the process is told to (SIGHUP).
async fn reload(running: Arc<Running>, file: Option<PathBuf>, mut hangups: Signal) {
    while hangups.recv().await.is_some() {
        let Some(path) = &file else {
            println!("configuration kept: the demo has no file to read again");
            continue;
        };
        match read_again(&running, path) {
            Ok(version) => println!("configuration replaced: {version} is in effect"),
            Err(reason) => println!("configuration kept: {reason}"),
        }
    }
}

fn read_again(running: &Running, path: &Path) -> Result<String, String> {
    let loaded = config::load(path, environment()).map_err(|problems| {
        eprint!("{problems}");
        format!("{} has {} problems", path.display(), problems.count())
    })?;
    match running.replace(loaded.value().clone()) {
        Ok(version) => Ok(version.to_string()),
        Err(error) => Err(Error::from(error).chain().to_string()),
    }
}
