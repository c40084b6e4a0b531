//! TLS to providers: whom to trust, and what to speak.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tollbridge_core::ports::HttpError;

/// HTTP/2 rather than HTTP/1.1 where the provider has it.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The settings of every handshake of the process. Reading the machine's certificates takes
/// longer than all else at start-up, so it is done when the first provider needs them, or ahead
/// of that on a thread of its own ([`Tls::warm_up`]).
#[derive(Clone, Default)]
pub(crate) struct Tls(Arc<OnceLock<Result<Arc<ClientConfig>, HttpError>>>);

impl Tls {
    /// Trusts `roots` only.
    #[cfg(test)]
    pub(super) fn trusting(roots: RootCertStore) -> Self {
        let tls = Self::default();
        tls.0.get_or_init(|| config(roots));
        tls
    }

    /// Reads what the first handshake needs, off every request's time.
    pub(crate) fn warm_up(&self) {
        let tls = self.clone();
        // Without a thread to spare the first handshake reads it.
        drop(std::thread::Builder::new().name("tls-roots".to_owned()).spawn(move || drop(tls.config())));
    }

    fn config(&self) -> Result<Arc<ClientConfig>, HttpError> {
        self.0.get_or_init(|| config(roots())).clone()
    }

    /// Secures `stream`, and says whether HTTP/2 was agreed on.
    pub(super) async fn handshake(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, bool), HttpError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| HttpError::Tls)?;
        let connector = TlsConnector::from(self.config()?);
        let stream = connector.connect(name, stream).await.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => HttpError::Connect,
            _ => HttpError::Tls,
        })?;
        let negotiated_http2 = stream.get_ref().1.alpn_protocol() == Some(PROTOCOLS[0]);
        Ok((stream, negotiated_http2))
    }
}

fn config(roots: RootCertStore) -> Result<Arc<ClientConfig>, HttpError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| HttpError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

/// The machine's certificates, so that an operator's own authority is trusted; on a machine that
/// has none, such as an empty container, Mozilla's.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
