//! A wire that can be made slow.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
    time::sleep,
};

/// Passes connections on to a server; while it is slow, each piece takes longer.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) addr: SocketAddr,
    slow: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

const LATENCY: Duration = Duration::from_millis(300);

impl Proxy {
    pub(super) async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let slow = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server, Arc::clone(&slow)));
        Ok(Self {
            addr,
            slow,
            _tasks: tasks,
        })
    }

    /// Makes the wire slow, or fast again.
    pub(super) fn slow_down(&self, slow: Speed) {
        self.slow.store(slow == Speed::Slow, Relaxed);
    }
}

/// How fast the wire is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speed {
    Fast,
    Slow,
}

async fn accept(listener: TcpListener, server: SocketAddr, slow: Arc<AtomicBool>) {
    let mut wires = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(server).await else {
            continue;
        };
        let (client_reads, client_writes) = client.into_split();
        let (server_reads, server_writes) = server.into_split();
        wires.spawn(pass(client_reads, server_writes, Some(Arc::clone(&slow))));
        wires.spawn(pass(server_reads, client_writes, None));
        while wires.try_join_next().is_some() {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, slow: Option<Arc<AtomicBool>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if slow.as_ref().is_some_and(|slow| slow.load(Relaxed)) {
            sleep(LATENCY).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
