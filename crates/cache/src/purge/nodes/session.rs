//! [`Session`]: one connection, until it is lost.

use core::time::Duration;
use std::convert::Infallible;

use redis::{
    AsyncConnectionConfig, Client, RedisError,
    aio::MultiplexedConnection,
    cmd, pipe,
    streams::{StreamId, StreamRangeReply, StreamReadReply},
};

use super::{Heard, Nodes, config::Trim};
use crate::purge::Record;

/// A connection to Redis, which reads or writes.
pub(super) struct Session<'a> {
    nodes: &'a Nodes,
    connection: MultiplexedConnection,
}

/// How long Redis holds a question for purges that have not come yet.
const HOLD: Duration = Duration::from_secs(1);

/// Entries asked for at a time.
const AT_ONCE: usize = 256;

/// The fields of an entry.
const NODE: &str = "node";
const RECORD: &str = "purge";

impl<'a> Session<'a> {
    pub(super) async fn open(nodes: &'a Nodes, client: &Client) -> Result<Self, RedisError> {
        let timeout = nodes.shared.config.timeout;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(Some(timeout + HOLD));
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Self { nodes, connection })
    }

    /// Writes an entry of no purge, to have a place in the stream from which to read on.
    pub(super) async fn join(&mut self) -> Result<(), RedisError> {
        let id = self.add(&[]).await?;
        self.nodes.resume_at(&id);
        Ok(())
    }

    /// Sends what waits, and what comes.
    pub(super) async fn send(&mut self) -> Result<Infallible, RedisError> {
        loop {
            let Some(purge) = self.nodes.outbox(|outbox| outbox.next()) else {
                self.nodes.shared.filled.notified().await;
                continue;
            };
            let record = Record {
                epoch: 0,
                purge: purge.clone(),
            };
            self.add(&record.to_bytes()).await?;
            self.nodes.outbox(|outbox| outbox.sent(&purge));
        }
    }

    async fn add(&mut self, record: &[u8]) -> Result<String, RedisError> {
        let config = &self.nodes.shared.config;
        let mut add = cmd("XADD");
        add.arg(&config.stream).arg("MAXLEN");
        if config.trim == Trim::About {
            add.arg("~");
        }
        add.arg(config.keep)
            .arg("*")
            .arg(NODE)
            .arg(&config.node)
            .arg(RECORD)
            .arg(record);
        add.query_async(&mut self.connection).await
    }

    /// Hears what is there, then waits for more.
    pub(super) async fn hear(
        &mut self,
        apply: &mut (impl FnMut(Heard) + Send),
    ) -> Result<Infallible, RedisError> {
        loop {
            let position = self.nodes.position().unwrap_or_else(|| "0-0".to_owned());
            let (known, read) = self.look(&position).await?;
            if known.ids.is_empty() {
                self.missed(&position, apply).await?;
                continue;
            }
            let mut entries = entries(read);
            if entries.is_empty() {
                entries = self.wait(&position).await?;
            }
            for entry in entries {
                self.heard(entry, apply);
            }
        }
    }

    /// Asks in one step whether the last entry is still there, and for those after it: nothing can be cut between.
    async fn look(
        &mut self,
        position: &str,
    ) -> Result<(StreamRangeReply, Option<StreamReadReply>), RedisError> {
        let stream = &self.nodes.shared.config.stream;
        let mut both = pipe();
        both.atomic();
        both.cmd("XRANGE").arg(stream).arg(position).arg(position);
        both.cmd("XREAD").arg("COUNT").arg(AT_ONCE);
        both.arg("STREAMS").arg(stream).arg(position);
        both.query_async(&mut self.connection).await
    }

    async fn wait(&mut self, position: &str) -> Result<Vec<StreamId>, RedisError> {
        let stream = &self.nodes.shared.config.stream;
        let mut read = cmd("XREAD");
        read.arg("COUNT")
            .arg(AT_ONCE)
            .arg("BLOCK")
            .arg(HOLD.as_millis() as u64);
        read.arg("STREAMS").arg(stream).arg(position);
        let read: Option<StreamReadReply> = read.query_async(&mut self.connection).await?;
        Ok(entries(read))
    }

    fn heard(&self, entry: StreamId, apply: &mut impl FnMut(Heard)) {
        let from: String = entry.get(NODE).unwrap_or_default();
        let record: Vec<u8> = entry.get(RECORD).unwrap_or_default();
        if from != self.nodes.shared.config.node && !record.is_empty() {
            match Record::from_bytes(&record) {
                Ok(Record { purge, .. }) => apply(Heard::Purge { from, purge }),
                // Of a later release, perhaps: something was purged.
                Err(_) => {
                    self.nodes.outbox(|outbox| outbox.missed());
                    apply(Heard::Missed);
                }
            }
        }
        self.nodes.outbox(|outbox| outbox.heard(entry.id));
    }

    /// The last entry has been cut off, and those after it may have been. What is still there is heard all the same: it
    /// is known, and may be more than a soft purge.
    async fn missed(
        &mut self,
        position: &str,
        apply: &mut (impl FnMut(Heard) + Send),
    ) -> Result<(), RedisError> {
        let end = self.add(&[]).await?;
        self.nodes.outbox(|outbox| outbox.missed());
        apply(Heard::Missed);
        // A stream that was begun anew, by a clock that was set back, has entries before the position.
        let mut from = match order(position) < order(&end) {
            true => position.to_owned(),
            false => "0-0".to_owned(),
        };
        while order(&from) < order(&end) {
            let (_, read) = self.look(&from).await?;
            let entries = entries(read);
            let Some(last) = entries.last() else {
                // Even the end has been cut off by now.
                break;
            };
            from.clone_from(&last.id);
            for entry in entries {
                self.heard(entry, apply);
            }
        }
        Ok(())
    }
}

fn entries(read: Option<StreamReadReply>) -> Vec<StreamId> {
    read.map_or_else(Vec::new, |read| {
        read.keys.into_iter().flat_map(|key| key.ids).collect()
    })
}

/// An entry's name as Redis orders them: milliseconds, and a number within them.
fn order(id: &str) -> (u64, u64) {
    let (milliseconds, number) = id.split_once('-').unwrap_or((id, "0"));
    (
        milliseconds.parse().unwrap_or(0),
        number.parse().unwrap_or(0),
    )
}
