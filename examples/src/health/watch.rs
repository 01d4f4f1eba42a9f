//! `health-watch`: a terminal view of probes, verdicts and history of any addresses.

use std::{collections::VecDeque, fmt::Write as _, net::SocketAddr, time::Duration};

use eaves_health::{
    PoolConfig,
    monitor::{PoolStatus, Standing},
    pool::OriginConfig,
    probe::{Check, HttpQuestion, Question},
};

/// Something to watch: a URL, or `host:port` for TCP.
///
/// ```
/// use eaves_examples::health::watch::Target;
///
/// let target = Target::parse("http://www.example/healthz").unwrap();
/// assert_eq!((&*target.host, &*target.path.unwrap()), ("www.example:80", "/healthz"));
/// assert!(Target::parse("https://www.example/").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As it was given.
    pub name: String,
    /// Host and port.
    pub host: String,
    /// The path to ask for over HTTP; without one, TCP is asked.
    pub path: Option<String>,
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    ///
    /// Says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("https://") {
            return Err(format!(
                "{text}: https is not spoken here, use http:// or host:port"
            ));
        }
        let Some(rest) = text.strip_prefix("http://") else {
            return Self::tcp(text);
        };
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        if authority.is_empty() {
            return Err(format!("{text}: there is no host"));
        }
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let host = if has_port {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        Ok(Self {
            name: text.into(),
            host,
            path: Some(path.into()),
        })
    }

    fn tcp(text: &str) -> Result<Self, String> {
        let port = text
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() {
            return Err(format!("{text}: use http://host/path or host:port"));
        }
        Ok(Self {
            name: text.into(),
            host: text.into(),
            path: None,
        })
    }

    /// Makes an origin of it.
    #[must_use]
    pub fn origin(&self, addr: SocketAddr, interval: Duration) -> OriginConfig {
        let question = self.path.as_ref().map_or(Question::Tcp, |path| {
            let mut question = HttpQuestion::new(path.clone());
            question.host = Some(self.host.trim_end_matches(":80").to_owned());
            Question::Http(Box::new(question))
        });
        OriginConfig::new(self.name.clone(), addr).check(Check::new(question).interval(interval))
    }
}

/// Makes a pool that watches, and never judges by the share of those that are down.
#[must_use]
pub fn pool(origins: Vec<OriginConfig>) -> PoolConfig {
    PoolConfig::new("watch").origins(origins)
}

/// What has been seen, one sign for each look.
#[derive(Debug, Default)]
pub struct View {
    history: Vec<VecDeque<char>>,
}

const LOOKS: usize = 40;

impl View {
    /// Adds a look, and draws all.
    pub fn draw(&mut self, status: &PoolStatus) -> String {
        self.history
            .resize_with(status.origins.len(), VecDeque::new);
        let width = status
            .origins
            .iter()
            .map(|origin| origin.name.len())
            .max()
            .unwrap_or(0);
        let mut page = format!(
            "{} of {} healthy, {} probes\n",
            status.healthy,
            status.origins.len(),
            status.probes
        );
        for (origin, history) in status.origins.iter().zip(&mut self.history) {
            history.push_back(sign(origin.standing));
            if history.len() > LOOKS {
                history.pop_front();
            }
            let signs: String = history.iter().collect();
            let standing = origin.standing.to_string();
            let _ = write!(
                page,
                "{:width$}  {standing:8} {:>6.0}s  {signs:LOOKS$}",
                origin.name, origin.for_seconds
            );
            if let (false, Some(reason)) = (origin.standing.is_healthy(), &origin.last_failure) {
                let _ = write!(page, "  {reason}");
            }
            page.push('\n');
        }
        page
    }
}

fn sign(standing: Standing) -> char {
    match standing {
        Standing::Healthy => '+',
        Standing::Warming => '/',
        Standing::Unknown => '.',
        _ => '-',
    }
}
