//! TLS connections to servers of which the name, or the authority, is known.

use std::{net::SocketAddr, path::Path, sync::Arc};

use eaves_common::{Error, ErrorKind};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use super::{Ask, unreachable};

/// Connects, and checks the server's certificate for the name it should have.
pub(super) async fn connect(
    ask: &Ask,
    server: SocketAddr,
    protocols: &[&[u8]],
) -> Result<TlsStream<TcpStream>, Error> {
    let mut config = config(ask.authorities.as_deref())?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from(ask.tls_name().to_owned()).map_err(|error| {
        let message = format!("{} is no name of a server", ask.tls_name());
        Error::with_source(ErrorKind::Invalid, message, error)
    })?;
    let connected = TcpStream::connect(server).await;
    let stream = connected.map_err(|error| unreachable(server, "connecting to", error))?;
    let connector = TlsConnector::from(Arc::new(config));
    let secured = connector.connect(name, stream).await;
    secured.map_err(|error| unreachable(server, "securing the connection to", error))
}

fn config(authorities: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match authorities {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let unreadable = |error| {
                let message = format!("reading certificates from {}", file.display());
                Error::with_source(ErrorKind::Invalid, message, error)
            };
            let found = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
            for certificate in found {
                let added = roots.add(certificate.map_err(unreadable)?);
                added.map_err(|error| {
                    let message = format!("{} holds a bad certificate", file.display());
                    Error::with_source(ErrorKind::Invalid, message, error)
                })?;
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::with_source(ErrorKind::Internal, "choosing TLS versions", error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
