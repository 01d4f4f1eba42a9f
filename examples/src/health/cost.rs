//! `health-cost`: what probing very many origins costs.
//!
//! All origins are one server, which runs as a process of its own so that only the prober is measured. Linux
//! tells processor time and memory; elsewhere the figures are missing.

use std::{
    error::Error,
    fmt, fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use eaves_common::units::TimeSpan;
use eaves_health::{
    PoolConfig,
    driver::{self, Handle},
    pool::OriginConfig,
    probe::Check,
};

/// Probes very many origins and says what that costs.
#[derive(Clone, Debug, Parser)]
#[command(name = "health-cost")]
pub struct Options {
    /// How many origins.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub origins: u32,
    /// How often each is probed.
    #[arg(long, default_value = "10s")]
    pub interval: TimeSpan,
    /// How many times each is probed while it counts, after a first time that does not.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    pub rounds: u64,
    /// What is asked.
    #[arg(long, default_value = "tcp")]
    pub kind: Kind,
    /// Is the server, until its standard input ends.
    #[arg(long, hide = true)]
    pub serve: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `GET /` over HTTP/1.1, each time on a connection of its own.
    Http,
    /// Whether a connection can be made.
    Tcp,
}

/// What it cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Probes that came back while it counted.
    pub probes: u64,
    /// How long that took.
    pub time: Duration,
    /// The processor time that it took.
    pub cpu: Option<Duration>,
    /// The most memory there ever was, in bytes.
    pub memory: Option<u64>,
    /// Origins that are healthy in the end.
    pub healthy: usize,
}

/// Probes, and measures.
///
/// # Errors
///
/// When the server cannot be started, or the pool cannot be.
pub fn run(options: &Options) -> Result<Cost, Box<dyn Error>> {
    if options.serve {
        serve()?;
        return Err("nobody connects any more".into());
    }
    let server = Server::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(options, server.addr))
}

async fn measure(options: &Options, addr: SocketAddr) -> Result<Cost, Box<dyn Error>> {
    let interval = options.interval.as_duration();
    let check = match options.kind {
        Kind::Http => Check::http("/"),
        Kind::Tcp => Check::tcp(),
    };
    let check = check.interval(interval).timeout(Duration::from_secs(5));
    let origins = (0..options.origins).map(|at| OriginConfig::new(format!("o{at}"), addr));
    let handle = driver::spawn(PoolConfig::new("cost").check(check).origins(origins))?;
    let round = u64::from(options.origins);
    let before = until(&handle, round, interval).await;
    let (began, cpu) = (Instant::now(), processor_time());
    let after = until(&handle, before + round * options.rounds, interval).await;
    let cost = Cost {
        probes: after - before,
        time: began.elapsed(),
        cpu: processor_time()
            .zip(cpu)
            .map(|(after, before)| after - before),
        memory: most_memory(),
        healthy: handle.status().healthy,
    };
    handle.stop().await;
    Ok(cost)
}

/// Waits until so many probes were sent, and returns how many were.
async fn until(handle: &Handle, probes: u64, interval: Duration) -> u64 {
    loop {
        let sent = handle.status().probes;
        if sent >= probes {
            return sent;
        }
        tokio::time::sleep(interval / 20).await;
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.time.as_secs_f64();
        write!(f, "{} probes in {seconds:.1} s", self.probes)?;
        if let Some(cpu) = self.cpu.map(|cpu| cpu.as_secs_f64()) {
            let (share, each) = (cpu / seconds * 100.0, cpu / self.probes as f64 * 1e6);
            write!(f, ", {share:.1} % of a core, {each:.0} us a probe")?;
        }
        if let Some(memory) = self.memory {
            write!(f, ", at most {:.0} MiB", memory as f64 / 1_048_576.0)?;
        }
        write!(f, ", {} healthy", self.healthy)
    }
}

/// This program again, as the server; it ends with this value.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or("its output is piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let addr = line.trim().parse()?;
        Ok(Self { child, addr })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers one request on each connection, one after the other.
fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    io::stdout().flush()?;
    // Whoever started this may end without a word.
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    for stream in listener.incoming().flatten() {
        // A prober that has seen enough is no reason to stop.
        let _ = answer(stream);
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    if stream.read(&mut [0; 1024])? > 0 {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")?;
    }
    Ok(())
}

/// The processor time of this process so far, by hundredths of a second (`proc_pid_stat(5)`, fields 14 and 15).
fn processor_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

/// The most memory that this process ever had.
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
