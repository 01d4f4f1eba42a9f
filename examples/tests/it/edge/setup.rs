//! Configurations for the tests, on ports that the system picks.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::mpsc,
};

use tempfile::TempDir;

use crate::program::Edge;

/// A configuration file in a folder of its own, removed in the end.
pub(crate) struct ConfigFile {
    folder: TempDir,
}

impl ConfigFile {
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Self { folder };
        file.write(text);
        file
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::write(self.path(), text).expect("the file is written");
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("edge.toml")
    }

    pub(crate) fn arg(&self) -> String {
        self.path()
            .into_os_string()
            .into_string()
            .expect("a UTF-8 path")
    }
}

/// A demo origin as a process of its own.
pub(crate) fn origin(name: &str, listen: &str) -> Edge {
    Edge::start(&["origin", "--listen", listen, "--name", name])
}

/// An origin in this process that answers probes, and nothing else: other requests are handed over once their heads
/// are read.
pub(crate) fn silent_origin() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || read_head(stream, &sender));
        }
    });
    (address, requests)
}

fn read_head(mut stream: TcpStream, requests: &mpsc::Sender<TcpStream>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    if head.contains(" /health ") {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return Ok(());
    }
    let _ = requests.send(stream);
    Ok(())
}

/// Starts `edge` on a configuration.
pub(crate) fn edge(config: &ConfigFile) -> Edge {
    Edge::start(&["--config", &config.arg()])
}

/// A configuration with one pool of these origins; `more` is put behind it. They are probed often, but
/// all is patient: a dead origin refuses at once, and one that only waits for its turn is not dead.
pub(crate) fn config(origins: &[SocketAddr], more: &str) -> String {
    let origins: Vec<_> = origins
        .iter()
        .enumerate()
        .map(|(at, address)| format!("  {{ name = \"o{at}\", address = \"{address}\" }},\n"))
        .collect();
    format!(
        "[proxy]\nlisten = \"127.0.0.1:0\"\npool = \"web\"\nconnect_timeout = \"20s\"\nhead_timeout = \"60s\"\n\
         [admin]\nlisten = \"127.0.0.1:0\"\n\
         [[pools]]\nname = \"web\"\n\
         probe = {{ kind = \"http\", path = \"/health\", interval = \"200ms\", timeout = \"20s\", rise = 2, fall = 2 }}\n\
         origins = [\n{}]\n{more}",
        origins.concat()
    )
}
