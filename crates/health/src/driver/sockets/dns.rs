//! DNS over UDP, and over TCP where that is wanted or an answer was cut.

use std::hash::{BuildHasher, RandomState};

use tokio::io::AsyncReadExt;

use super::asking::{Asking, broken};
use crate::probe::{DnsJudgement, DnsQuestion, DnsTransport, Phase, Reason};

impl Asking<'_> {
    pub(super) async fn ask_dns(&self, question: &DnsQuestion) -> Result<(), Reason> {
        // Not to be guessed by who does not see the query (RFC 5452 section 4.3).
        let id = RandomState::new().hash_one(self.probe.id) as u16;
        if question.transport == DnsTransport::Tcp {
            return self.ask_dns_over_tcp(question, id).await;
        }
        let query = question.query.query(id);
        let judge = |answer: &[u8]| match question.query.judge(id, answer) {
            DnsJudgement::Pass => Some(Ok(Whole::Yes)),
            DnsJudgement::Fail(detail) => Some(Err(Reason::Dns { detail })),
            DnsJudgement::Stray => None,
            DnsJudgement::Truncated => Some(Ok(Whole::Cut)),
        };
        match self.ask_datagram(&query, judge).await? {
            Whole::Yes => Ok(()),
            Whole::Cut => self.ask_dns_over_tcp(question, id).await,
        }
    }

    async fn ask_dns_over_tcp(&self, question: &DnsQuestion, id: u16) -> Result<(), Reason> {
        let query = question.query.query(id);
        let length = u16::try_from(query.len()).map_err(|_| Reason::Broken {
            detail: "the query is over 65535 bytes".into(),
        })?;
        let mut connection = self.connect(self.probe.addr).await?;
        let framed = [&length.to_be_bytes(), &query[..]].concat();
        self.write(&mut connection, &framed).await?;
        let answer = async {
            let length = connection.read_u16().await?;
            let mut answer = Vec::new();
            let mut connection = connection.take(length.into());
            connection.read_to_end(&mut answer).await?;
            match answer.len() == usize::from(length) {
                true => Ok(answer),
                false => Err(std::io::ErrorKind::UnexpectedEof.into()),
            }
        };
        let answer = self.within(Phase::Silence, answer).await?.map_err(broken)?;
        let fault = match question.query.judge(id, &answer) {
            DnsJudgement::Pass => return Ok(()),
            DnsJudgement::Fail(detail) => detail,
            DnsJudgement::Stray => "it belongs to another query".into(),
            DnsJudgement::Truncated => "it was cut though it came over TCP".into(),
        };
        Err(Reason::Dns { detail: fault })
    }
}

enum Whole {
    Cut,
    Yes,
}
