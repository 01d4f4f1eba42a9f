//! A Redis of the program's own.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

/// Resolves when the process is asked to end, by a key or a signal; never where none can be heard.
///
/// A process that a signal ends would leave its server behind.
pub async fn asked_to_end() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// A `redis-server`; dropped, it is killed.
#[derive(Debug)]
pub(super) struct Server {
    child: Option<Child>,
    port: u16,
}

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

impl Server {
    /// Starts a server on a free port.
    pub(super) async fn start() -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            drop(listener); // another process may take the port before the server does
            let mut server = Self { child: None, port };
            tries += 1;
            match server.run().await {
                Err(error) if tries == 5 || error.kind() == io::ErrorKind::NotFound => {
                    return Err(error);
                }
                Err(_) => {}
                Ok(()) => return Ok(server),
            }
        }
    }

    pub(super) const fn addr(&self) -> SocketAddr {
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), self.port)
    }

    /// Starts the process and waits until it serves.
    pub(super) async fn run(&mut self) -> io::Result<()> {
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        timeout(PATIENCE, async {
            while !self.is_serving().await {
                if self.has_ended() {
                    return Err(io::Error::other("redis-server ended at once"));
                }
                sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        })
        .await?
    }

    /// Ends the process at once.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends the process a signal by name.
    pub(super) fn signal(&self, name: &str) -> io::Result<()> {
        let id = self.child.as_ref().map_or(0, Child::id);
        // The shell's own `kill`: not every system has a program of that name.
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status()?;
        let failed = || io::Error::other(format!("redis-server took no signal {name}"));
        status.success().then_some(()).ok_or_else(failed)
    }

    async fn is_serving(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.addr()).await else {
            return false;
        };
        let mut answer = [0; 5];
        let asked = stream.write_all(b"PING\r\n").await.is_ok();
        asked && stream.read_exact(&mut answer).await.is_ok() && answer == *b"+PONG"
    }

    fn has_ended(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
