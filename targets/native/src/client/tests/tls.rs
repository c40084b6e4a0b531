//! Trust, and what is spoken once there is some.

use std::sync::Arc;

use rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::local::Local;

/// A server's side for `localhost`, and the client's settings that trust it.
pub(super) fn identity(protocols: &[&[u8]]) -> (TlsAcceptor, Settings) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    (TlsAcceptor::from(Arc::new(config)), Settings { tls: Tls::trusting(roots), ..settings() })
}

#[test]
fn http1_is_spoken_where_nothing_else_is_offered() {
    on_a_lane(async {
        let (acceptor, settings) = identity(&[]);
        let address = server(move |index, stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = acceptor.accept(stream).await?;
                loop {
                    let request = read_request(&mut stream).await?;
                    answer(&mut stream, &format!("{index} {}", request.lines().next().unwrap())).await?;
                }
            }
        })
        .await;
        let client = Client::new(settings);
        for _ in 0..2 {
            let response = client.send(get(format!("https://localhost:{}/a", address.port()))).await.unwrap();
            assert_eq!(text(response).await.unwrap(), "0 GET /a HTTP/1.1");
        }
    });
}

#[test]
fn http2_is_spoken_where_it_is_offered_and_one_connection_serves_many_at_once() {
    on_a_lane(async {
        let (acceptor, settings) = identity(&[b"h2", b"http/1.1"]);
        let address = server(move |index, stream| {
            let acceptor = acceptor.clone();
            async move {
                let stream = hyper_util::rt::TokioIo::new(acceptor.accept(stream).await?);
                let echo =
                    hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| async move {
                        let line = format!("{index} {:?} {} ", request.version(), request.uri());
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let whole = [line.as_bytes(), &body].concat();
                        Ok::<_, std::convert::Infallible>(Response::new(http_body_util::Full::<Bytes>::from(
                            whole,
                        )))
                    });
                hyper::server::conn::http2::Builder::new(Local)
                    .serve_connection(stream, echo)
                    .await
                    .map_err(io::Error::other)
            }
        })
        .await;
        let client = Client::new(settings);
        let url = format!("https://localhost:{}/a", address.port());
        let first = text(client.send(post(&url, &["b", "c"])).await.unwrap()).await.unwrap();
        assert_eq!(first, format!("0 HTTP/2.0 {url} bc"));
        let both = (client.send(get(&url)).await.unwrap(), client.send(get(&url)).await.unwrap());
        for response in [both.0, both.1] {
            assert!(text(response).await.unwrap().starts_with("0 "), "the same connection");
        }
    });
}

#[test]
fn a_stranger_and_a_server_without_tls_are_tls() {
    on_a_lane(async {
        let (acceptor, _) = identity(&[]);
        let (_, trusting_another) = identity(&[]);
        let stranger = server(move |_, stream| {
            let acceptor = acceptor.clone();
            async move { acceptor.accept(stream).await.map(drop) }
        })
        .await;
        let plain = server(|_, mut stream| async move {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
            stream.read(&mut [0; 64]).await.map(drop)
        })
        .await;
        let client = Client::new(trusting_another);
        for address in [stranger, plain] {
            let error = client.send(get(format!("https://localhost:{}/", address.port()))).await.err();
            assert_eq!(error, Some(HttpError::Tls));
        }
    });
}
