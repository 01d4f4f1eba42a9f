//! [`Options`]: the command line, and the checks that it stands for.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use eaves_common::{Error, ErrorKind, units::TimeSpan};
use eaves_health::probe::{
    Check, DatagramQuestion, DnsQuestion, GrpcQuestion, HttpQuestion, HttpVersion, Pattern,
    Payload, Question, RedirectScope, Redirects, Roots, StatusSet, TlsQuestion, Trust,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::{Scheme, Target, dns::Lookup};

/// Watches addresses and shows how they stand: one sign a probe, + passed, ~ passed with a concern, - failed.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "health-watch",
    arg_required_else_help = true,
    after_help = "For example: health-watch https://www.example/ grpc://127.0.0.1:50051/shop 127.0.0.1:22 --for 10s"
)]
pub struct Options {
    /// What to watch: http://, https://, h2://, h2c://, grpc://host:port/service, grpcs://, tls://,
    /// tcp://host:port or host:port, udp://host:port/payload, dns://server/name?type.
    #[arg(required = true)]
    pub targets: Vec<Target>,
    /// From one probe to the next.
    #[arg(long, default_value = "1s")]
    pub interval: TimeSpan,
    /// How long a probe may take.
    #[arg(long, default_value = "1s")]
    pub timeout: TimeSpan,
    /// From one look-up of a name to the next.
    #[arg(long, default_value = "30s")]
    pub resolve: TimeSpan,
    /// A probe that takes longer is a concern.
    #[arg(long)]
    pub slow: Option<TimeSpan>,
    /// The statuses that pass over HTTP.
    #[arg(long, default_value = "200-299")]
    pub status: StatusSet,
    /// What must come back: a regular expression.
    #[arg(long)]
    pub expect: Option<String>,
    /// How many redirects are followed on the same host.
    #[arg(long, default_value_t = 0)]
    pub redirects: u8,
    /// Takes any certificate, and still tells when it ends.
    #[arg(long)]
    pub insecure: bool,
    /// Authorities in PEM, in place of those that browsers trust.
    #[arg(long)]
    pub ca: Option<PathBuf>,
    /// A certificate that lasts no longer than so many days is a concern.
    #[arg(long, default_value_t = 14)]
    pub days: u32,
    /// Ends once so many probes of each target have come back.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub probes: Option<u64>,
    /// Ends after this time; without it, with Ctrl-C.
    #[arg(long = "for", value_name = "TIME")]
    pub time: Option<TimeSpan>,
}

impl Options {
    /// Makes the check of a target.
    ///
    /// # Errors
    ///
    /// When an option does not fit.
    pub fn check(&self, target: &Target) -> Result<Check, Error> {
        let interval = self.interval.as_duration();
        let mut check = Check::new(self.question(target)?)
            .interval(interval)
            .timeout(self.timeout.as_duration());
        check.max_latency = self.slow.map(TimeSpan::as_duration);
        Ok(check)
    }

    fn question(&self, target: &Target) -> Result<Question, Error> {
        let payload = target.rest.trim_start_matches('/');
        let secure = target.scheme.is_secure();
        let tls = secure.then(|| self.tls(target)).transpose()?;
        Ok(match target.scheme {
            Scheme::Dns => DnsQuestion::new(Lookup::parse(payload)?).into(),
            Scheme::Grpc | Scheme::Grpcs => {
                let mut question = GrpcQuestion::new(payload);
                question.authority = Some(target.authority());
                question.tls = tls;
                question.into()
            }
            Scheme::H2 | Scheme::H2c | Scheme::Http | Scheme::Https => {
                self.http(target, tls)?.into()
            }
            Scheme::Tcp => match self.pattern()? {
                Some(pattern) => Payload::default().expect(pattern).into(),
                None => Payload::default().into(),
            },
            Scheme::Tls => tls.unwrap_or_default().into(),
            Scheme::Udp => {
                let mut question = DatagramQuestion::new(payload);
                question.expect = self.pattern()?;
                question.into()
            }
        })
    }

    fn http(&self, target: &Target, tls: Option<TlsQuestion>) -> Result<HttpQuestion, Error> {
        let path = match target.rest.starts_with('/') {
            true => target.rest.clone(),
            false => format!("/{}", target.rest),
        };
        let mut question = HttpQuestion::new(path);
        question.host = Some(target.authority());
        question.expect = self.status.clone();
        question.body = self.pattern()?;
        question.redirects = Redirects {
            max: self.redirects,
            scope: RedirectScope::SameHost,
        };
        question.tls = tls;
        if matches!(target.scheme, Scheme::H2 | Scheme::H2c) {
            question.version = HttpVersion::Http2;
        }
        Ok(question)
    }

    fn tls(&self, target: &Target) -> Result<TlsQuestion, Error> {
        let trust = match &self.ca {
            _ if self.insecure => Trust::Anything,
            None => Trust::Public,
            Some(file) => {
                let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
                let certificates: Vec<CertificateDer<'_>> = read.map_err(|error| {
                    let message = format!("reading {}: {error}", file.display());
                    Error::new(ErrorKind::Invalid, message)
                })?;
                Trust::Roots(Roots::der(certificates))
            }
        };
        Ok(TlsQuestion::new()
            .server_name(&target.host)
            .trust(trust)
            .warn(Duration::from_secs(86_400) * self.days))
    }

    fn pattern(&self) -> Result<Option<Pattern>, Error> {
        let pattern = self.expect.as_deref().map(Pattern::regex);
        Ok(pattern.transpose()?)
    }
}
