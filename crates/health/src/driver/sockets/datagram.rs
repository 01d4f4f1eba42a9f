//! UDP: a datagram out, one back, and ICMP's word for nobody.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::UdpSocket, time::timeout};

use super::asking::{Asking, broken, refused};
use crate::probe::{DatagramQuestion, Reason, Silence};

impl Asking<'_> {
    pub(super) async fn ask_udp(&self, question: &DatagramQuestion) -> Result<(), Reason> {
        let asked = self.ask_datagram(&question.send, |answer| Some(question.judge(answer)));
        match question.silence {
            Silence::Fails => asked.await,
            Silence::Passes => timeout(self.check().timeout / 2, asked)
                .await
                .unwrap_or(Ok(())),
        }
    }

    /// Sends a datagram again and again until an answer is judged; whoever bounds the probe ends it.
    pub(super) async fn ask_datagram<T>(
        &self,
        question: &[u8],
        mut judge: impl FnMut(&[u8]) -> Option<Result<T, Reason>>,
    ) -> Result<T, Reason> {
        let socket = open(self.probe.addr).await.map_err(refused)?;
        let pause = (self.check().timeout / SENDINGS).max(Duration::from_millis(1));
        let mut strays = 0;
        loop {
            socket.send(question).await.map_err(refused)?;
            let answered = listen(&socket, &mut judge, &mut strays);
            if let Ok(judgement) = timeout(pause, answered).await {
                return judgement;
            }
        }
    }
}

/// Waits for an answer that can be judged; the others are counted.
async fn listen<T>(
    socket: &UdpSocket,
    mut judge: impl FnMut(&[u8]) -> Option<Result<T, Reason>>,
    strays: &mut u32,
) -> Result<T, Reason> {
    let mut buffer = vec![0; MAX_ANSWER];
    while *strays < MAX_STRAYS {
        let count = socket.recv(&mut buffer).await.map_err(lost)?;
        if let Some(judgement) = judge(&buffer[..count]) {
            return judgement;
        }
        *strays += 1;
    }
    Err(Reason::Protocol {
        at: 0,
        detail: "64 answers belong to other questions",
    })
}

/// How often a datagram is sent within the deadline: one that is lost is no failure yet.
const SENDINGS: u32 = 3;
const MAX_ANSWER: usize = 4096;
const MAX_STRAYS: u32 = 64;

/// Takes answers from this address only, and is told by ICMP that nobody listens there.
async fn open(addr: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = if addr.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0; 16], 0).into()
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(addr).await?;
    Ok(socket)
}

fn lost(error: io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => refused(error),
        _ => broken(error),
    }
}
