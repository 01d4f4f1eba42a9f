//! The README's code is code: each of its fragments stands here, is compiled, and where it needs no network, run.

use std::{fs, path::Path};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn readme() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join("README.md")).unwrap()
}

/// The code blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    let blocks = text.split(&start).skip(1);
    blocks
        .filter_map(|block| Some(block.split("```").next()?.to_owned()))
        .collect()
}

/// A text without what a formatter may do otherwise: spaces, and a comma before a bracket on the next line.
fn words(text: &str) -> String {
    text.split_whitespace()
        .collect::<String>()
        .replace(",)", ")")
}

#[test]
fn its_code_stands_in_this_file() {
    let here = words(include_str!("readme.rs"));
    let blocks = blocks(&readme(), "rust,ignore");
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        assert!(here.contains(&words(&block)), "another here:\n{block}");
    }
}

#[test]
fn its_configuration_error_is_what_is_printed() {
    let text = "[proxy]\nlisten = \"127.0.0.1:80\"\npol = \"web\"\n";
    let problems = eaves_common::config::Reader::new()
        .text("edge.toml", eaves_common::config::Format::Toml, text)
        .read_with(|table| {
            table.table("proxy", |proxy| {
                let listen = proxy.value::<String>("listen").required();
                let pool = proxy.value::<String>("pool").default("web".into());
                Some((listen?, pool))
            })
        });
    let printed = problems.unwrap_err().to_string();
    assert!(blocks(&readme(), "text").contains(&printed), "{printed}");
}

/// Features are found where people look for them: in the README's table and in each crate's own.
#[test]
fn every_feature_is_in_the_tables() {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec();
    let readme = readme();
    let mut missing = Vec::new();
    let packages = metadata.expect("cargo metadata runs").packages;
    let crates = packages.iter().filter(|package| package.publish.is_none());
    for package in crates {
        let row = readme
            .lines()
            .find(|line| line.starts_with(&format!("| [{}]", package.name)));
        let row = row.unwrap_or_else(|| panic!("{} has no row", package.name));
        let docs = package.manifest_path.with_file_name("src").join("lib.rs");
        let docs = fs::read_to_string(docs).unwrap();
        let features = package
            .features
            .keys()
            .filter(|feature| *feature != "default");
        for feature in features {
            let word = format!("`{feature}`");
            let in_docs = docs
                .lines()
                .any(|line| line.starts_with("//! |") && line.contains(&word));
            if !in_docs || feature != "std" && !row.contains(&word) {
                missing.push(format!("{}: {feature}", package.name));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

mod cache {
    use std::{convert::Infallible, sync::Arc};

    use eaves_cache::{
        store::Memory,
        tower::{CacheConfig, CacheLayer, RequestBody},
    };
    use http::{Request, Response};
    use http_body_util::{BodyExt, Full};
    use tower::{Layer, Service};

    use super::Outcome;

    /// Asks a cache of its own twice, and returns what it says of the second: the first is no hit yet.
    async fn ask<S>(origin: S, request: Request<String>) -> Outcome<(String, f64)>
    where
        S: Service<
                Request<RequestBody<String>>,
                Response = Response<Full<bytes::Bytes>>,
                Error = Infallible,
            > + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        let again = request.clone();
        let store = Arc::new(Memory::new(64 << 20));
        let config = CacheConfig::default().name("edge").store(store);
        let layer = CacheLayer::new(config);
        let mut service = layer.layer(origin); // any tower::Service of http requests

        let response = service.call(request).await?; // streams; concurrent misses ask the origin once
        println!("{:?}", response.headers()["cache-status"]); // "edge; hit; ttl=59"
        println!("{:.2}", layer.stats().hit_ratio());

        response.into_body().collect().await?;
        let response = service.call(again).await?;
        let status = response.headers()["cache-status"].to_str()?.to_owned();
        Ok((status, layer.stats().hit_ratio()))
    }

    #[tokio::test]
    async fn a_cache_around_any_service() -> Outcome<()> {
        let origin = tower::service_fn(async |_: Request<RequestBody<String>>| {
            let response = Response::builder().header("cache-control", "max-age=3600");
            Ok(response.body(Full::from("hello")).expect("a response"))
        });
        let request = Request::get("http://a.example/").body(String::new())?;
        let (status, ratio) = ask(origin, request).await?;
        assert!(status.starts_with("edge; hit; ttl="), "{status}");
        assert!((ratio - 0.5).abs() < 1e-9, "{ratio}");
        Ok(())
    }
}

mod limit {
    use std::net::IpAddr;

    use eaves_common::time::{Clock, SystemClock};
    use eaves_ratelimit::{
        Limiter, Rule,
        key::{ClientAddress, Facts, KeyHasher, Part, Trust},
        table::Capacity,
    };
    use http::{Request, Response};

    use super::Outcome;

    fn ask(peer: IpAddr, request: &Request<()>, response: &mut Response<()>) -> Outcome<()> {
        let rule = Rule::new(
            "per-client",
            "100/1m burst 20".parse()?,
            Capacity::new(65_536)?,
        )?;
        let limiter = Limiter::new([rule.key([Part::CLIENT_IP])], KeyHasher::random())?;
        let clients = ClientAddress::new(Trust::Hops(1)); // one proxy in front of us

        let client = clients.find(peer, request.headers())?;
        let decision = limiter.check(&Facts::of(client), SystemClock.mono());
        if let Some(status) = decision.status() {
            *response.status_mut() = status; // 429
        }
        decision.write_headers(response.headers_mut()); // RateLimit, RateLimit-Policy, Retry-After
        Ok(())
    }

    #[test]
    fn a_limit_per_client() -> Outcome<()> {
        let request = Request::get("/").header("x-forwarded-for", "192.0.2.7");
        let mut response = Response::new(());
        ask("198.51.100.1".parse()?, &request.body(())?, &mut response)?;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["ratelimit"], "\"per-client\";r=19;t=1");
        Ok(())
    }
}

mod dns {
    use std::net::{SocketAddr, UdpSocket};

    use eaves_dns::{
        Builder, Flags, Header, NameBuf, Question, Rtype, View,
        zone::{Reply, Transport, Zone, Zones},
    };

    use super::Outcome;

    fn answer(text: &str, query: &[u8], socket: &UdpSocket, from: SocketAddr) -> Outcome<()> {
        let zone = Zone::parse(text, &"example.".parse::<NameBuf>()?).into_result()?; // or all that is wrong, each with file, line and column
        let zones: Zones = [zone].into_iter().collect();

        let mut response = [0; 1232];
        match zones.respond(query, Transport::DATAGRAM, &mut response) {
            Reply::Send(answer) => drop(socket.send_to(&response[..answer.len], from)?),
            Reply::Drop => {} // it was no query
        }
        Ok(())
    }

    #[test]
    fn a_zone_and_its_answers() -> Outcome<()> {
        let text = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 60\n@ NS ns\nns A 192.0.2.53\n";
        let mut query = [0; 512];
        let header = Header {
            id: 7,
            flags: Flags::RD,
            ..Header::default()
        };
        let mut builder = Builder::new(&mut query, header)?;
        let name: NameBuf = "ns.example.".parse()?;
        builder.question(&Question::new(&name, Rtype::A))?;
        let (socket, client) = (
            UdpSocket::bind("127.0.0.1:0")?,
            UdpSocket::bind("127.0.0.1:0")?,
        );
        answer(text, builder.finish(), &socket, client.local_addr()?)?;
        client.set_read_timeout(Some(std::time::Duration::from_secs(60)))?;
        let mut response = [0; 1232];
        let len = client.recv(&mut response)?;
        let record = View::parse(&response[..len])?
            .answers()?
            .next()
            .expect("a record")?;
        assert_eq!(record.to_string(), "ns.example. 300 IN A 192.0.2.53");
        Ok(())
    }
}

mod health {
    use std::{net::SocketAddr, time::Duration};

    use eaves_health::{
        Algorithm, Outcome as Seen, PoolConfig, driver, pool::OriginConfig, probe::Check,
    };

    use super::Outcome as Result;

    async fn send(_to: SocketAddr, _request: &str) {}

    #[expect(dead_code, reason = "it would probe addresses that are nobody's")]
    async fn an_origin_that_is_up(request: &str, latency: Duration) -> Result<()> {
        use Seen as Outcome;

        let pool = PoolConfig::new("web")
            .check(Check::http("/healthz").interval(Duration::from_secs(2)))
            .origin(OriginConfig::new("a", "192.0.2.1:80".parse()?).weight(3))
            .origin(OriginConfig::new("b", "192.0.2.2:80".parse()?));
        let handle = driver::spawn(pool)?;
        let selector = handle.selector(Algorithm::PowerOfTwo);

        let origin = selector.pick(&[]).expect("somebody serves"); // lock-free, no allocation
        send(origin.addr(), request).await;
        origin.finish(Outcome::of_status(200, latency));
        Ok(())
    }
}
