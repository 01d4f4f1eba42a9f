//! dig, kdig and delv read what we encode: every type, over UDP and TCP.

use std::{collections::BTreeMap, net::SocketAddr, process::Command, sync::Arc};

use eaves_dns::{
    NameBuf, RdataBuf, Rtype,
    zone::{Reply, Transport as Carried, Zone},
};
use eaves_examples::edge::dns::{Answer, TcpLimits, Transport, serve_tcp, serve_udp};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use super::{
    servers::installed,
    zone::{Sample, samples, text},
};

/// Answers from a zone.
#[derive(Clone)]
struct FromZone(Arc<Zone>);

impl Answer for FromZone {
    fn answer(&self, query: &[u8], _: SocketAddr, over: Transport, buffer: &mut [u8]) -> usize {
        let carried = match over {
            Transport::Udp => Carried::DATAGRAM,
            Transport::Tcp => Carried::Stream,
        };
        match self.0.respond(query, carried, buffer) {
            Reply::Send(answer) => answer.len,
            Reply::Drop => 0,
        }
    }
}

/// Our server with a zone of every type, while it is not dropped.
struct Ours {
    runtime: tokio::runtime::Runtime,
    stop: CancellationToken,
    address: SocketAddr,
}

impl Ours {
    fn start(samples: &[Sample]) -> Self {
        let origin: NameBuf = "example.".parse().expect("a name");
        let load = Zone::parse(&text(samples), &origin).into_result();
        let answer = FromZone(Arc::new(load.expect("a zone")));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let stop = CancellationToken::new();
        let address = runtime.block_on(async {
            // The two kinds of ports are apart: take a pair that is free.
            loop {
                let stream = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let address = stream.local_addr().expect("its address");
                let Ok(datagram) = UdpSocket::bind(address).await else {
                    continue;
                };
                let (datagram, limits) = (Arc::new(datagram), TcpLimits::default());
                tokio::spawn(serve_udp(datagram, answer.clone(), stop.clone()));
                let counters = Arc::default();
                tokio::spawn(serve_tcp(
                    stream,
                    limits,
                    counters,
                    answer.clone(),
                    stop.clone(),
                ));
                return address;
            }
        });
        Self {
            runtime,
            stop,
            address,
        }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = &self.runtime;
    }
}

/// What a program prints for some questions.
fn output(program: &str, options: &[&str], server: SocketAddr, asked: &[&Sample]) -> String {
    let mut command = Command::new(program);
    command.arg(format!("@{}", server.ip()));
    command
        .args(["-p", &server.port().to_string()])
        .args(options);
    for sample in asked {
        let rtype = format!("TYPE{}", sample.rdata.rtype().0);
        command.args([sample.owner.to_string(), rtype]);
    }
    let output = command.output().expect("it runs");
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let text = text.concat();
    assert!(output.status.success(), "{program}: {text}");
    text
}

/// The records in a program's output, by owner.
fn records(text: &str) -> BTreeMap<NameBuf, RdataBuf> {
    let lines = text
        .lines()
        .filter(|line| line.contains(".example.") && !line.starts_with(';'));
    lines
        .map(|line| read(line).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

/// Reads `owner ttl class type rdata`.
fn read(line: &str) -> Option<(NameBuf, RdataBuf)> {
    let (owner, rest) = line.split_once(char::is_whitespace)?;
    let (_ttl, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let (_class, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let (rtype, rdata) = rest.trim_start().split_once(char::is_whitespace)?;
    let rtype: Rtype = rtype.parse().ok()?;
    let rdata = RdataBuf::parse(rtype, rdata).ok()?;
    Some((owner.parse().ok()?, rdata))
}

/// Asks for all samples, some at a time, and compares what the program says with what they are.
fn compare(program: &str, options: &[&str], at_once: usize, unasked: &[Rtype]) {
    if installed(program).is_none() {
        return;
    }
    let samples = samples();
    let ours = Ours::start(&samples);
    let is_asked = |sample: &&Sample| !unasked.contains(&sample.rdata.rtype());
    let all: Vec<&Sample> = samples.iter().filter(is_asked).collect();
    let mut faults = Vec::new();
    for asked in all.chunks(at_once) {
        let text = output(program, options, ours.address, asked);
        let complaints = ["malformed", "WARNING", "mismatch", "bad packet"];
        let is_complaint = |line: &&str| complaints.iter().any(|word| line.contains(word));
        faults.extend(text.lines().filter(is_complaint).map(str::to_owned));
        let found = records(&text);
        for Sample { owner, rdata } in asked {
            if found.get(owner) != Some(rdata) {
                faults.push(format!(
                    "{owner} {rdata:?} is shown as {:?}",
                    found.get(owner)
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{program}:\n{}", faults.join("\n"));
}

#[test]
fn dig_reads_every_type() {
    let options = ["+norec", "+noall", "+answer", "+comments"];
    compare("dig", &options, 40, &[]);
    compare("dig", &[&options[..], &["+tcp"]].concat(), 40, &[]);
}

#[test]
fn kdig_reads_every_type() {
    let options = ["+norec", "+noall", "+answer"];
    compare("kdig", &options, 40, &[]);
    compare("kdig", &[&options[..], &["+tcp"]].concat(), 40, &[]);
}

/// delv reads with BIND's resolver rather than its client; without `-i` it would look for the keys
/// of the root. Signatures and hashed names it does not ask for by themselves.
#[test]
fn delv_reads_every_type() {
    compare(
        "delv",
        &["-i"],
        1,
        &[Rtype::SIG, Rtype::RRSIG, Rtype::NSEC3],
    );
}
