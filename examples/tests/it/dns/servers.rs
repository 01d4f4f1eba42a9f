//! NSD, Knot DNS and unbound, started on loopback with a zone, and ended by id.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use eaves_dns::{Builder, Flags, Header, Name, NameBuf, Question, Rtype};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::program::eventually;

/// How long a server may take to start; generous, since machines are shared.
const READY: Duration = Duration::from_secs(30);

/// A server's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nsd,
    Knot,
    Unbound,
}

/// A running server; dropped, it is killed.
pub(super) struct Server {
    child: Child,
    directory: TempDir,
    /// UDP and TCP.
    pub(super) plain: SocketAddr,
    /// TLS, where there is any.
    pub(super) tls: SocketAddr,
    /// HTTPS, where there is any.
    pub(super) https: SocketAddr,
}

impl Server {
    /// Starts a server with a zone named `example.`; `None` where it is not installed.
    pub(super) fn start(kind: Kind, zone: &str) -> Option<Self> {
        let program = installed(match kind {
            Kind::Nsd => "nsd",
            Kind::Knot => "knotd",
            Kind::Unbound => "unbound",
        })?;
        // Another process may take a port between the choice and the start.
        let server = (0..5).find_map(|_| Self::start_once(kind, &program, zone));
        Some(server.unwrap_or_else(|| panic!("{} does not start", program.display())))
    }

    /// A file in the server's directory.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn start_once(kind: Kind, program: &Path, zone: &str) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path();
        std::fs::write(place.join("zone"), zone).expect("the zone is written");
        std::fs::create_dir(place.join("db")).expect("a directory");
        write_certificates(place);
        let [plain, tls, https] = ports();
        let text = match kind {
            Kind::Nsd => nsd(place, plain),
            Kind::Knot => knot(place, plain),
            Kind::Unbound => unbound(place, [plain, tls, https]),
        };
        let config = place.join("config");
        std::fs::write(&config, text).expect("the configuration is written");
        let log = std::fs::File::create(place.join("log")).expect("a log");
        let args: &[&str] = match kind {
            Kind::Nsd => &["-d", "-c"],
            Kind::Knot => &["-c"],
            Kind::Unbound => &["-d", "-p", "-c"],
        };
        let child = Command::new(program)
            .args(args)
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut server = Self {
            child,
            directory,
            plain: (Ipv4Addr::LOCALHOST, plain).into(),
            tls: (Ipv4Addr::LOCALHOST, tls).into(),
            https: (Ipv4Addr::LOCALHOST, https).into(),
        };
        server.wait_ready().then_some(server)
    }

    /// Waits until the zone is served; not ready is a server that ended.
    fn wait_ready(&mut self) -> bool {
        let name: NameBuf = "example.".parse().expect("a name");
        let query = question(&name, Rtype::SOA);
        let mut ended = false;
        eventually(READY, "the server's first answer", || {
            ended = self.child.try_wait().expect("its state is told").is_some();
            let served = || ask(self.plain, &query).filter(|answer| answer[3] & 15 == 0);
            (ended || served().is_some()).then_some(())
        });
        if ended {
            let log = std::fs::read_to_string(self.file("log")).unwrap_or_default();
            println!("the server ended: {log}");
        }
        !ended
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // NSD has children, which end when their parent is told to.
        let pid = self.child.id().to_string();
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -TERM {pid}")])
            .status();
        for _ in 0..500 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds a program; where nothing may be skipped (CI), it must be there.
pub(super) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers stand where only the administrator's path leads.
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = places
        .map(|place| place.join(program))
        .find(|file| file.is_file());
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(
        found.is_some() || !ci,
        "{program} is not installed, and nothing is skipped here"
    );
    if found.is_none() {
        println!("skipped: {program} is not installed");
    }
    found
}

/// Writes a question.
pub(super) fn question(name: &Name, rtype: Rtype) -> Vec<u8> {
    let mut buf = [0; 512];
    let header = Header {
        id: 7,
        flags: Flags::RD,
        ..Header::default()
    };
    let mut builder = Builder::new(&mut buf, header).expect("room");
    let question = Question::new(name, rtype);
    builder.question(&question).expect("room");
    let edns = eaves_dns::edns::Edns::default();
    builder.edns(&edns).expect("room");
    builder.finish().to_vec()
}

/// Sends a question as a datagram; `None` when no answer comes soon.
fn ask(server: SocketAddr, query: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
    let wait = Some(Duration::from_millis(300));
    socket.set_read_timeout(wait).ok()?;
    socket.connect(server).ok()?;
    socket.send(query).ok()?;
    let mut buf = vec![0; 4096];
    let len = socket.recv(&mut buf).ok()?;
    buf.truncate(len);
    (len > 12).then_some(buf)
}

/// Ports that are free for both datagrams and streams.
fn ports() -> [u16; 3] {
    let held: Vec<(TcpListener, UdpSocket)> = std::iter::repeat_with(|| {
        let stream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        let datagram = UdpSocket::bind(stream.local_addr().ok()?).ok()?;
        Some((stream, datagram))
    })
    .take(100)
    .flatten()
    .take(3)
    .collect();
    let port = |place: usize| held[place].0.local_addr().expect("its address").port();
    [port(0), port(1), port(2)]
}

/// An authority's certificate (`ca.pem`), and a server's for loopback (`server.pem`, `key.pem`).
fn write_certificates(place: &Path) {
    let mut params = CertificateParams::new([]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let params = CertificateParams::new(names).expect("parameters");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    for (file, text) in [
        ("ca.pem", authority.pem()),
        ("server.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        std::fs::write(place.join(file), text).expect("it is written");
    }
}

fn nsd(place: &Path, port: u16) -> String {
    let place = place.display();
    format!(
        "server:\n server-count: 1\n ip-address: 127.0.0.1@{port}\n zonesdir: \"{place}\"\n username: \"\"\n chroot: \"\"\n \
         database: \"\"\n pidfile: \"{place}/pid\"\n xfrdfile: \"{place}/state\"\n xfrdir: \"{place}\"\n \
         zonelistfile: \"{place}/list\"\nremote-control:\n control-enable: no\n\
         zone:\n name: example.\n zonefile: zone\n provide-xfr: 127.0.0.1 NOKEY\n"
    )
}

fn knot(place: &Path, port: u16) -> String {
    let place = place.display();
    format!(
        "server:\n  listen: 127.0.0.1@{port}\n  rundir: {place}\ndatabase:\n  storage: {place}/db\n\
         log:\n  - target: stderr\n    any: warning\n\
         acl:\n  - id: transfer\n    action: transfer\n    address: 127.0.0.1\n\
         template:\n  - id: default\n    semantic-checks: off\n    zonefile-sync: -1\n    journal-content: none\n\
         zone:\n  - domain: example.\n    storage: {place}\n    file: zone\n    acl: transfer\n"
    )
}

fn unbound(place: &Path, [plain, tls, https]: [u16; 3]) -> String {
    let place = place.display();
    format!(
        "server:\n directory: \"{place}\"\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n logfile: \"\"\n \
         do-daemonize: no\n num-threads: 1\n ede: yes\n module-config: \"iterator\"\n access-control: 127.0.0.0/8 allow\n \
         interface: 127.0.0.1@{plain}\n interface: 127.0.0.1@{tls}\n interface: 127.0.0.1@{https}\n \
         tls-port: {tls}\n https-port: {https}\n tls-service-key: key.pem\n tls-service-pem: server.pem\n\
         remote-control:\n control-enable: no\n\
         auth-zone:\n name: example.\n zonefile: zone\n for-downstream: yes\n for-upstream: no\n fallback-enabled: no\n"
    )
}
