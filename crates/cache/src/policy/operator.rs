//! [`Rule`]: lifetimes that an operator gives, whatever the origin says of them.

use core::time::Duration;

use http::{StatusCode, header::HOST};

use super::RequestHead;

/// What an operator says about responses of some URLs.
///
/// ```
/// use core::time::Duration;
/// use eaves_cache::policy::{Lifetime, Policy, Rule};
///
/// let day = Duration::from_secs(86_400);
/// let policy = Policy::default()
///     .rule(Rule::new(Lifetime::Bypass).path("/admin/*"))
///     .rule(Rule::new(Lifetime::Force(day)).host("static.example").path("/assets/*"))
///     .rule(Rule::new(Lifetime::Cap(Duration::from_secs(10))).status(http::StatusCode::NOT_FOUND));
/// # assert_ne!(policy, Policy::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Rule {
    then: Lifetime,
    host: Option<String>,
    path: Option<String>,
    statuses: Vec<StatusCode>,
}

/// What a [`Rule`] does to a lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lifetime {
    /// The request is passed on, and nothing of it is stored.
    Bypass,
    /// It is at most so long.
    Cap(Duration),
    /// It is so long, whatever the response says of it, `no-cache` included. What forbids storing forbids it still.
    Force(Duration),
}

impl Rule {
    /// Makes a rule for all responses.
    pub const fn new(then: Lifetime) -> Self {
        Self {
            then,
            host: None,
            path: None,
            statuses: Vec::new(),
        }
    }

    /// Restricts it to a host, compared without case and port.
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Restricts it to a path; one that ends in `*` stands for all that begin so.
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Restricts it to a status; more than one may be given. A [`Lifetime::Bypass`] has no status to look at, and
    /// never applies then.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.statuses.push(status);
        self
    }

    fn matches(&self, request: RequestHead<'_>, status: Option<StatusCode>) -> bool {
        let path = request.uri.path();
        let in_path = self
            .path
            .as_deref()
            .is_none_or(|known| match known.strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => path == known,
            });
        let has_status = || match status {
            Some(status) => self.statuses.is_empty() || self.statuses.contains(&status),
            None => self.statuses.is_empty(),
        };
        let at_host = || {
            let known = self.host.as_deref();
            known.is_none_or(|known| {
                host(request).is_some_and(|host| host.eq_ignore_ascii_case(known))
            })
        };
        in_path && has_status() && at_host()
    }
}

/// The lifetime that the first fitting rule gives.
pub(super) fn lifetime(
    rules: &[Rule],
    request: RequestHead<'_>,
    status: Option<StatusCode>,
) -> Option<Lifetime> {
    let mut rules = rules.iter();
    rules
        .find(|rule| rule.matches(request, status))
        .map(|rule| rule.then)
}

fn host<'a>(request: RequestHead<'a>) -> Option<&'a str> {
    if let Some(host) = request.uri.host() {
        return Some(host);
    }
    let host = request.headers.get(HOST)?.to_str().ok()?;
    let port = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    Some(&host[..port.unwrap_or(host.len())])
}
