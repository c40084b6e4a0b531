//! The contract of the `Http` port, against servers of a few lines.

mod encodings;
mod failures;
mod pooling;
mod proxies;
mod public;
mod tls;

use std::{future::Future, io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tollbridge_core::{payload::Payload, ports::HttpError};

use super::*;

/// Runs a test on a lane of its own, for at most ten seconds.
fn on_a_lane<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build_local(Default::default()).unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(10), test).await.expect("it ends in time")
    })
}

fn settings() -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(2),
        proxies: Proxies::from_matcher(Matcher::builder().build()),
        tls: Tls::default(),
        public: tollbridge_core::media::is_public,
    }
}

fn client() -> Client {
    Client::new(settings())
}

fn get(url: impl AsRef<str>) -> Request<Payload> {
    Request::get(url.as_ref()).body(Payload::empty()).unwrap()
}

fn post(url: impl AsRef<str>, parts: &[&'static str]) -> Request<Payload> {
    let parts = parts.iter().map(|part| Bytes::from_static(part.as_bytes()));
    Request::post(url.as_ref()).body(parts.collect()).unwrap()
}

async fn text(response: Response<Body>) -> Result<String, HttpError> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Accepts one connection after the other, and hands each to `serve` in turn.
async fn server<F>(mut serve: impl FnMut(usize, TcpStream) -> F + 'static) -> SocketAddr
where
    F: Future<Output = io::Result<()>> + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        for index in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::task::spawn_local(serve(index, stream));
        }
    });
    address
}

/// Reads one request: its head, and as much body as the head promises.
async fn read_request(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<String> {
    let mut seen = Vec::new();
    loop {
        if let Some(head) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&seen).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if seen.len() >= head + 4 + length.unwrap_or(0) {
                return Ok(String::from_utf8(seen).unwrap());
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => seen.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A whole answer in one write.
async fn answer(stream: &mut (impl tokio::io::AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    let length = text.len();
    stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}").as_bytes()).await
}
