//! The front door: HTTP/1.1 connections, each request to an instance.

use crate::instances::Handler;
use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};
use wasmtime_wasi_http::{Error, WasiBody};

/// Serves until the process is ended.
pub(crate) async fn serve(listen: SocketAddr, handler: Handler) -> Result<()> {
    let listener = listener(listen).with_context(|| format!("cannot listen on {listen}"))?;
    println!("Serving http://{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        let handler = handler.clone();
        let service = service_fn(move |request| {
            let handler = handler.clone();
            async move { Ok::<_, Infallible>(answer(&handler, request).await) }
        });
        tokio::spawn(async move {
            // A connection that breaks is the test's own doing.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

/// The kernel would take megabytes for a caller who does not read, and tests of that could not tell whose they are.
const SEND_BUFFER: u32 = 256 << 10;

fn listener(listen: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Connections that are accepted have it too.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(listen)?;
    socket.listen(1024)
}

async fn answer(handler: &Handler, request: http::Request<Incoming>) -> http::Response<WasiBody> {
    let handled = match absolute(request) {
        Ok(request) => handler.handle((), request).await.map_err(|error| format!("{error:?}")),
        Err(error) => Err(error.to_string()),
    };
    handled.unwrap_or_else(|error| {
        eprintln!("spin-host: a request failed: {error}");
        let body = Full::from("the component failed; see the host's log").map_err(|never| match never {});
        let mut response = http::Response::new(body.boxed_unsync());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// WASI wants scheme and authority in the URI, where HTTP/1.1 has a path and a `host` header.
fn absolute(request: http::Request<Incoming>) -> Result<http::Request<WasiBody>, http::Error> {
    let (mut parts, body) = request.into_parts();
    let authority = parts.headers.get(http::header::HOST).map_or(&b"localhost"[..], |host| host.as_bytes());
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = http::Uri::builder().scheme("http").authority(authority).path_and_query(path).build()?;
    Ok(http::Request::from_parts(parts, body.map_err(Error::from).boxed_unsync()))
}
